"""``sonolux fingerprint`` and ``sonolux identify``."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from tunes import RATE, faster, tune


@pytest.fixture
def songs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "songs"
    folder.mkdir()
    for number in range(4):
        write(folder / f"{number}.wav", tune(number, 20))
    write(tmp_path / "clip.wav", tune(2, 20)[6 * RATE : 12 * RATE])
    write(tmp_path / "other.wav", tune(99, 6))
    return folder


def write(path: Path, sound: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(pcm(sound))


def pcm(sound: np.ndarray) -> bytes:
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()


def test_a_clip_is_named(cli, songs: Path) -> None:
    ran = cli("fingerprint", songs, "--library", "l.sonolux")
    assert (ran.code, ran.out) == (0, "4 taken, 1.3 minutes\n")
    [match] = cli("identify", "clip.wav", "--library", "l.sonolux", "--json").records
    assert set(match) == {"id", "path", "query_start", "query_end", "start", "speed", "score", "chance"}
    assert match["path"] == str(songs / "2.wav")
    assert abs(match["start"] - match["query_start"] - 6) < 0.05
    ran = cli("identify", "clip.wav", "--library", "l.sonolux")
    assert ran.lines[0].split() == ["in", "the", "clip", "in", "the", "recording", "speed", "chance", "recording"]
    assert ran.lines[1].endswith("songs/2.wav")


def test_a_stream_is_named_as_it_goes_by(cli, songs: Path) -> None:
    cli("fingerprint", songs, "--library", "l.sonolux")
    run = "from sonolux.cli import main; main()"
    command = [sys.executable, "-c", run, "identify", "-", "--library", "l.sonolux", "--json"]
    played = [tune(99, 20), tune(2, 20), tune(98, 30), faster(tune(0, 20), 1.03), tune(97, 30)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=False) as process:
        assert process.stdin is not None and process.stdout is not None
        with wave.open(process.stdin, "wb") as stream:
            stream.setparams((1, 2, RATE, sum(map(len, played)), "NONE", ""))
            for sound in played[:3]:
                stream.writeframesraw(pcm(sound))
            process.stdin.flush()
            # The first match is told while the stream goes on.
            first = json.loads(process.stdout.readline())
            for sound in played[3:]:
                stream.writeframesraw(pcm(sound))
        process.stdin.close()
        second = [json.loads(line) for line in process.stdout]
    assert process.returncode == 0
    found = [first, *second]
    assert [Path(match["path"]).name for match in found] == ["2.wav", "0.wav"]
    for match, begins, speed in zip(found, (20, 70), (1.0, 1.03), strict=True):
        assert abs(match["query_start"] - begins - match["start"] / speed) < 0.1
        assert abs(match["speed"] - speed) < 0.005
        assert match["query_end"] - match["query_start"] > 15


def test_what_is_not_there_is_said(cli, songs: Path) -> None:
    cli("fingerprint", songs, "--library", "l.sonolux")
    ran = cli("identify", "other.wav", "--library", "l.sonolux")
    assert (ran.code, ran.out) == (0, "not in the library\n")
    ran = cli("identify", "other.wav", "--library", "l.sonolux", "--json")
    assert (ran.code, ran.out) == (0, "")


def test_refusals_are_one_line(cli, songs: Path) -> None:
    ran = cli("identify", "clip.wav", "--library", "l.sonolux")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "no recordings are known" in ran.err
    (songs / "broken.wav").write_bytes(b"RIFF....WAVE")
    ran = cli("fingerprint", songs, "--library", "l.sonolux", "--json")
    assert ran.code == 3
    [failure] = ran.records[0]["failed"]
    assert failure["path"].endswith("songs/broken.wav")
    assert failure["reason"]
    assert cli("fingerprint", songs, "--library", "l.sonolux").err.startswith("failed: songs/broken.wav: ")
    assert cli("identify", songs / "broken.wav", "--library", "l.sonolux").code == 1


def test_two_recordings_are_compared(cli, songs: Path) -> None:
    [shared] = cli("compare", "clip.wav", songs / "2.wav", "--json").records
    assert abs(shared["second_start"] - shared["first_start"] - 6) < 0.05
    ran = cli("compare", "clip.wav", songs / "2.wav")
    assert ran.lines[0].split() == ["in", "A", "in", "B", "speed", "chance"]
    assert ran.err.endswith("s of A are in B\n")
    assert cli("compare", "other.wav", songs / "2.wav").out == "nothing in common\n"


@pytest.mark.parametrize("samples", [0, 255, 2400, 7949, 8000, 9216])
def test_what_is_too_short_is_answered_or_refused_in_one_line(
    cli, reading: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples: int
) -> None:
    short, long = tmp_path / "short.wav", tmp_path / "long.wav"
    write(short, tune(1, 2)[:samples])
    write(long, tune(1, 4))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(short.read_bytes())))
    ways = [("identify", short), ("identify", "-"), ("identify", short, "--json"), ("compare", short, long)]
    for way in [*ways, ("compare", long, short), ("compare", short, short)]:
        ran = cli(*way)
        said = ran.out + ran.err
        assert "Traceback" not in said
        if samples < 7960:
            assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1), said
            assert "a second is the least" in ran.err or not samples
        else:
            assert ran.code == 0, said


@pytest.mark.parametrize("name", ["clip_0.3.wav", "clip_0.9.wav", "clip_1.0.wav"])
def test_short_clips_of_people_are_answered_or_refused_in_one_line(
    cli, reading: Path, cases: Path, sample: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    clip, song = cases / "short-clip" / name, sample / "sounds" / "drum_loop.wav"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(clip.read_bytes())))
    for way in [("identify", clip), ("identify", "-"), ("compare", clip, song), ("compare", song, clip)]:
        ran = cli(*way)
        assert (ran.out + ran.err).count("\n") == 1
        assert ran.code == (0 if name == "clip_1.0.wav" else 1)


def test_a_file_that_is_too_plain_to_be_known_is_told_so(cli, reading: Path, sample: Path) -> None:
    plain = "the clip is silent, or too plain to be known by its sound\n"
    ran = cli("identify", sample / "sounds" / "bells.mp3")
    assert (ran.code, ran.out, ran.err) == (0, plain, "")
    ran = cli("identify", sample / "sounds" / "bells.mp3", "--json")
    assert (ran.code, ran.out, ran.err) == (0, "", plain)
    ran = cli("compare", sample / "sounds" / "sea.mp3", sample / "sounds" / "bells.mp3")
    assert (ran.code, ran.out) == (1, "")
    assert "bells.mp3 holds nothing to be known by" in ran.err


def test_where_there_is_no_library_identify_says_so(cli, songs: Path) -> None:
    ran = cli("identify", "clip.wav", "--library", "none.sonolux")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "there is no library at" in ran.err
    assert "`sonolux add FOLDER`" in ran.err
