"""Groups: what belongs together stays together, and names that look like groups are remarked on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sonolux.errors import TrainingError
from sonolux.training.data.bursts import Capture, burst_keys, capture_of
from sonolux.training.data.event_groups import group_event_data
from sonolux.training.data.events import LabelledRecordings, SoundscapeData
from sonolux.training.data.groups import group_items, keep_copies_together, keys_of, remark_on_columns, remark_on_names
from sonolux.training.data.images import ImageSet, read_images
from sonolux.training.data.soundscapes import Soundscapes
from sonolux.training.data.utterances import UtteranceSet, analysis
from sonolux.training.events.learn import split_data
from sonolux.training.events.train import make_event_input
from sonolux.training.recipes import make_recipe


def pictures(names: list[str], twice: bool = False) -> ImageSet:
    pixels = np.random.default_rng(0).integers(0, 256, (len(names), 16, 16, 3)).astype(np.uint8)
    if twice:
        pixels[1] = pixels[0]
    labels = np.arange(len(names)) % 2
    return ImageSet("set", pixels, labels, ("a", "b"), tuple(f"/set/{name}" for name in names))


PIECES = [f"rec{n}_{piece}.png" for n in range(4) for piece in range(4)]


def test_copies_are_one_group() -> None:
    items, notes = group_items(pictures(["p.png", "q.png", "r.png", "s.png"], twice=True), Path("/set"))
    assert items.groups is not None and items.groups[0] == items.groups[1] and len(set(items.groups.tolist())) == 3
    assert notes == ["2 are copies of each other: they are kept together"]


def test_without_copies_or_groups_nothing_is_said() -> None:
    items, notes = group_items(pictures(["p.png", "q.png", "r.png"]), Path("/set"))
    assert items.groups is None and notes == []


@pytest.mark.parametrize("by", ["name", r"(rec\d+)_", r"rec\d+"])
def test_pieces_of_a_recording_are_one_group(by: str) -> None:
    items, notes = group_items(pictures(PIECES), Path("/set"), by)
    assert len(set(items.groups.tolist())) == 4
    assert f"4 groups by {by}" in notes[0]


def test_names_that_look_like_groups_are_remarked_on() -> None:
    items, notes = group_items(pictures(PIECES), Path("/set"))
    assert items.groups is None and "--group-by name keeps them together" in notes[0]
    numbered = [f"/set/IMG_{number}.png" for number in range(20)]
    assert not remark_on_names(numbered, np.zeros(20, np.int64))


def test_a_folder_or_a_column_is_a_group(tmp_path: Path) -> None:
    for name in ("a1.png", "a2.png", "b1.png"):
        (tmp_path / name).write_bytes(b"")
    table = tmp_path / "list.csv"
    table.write_text("path,label,Speaker\na1.png,x,anna\na2.png,y,anna\nb1.png,x,\n")
    paths = tuple(str(tmp_path / name) for name in ("a1.png", "a2.png", "b1.png"))
    assert keys_of(paths, table, "Speaker") == ["anna", "anna", ""]
    assert set(keys_of(paths, tmp_path, "folder")) == {str(tmp_path)}


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("nobody", r"fits none of 16 files, such as .*rec0_0.png"),
        ("(", "nor a regular expression"),
        ("folder", "all 16 belong to one group"),
    ],
)
def test_what_groups_nothing_is_refused(by: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        group_items(pictures(PIECES), Path("/set"), by)


def test_a_column_is_named_as_the_table_names_it(tmp_path: Path) -> None:
    (tmp_path / "a1.png").write_bytes(b"")
    table = tmp_path / "list.csv"
    table.write_text("path;label;Speaker ID\na1.png;x;anna\n")
    path = str(tmp_path / "a1.png")
    assert keys_of([path], table, "Speaker ID") == keys_of([path], table, "speaker_id") == ["anna"]
    (tmp_path / "broken.csv").write_text("speaker_id,b\nx,y\n")
    assert keys_of([path], tmp_path, "speaker_id") == ["anna"]


def test_a_column_of_speakers_is_remarked_on(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("path,label,client_id\n" + "".join(f"{n}.wav,x,person{n % 3}\n" for n in range(12)))
    assert "--group-by client_id keeps them together" in remark_on_columns(table)
    table.write_text("path,label,recording\n" + "".join(f"{n}.wav,x,rec{n}\n" for n in range(12)))
    assert not remark_on_columns(table)
    assert not remark_on_columns(tmp_path)


def test_copies_stay_together_without_being_asked() -> None:
    items = keep_copies_together(pictures(["p.png", "q.png", "r.png"], twice=True))
    assert items.groups is not None and items.groups.tolist() == [0, 0, 2]
    assert keep_copies_together(items) is items
    assert keep_copies_together(pictures(["p.png", "q.png"])).groups is None


class TestBursts:
    def test_photos_within_moments_of_each_other_by_one_camera(self) -> None:
        taken = [Capture(10, "A"), Capture(14, "A"), Capture(11, "B"), None, Capture(11.5, "A"), Capture(13, "A")]
        keys = burst_keys(taken)
        assert keys[0] == keys[4] == keys[5] == keys[1] != keys[2]
        assert keys[3] == ""
        assert len(set(burst_keys([Capture(0, ""), Capture(2.5, ""), Capture(5, "")]))) == 3

    @pytest.mark.parametrize("date", [None, "2024", "2024-05-01", "9999-99-99T10:00:00Z", 7])
    def test_what_has_no_time_is_in_no_burst(self, date: object) -> None:
        assert capture_of({"date": date}) is None

    def test_the_clock_of_photos_groups_them(self, tmp_path: Path) -> None:
        for number in range(12):
            exif = Image.Exif()
            exif.get_ifd(0x8769)[36867] = f"2024:05:01 10:{number // 3:02}:{number % 3:02}"
            label = "ab"[number // 3 % 2]
            (tmp_path / label).mkdir(exist_ok=True)
            noise = np.random.default_rng(number).integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(noise).save(tmp_path / label / f"{number}.jpg", exif=exif)
        images = read_images(tmp_path, 16)
        assert "12 pictures were taken within 2 seconds of another, 4 bursts" in group_items(images, tmp_path)[1][0]
        grouped, notes = group_items(images, tmp_path, "time")
        assert len(set(grouped.groups.tolist())) == 4 and "4 groups by time" in notes[0]

    def test_without_any_time(self) -> None:
        with pytest.raises(TrainingError, match="none of 16 files says when it was taken"):
            group_items(pictures(PIECES), Path("/set"), "time")


class TestRecordings:
    def clips(self) -> SoundscapeData:
        random = np.random.default_rng(0)
        clips = {name: [random.random(100).astype(np.float32) for _ in range(12)] for name in ("a", "b")}
        paths = {name: [f"/set/{name}/rec{n // 2}_{n % 2}.wav" for n in range(12)] for name in clips}
        return SoundscapeData("set", Soundscapes(clips, 8_000), make_event_input(8_000), paths=paths)

    def test_clips_of_one_recording_are_in_one_part(self) -> None:
        data = self.clips()
        assert "names look like groups" in group_event_data(data, Path("/set"))[1][0]
        grouped, notes = group_event_data(data, Path("/set"), r"rec\d+")
        assert "6 groups" in notes[0]
        parts = split_data(grouped, make_recipe("events", scenes=4))
        clips = [clip.tobytes() for name in "ab" for clip in data.scenes.clips[name]]
        place = dict(zip(clips, [path for name in "ab" for path in data.paths[name]], strict=True))
        held = [
            {Path(place[clip.tobytes()]).name.split("_")[0] for own in part.scenes.clips.values() for clip in own}
            for part in (parts.learned, parts.chosen, parts.scored)
        ]
        assert all(held) and not held[0] & held[1] and not held[0] & held[2] and not held[1] & held[2]

    def test_pieces_stay_with_their_recording_and_their_place(self) -> None:
        pieces = [(torch.rand(4, 3), {"a"}) for _ in range(8)]
        paths = tuple(f"/set/{'xy'[n // 4]}/{n // 2}.wav" for n in range(8))
        data = LabelledRecordings("set", pieces, ("a",), make_event_input(8_000), groups=np.arange(8) // 2, paths=paths)
        grouped, _ = group_event_data(data, Path("/set"), "folder")
        assert grouped.groups.tolist() == [0] * 4 + [4] * 4
        assert group_event_data(data, Path("/set"))[0].groups.tolist() == (np.arange(8) // 2).tolist()

    def test_sentences_of_a_speaker_are_in_one_group(self) -> None:
        cepstra = [torch.rand(5, 13) for _ in range(9)]
        cepstra[8] = cepstra[0]
        paths = tuple(f"/set/{['anna', 'bert', 'cora'][n // 3]}/{n}.wav" for n in range(9))
        spoken = UtteranceSet("set", cepstra, [("A",)] * 9, analysis(16_000), paths=paths)
        copied, notes = group_items(spoken, Path("/set"))
        assert "2 are copies of each other" in notes[0] and copied.groups[0] == copied.groups[8]
        by_speaker, _ = group_items(
            replace(spoken, cepstra=[torch.rand(5, 13) for _ in range(9)]), Path("/set"), "folder"
        )
        assert len(set(by_speaker.groups.tolist())) == 3
        assert by_speaker.subset(np.array([0, 8])).groups.tolist() == [0, 6]
