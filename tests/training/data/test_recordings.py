"""Recordings of data sets: transcripts and events in the layouts that they come in, and what cannot be learned from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from making import RATE, write_wav
from sonolux.errors import TrainingError
from sonolux.metrics.events import Event
from sonolux.training.data.decoding import decode_clips
from sonolux.training.data.event_tables import label_tracks_in, read_event_table
from sonolux.training.data.events import read_event_data
from sonolux.training.data.transcripts import read_transcript_folder, read_transcript_table
from sonolux.training.data.utterances import frames_needed, read_utterances
from sonolux.training.events.train import make_event_input


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return 0.1 * np.random.default_rng(0).standard_normal(2 * RATE)


def write(folder: Path, sound: np.ndarray, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_wav(folder / name, sound)


def test_what_nothing_can_be_learned_from_is_named(noise: np.ndarray, tmp_path: Path) -> None:
    faint = np.where(np.arange(len(noise)) % 7, 0, 1 / 32768)
    write(tmp_path, noise, "good.wav")
    write(tmp_path, np.zeros(RATE), "silent.wav")
    write(tmp_path, faint, "dither.wav")
    write(tmp_path, noise[:40], "blip.wav")
    write(tmp_path, noise[:0], "empty.wav")
    nan = np.full(RATE, np.nan, "<f4").tobytes()
    head = b"RIFF" + (36 + len(nan)).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\x03\0\x01\0"
    rate = RATE.to_bytes(4, "little") + (4 * RATE).to_bytes(4, "little") + b"\x04\0\x20\0"
    (tmp_path / "nan.wav").write_bytes(head + rate + b"data" + len(nan).to_bytes(4, "little") + nan)
    paths = sorted(map(str, tmp_path.glob("*.wav")))
    kept, failed = decode_clips(paths, RATE, lambda samples: samples)
    assert [Path(path).name for path in kept] == ["good.wav"]
    said = {Path(one.path).name: one.reason for one in failed}
    assert said["silent.wav"] == said["dither.wav"] == "is silent"
    assert "every sample is NaN" in said["nan.wav"]
    assert "too short to learn from" in said["blip.wav"]
    assert "empty.wav" in said


class TestTranscripts:
    def said(self, folder: Path, table: str = "") -> dict[str, str]:
        found = read_transcript_table(folder / table) if table else read_transcript_folder(folder)
        return {Path(path).stem: text for path, text in found.said.items()}

    def test_lj_speech(self, noise: np.ndarray, tmp_path: Path) -> None:
        write(tmp_path, noise, "wavs/LJ001-0001.wav", "wavs/LJ001-0002.wav")
        (tmp_path / "metadata.csv").write_text('LJ001-0001|"Dr. No" 5|Doctor No five\nLJ001-0002|in being|\n')
        expected = {"LJ001-0001": "Doctor No five", "LJ001-0002": "in being"}
        assert self.said(tmp_path) == self.said(tmp_path, "metadata.csv") == expected

    def test_common_voice(self, noise: np.ndarray, tmp_path: Path) -> None:
        write(tmp_path, noise, *(f"clips/{name}.wav" for name in "abc"))
        head = "client_id\tpath\tsentence\tup_votes\n"
        for part, name in (("train", "a"), ("dev", "b"), ("test", "c")):
            (tmp_path / f"{part}.tsv").write_text(f'{head}x\t{name}.wav\t"Yes," said {name}.\t2\n')
        (tmp_path / "validated.tsv").write_text(head)
        found = read_transcript_folder(tmp_path)
        assert {Path(path).stem: part for path, part in found.parts.items()} == {"a": "train", "b": "val", "c": "test"}
        assert self.said(tmp_path, "train.tsv") == {"a": '"Yes," said a.'}

    def test_kaldi(self, noise: np.ndarray, tmp_path: Path) -> None:
        write(tmp_path, noise, "data/a.wav", "data/b.wav")
        (tmp_path / "wav.scp").write_text(f"utt1 {tmp_path}/data/a.wav\nutt2 data/b.wav\nutt3 sox x.wav -t wav - |\n")
        (tmp_path / "text").write_text("utt1 HELLO THERE\nutt2 GOOD DAY\nutt3 NO\n")
        assert self.said(tmp_path) == {"a": "HELLO THERE", "b": "GOOD DAY"}
        assert "none is run" in read_transcript_folder(tmp_path).failed[0].reason
        (tmp_path / "segments").write_text("utt1 a 0 1\n")
        with pytest.raises(TrainingError, match="segments cuts recordings"):
            read_transcript_folder(tmp_path)

    def test_libri_speech_and_texts_beside(self, noise: np.ndarray, tmp_path: Path) -> None:
        write(tmp_path, noise, "libri/1/2/1-2-0000.wav", "beside/x.wav", "beside/deep/y.wav")
        (tmp_path / "libri" / "1" / "2" / "1-2.trans.txt").write_text("1-2-0000 HE HOPED\n1-2-0001 GONE\n")
        assert self.said(tmp_path / "libri") == {"1-2-0000": "HE HOPED"}
        (tmp_path / "beside" / "x.txt").write_text("Ja, so.\n")
        (tmp_path / "beside" / "deep" / "y.txt").write_bytes("größe".encode("cp1252"))
        assert self.said(tmp_path / "beside") == {"x": "Ja, so.\n", "y": "größe"}

    def test_a_folder_that_says_nothing(self, noise: np.ndarray, tmp_path: Path) -> None:
        write(tmp_path, noise, "a.wav")
        with pytest.raises(TrainingError, match="says nowhere what is said"):
            read_utterances(tmp_path)

    def test_deep_speech(self, noise: np.ndarray, tmp_path: Path) -> None:
        write(tmp_path, noise, "a.wav")
        write(tmp_path, noise[:0], "b.wav")
        rows = ["wav_filename,wav_filesize,transcript", f"{tmp_path}/a.wav,88244,qui est la", f"{tmp_path}/b.wav,44,ou"]
        (tmp_path / "t.csv").write_text("\n".join(rows))
        assert self.said(tmp_path, "t.csv") == {"a": "qui est la", "b": "ou"}

    def test_hugging_face(self, noise: np.ndarray, tmp_path: Path) -> None:
        write(tmp_path, noise, "a.wav", "b.wav")
        rows = [{"file_name": f"{name}.wav", "transcription": "so be it"} for name in "ab"]
        (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
        assert self.said(tmp_path) == {"a": "so be it", "b": "so be it"}

    def test_sentences_that_no_network_can_write_are_left_out(self, noise: np.ndarray, tmp_path: Path) -> None:
        write(tmp_path, noise, *(f"{n}.wav" for n in range(10)))
        rows = [f"{n}.wav,yes no" for n in range(8)] + ["8.wav," + "many letters " * 40, "9.wav,...", "gone.wav,yes"]
        (tmp_path / "t.csv").write_text("\n".join(["path,text", *rows]))
        found = read_utterances(tmp_path / "t.csv")
        assert len(found) == 8
        said = " ".join(one.reason for one in found.failed)
        assert "line 11: 9.wav: no words" in said
        assert "too short for its 560 letters and spaces" in said
        assert "is not there (t.csv, line 12)" in said

    def test_frames_needed(self) -> None:
        assert frames_needed(("NO",)) == 3
        assert frames_needed(("ALL", "EEE")) == 4 + 1 + 4 + 2

    def test_the_case(self, cases: Path) -> None:
        if not (cases / "training" / "speech").is_dir():
            pytest.skip("no cases of training")
        found = read_utterances(cases / "training" / "speech" / "sentences.csv")
        assert len(found) == 8
        assert {one.path.rpartition("/")[2] for one in found.failed} == {"8.flac", "sentences.csv"}


class TestEvents:
    def test_label_tracks_of_audacity(self, noise: np.ndarray, tmp_path: Path) -> None:
        write(tmp_path, np.tile(noise, 3), *(f"{n}.wav" for n in range(8)))
        for number in range(8):
            track = "0.500000\t1.250000\tbark\n\\\t100.0\t900.0\n2,0\t3,5\thowl\n5.0\t9.0\tbark\n"
            (tmp_path / f"{number}.txt").write_text(track)
        (tmp_path / "notes.txt").write_text("these are notes\n")
        told = read_event_table(tmp_path / "0.txt")
        assert told.events[str(tmp_path / "0.wav")][:2] == [Event("bark", 0.5, 1.25), Event("howl", 2.0, 3.5)]
        assert len(label_tracks_in(tmp_path)) == 8
        found = read_event_data(tmp_path, make_event_input(8_000))
        assert found.classes == ("bark", "howl")
        assert len(found) == 8
        assert len(found.failed) == 8
        assert found.failed[0].reason.startswith("line 4: bark from 5 to 9 s, but ")

    def test_the_table_of_esc_50(self, noise: np.ndarray, tmp_path: Path) -> None:
        write(tmp_path, noise, *(f"audio/1-{n}-A-0.wav" for n in range(8)))
        rows = [f"1-{n}-A-0.wav,1,{n % 2},{('dog', 'rain')[n % 2]},True,{n},A" for n in range(8)]
        (tmp_path / "meta").mkdir()
        (tmp_path / "meta" / "esc50.csv").write_text(
            "\n".join(["filename,fold,target,category,esc10,src_file,take", *rows])
        )
        found = read_event_data(tmp_path / "meta" / "esc50.csv", make_event_input(8_000))
        assert found.classes == ("dog", "rain")

    @pytest.mark.parametrize(
        ("head", "row"),
        [
            ("filename\tonset\toffset\tevent_label", "a.wav\t0.2\t1.0\tSpeech"),
            ("Selection\tBegin Time (s)\tEnd Time (s)\tBegin File\tSpecies", "1\t0.2\t1.0\ta.wav\tSpeech"),
            ("path;label;start;end", "a.wav;Speech;0,2;1,0"),
        ],
    )
    def test_columns_of_the_field(self, head: str, row: str, noise: np.ndarray, tmp_path: Path) -> None:
        write(tmp_path, noise, "a.wav")
        (tmp_path / "t.tsv").write_text(f"{head}\n{row}\n{row}\n")
        told = read_event_table(tmp_path / "t.tsv")
        assert told.strong
        assert told.events == {str(tmp_path / "a.wav"): [Event("Speech", 0.2, 1.0)]}

    def test_a_bad_row_costs_that_row(self, noise: np.ndarray, tmp_path: Path) -> None:
        write(tmp_path, noise, "a.wav", "b.wav")
        good = "a.wav,bark,0.5,1\na.wav,howl,1,1.5\nb.wav,bark,0,1\nb.wav,,,\n"
        bad = "a.wav,bark,x,1\na.wav,,1,2\nc.wav,bark,1,2\n"
        (tmp_path / "t.csv").write_text("path,label,start,end\n" + good + bad)
        told = read_event_table(tmp_path / "t.csv")
        assert [len(events) for events in told.events.values()] == [2, 1]
        assert [one.reason for one in told.failed] == [
            "line 6: start and end are seconds, not 'x' and '1'",
            "line 7: a.wav has no label",
            "is not there (t.csv, line 8)",
        ]
