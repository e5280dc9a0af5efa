"""Copies in libraries of real files: found, named, and nothing else lost where a file is broken."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from skimage import data as pictures

from sonolux.library import Library, copies
from sonolux.library.copies import CopyGroup
from sonolux.retrieval.copies.store import FILE

SPACES = ("colour-histogram",)
COFFEE = PIL.Image.fromarray(pictures.coffee())
CAT = PIL.Image.fromarray(pictures.chelsea())


def names(group: CopyGroup) -> list[str]:
    return [Path(item.path).name for item in group.items]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    COFFEE.save(made / "coffee.png")
    COFFEE.resize((300, 200)).save(made / "small.jpg", quality=60)
    CAT.save(made / "cat.jpg")
    return made


def test_two_files_are_enough(folder: Path, tmp_path: Path) -> None:
    (folder / "cat.jpg").unlink()
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        [group] = library.copies().groups
        assert (group.kind, names(group)) == ("copies", ["coffee.png", "small.jpg"])
        assert group.members[1].alterations == ("smaller",)
        assert [[item.id for item in each] for each in library.duplicates()] == [[item.id for item in group.items]]
        assert library.duplicates(near=False) == []


def test_broken_and_plain_files_cost_no_other(folder: Path, tmp_path: Path) -> None:
    for number, colour in enumerate(("black", "black", "white")):
        PIL.Image.new("RGB", (200 + number, 100), colour).save(folder / f"plain{number}.png")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        (folder / "cat.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing more")
        found = library.copies()
        assert [names(group) for group in found.groups] == [["coffee.png", "small.jpg"]]
        [failure] = found.failed
        assert failure.path.endswith("cat.jpg")


def test_hashes_are_made_once_by_content_and_leave_with_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    make = copies.hash_image
    monkeypatch.setattr(copies, "hash_image", lambda pixels: hashed.append(1) or make(pixels))
    shutil.copy(folder / "cat.jpg", folder / "cat again.jpg")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        assert {group.kind for group in library.copies().groups} == {"copies", "identical"}
        assert len(hashed) == 3
        library.copies()
        assert len(hashed) == 3
        CAT.rotate(90, expand=True).save(folder / "turned.jpg")
        library.add(folder)
        [turned] = [group for group in library.copies().groups if "turned.jpg" in names(group)]
        assert len(hashed) == 4 and len(turned.members) == 3
        library.remove(folder / "turned.jpg")
        library.copies()
        from sonolux.retrieval.copies.store import HashStore

        assert len(HashStore(tmp_path / "l.sonolux" / "copies").all()) == 3


def test_a_damaged_store_is_made_again(folder: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        assert len(library.copies().groups) == 1
        (tmp_path / "l.sonolux" / "copies" / FILE).write_bytes(b"no database" * 1000)
        assert len(library.copies().groups) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_library_that_cannot_be_written_has_its_hashes_elsewhere(folder: Path, tmp_path: Path) -> None:
    location = tmp_path / "l.sonolux"
    with Library(location) as library:
        library.add(folder, spaces=SPACES)
    location.chmod(0o555)
    try:
        with Library(location) as library:
            assert len(library.copies().groups) == 1
        assert not (location / "copies").exists()
    finally:
        location.chmod(0o755)


def test_many_equal_files_are_one_group_and_compared_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        shutil.copy(folder / "coffee.png", folder / f"again{number}.png")
    compared = []
    compare = copies.image_links
    monkeypatch.setattr(
        copies, "image_links", lambda files, pairs, *rest: compared.append(len(pairs)) or compare(files, pairs, *rest)
    )
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        [group] = library.copies().groups
    assert len(group.members) == 22 and max(compared) <= 3


def test_animations_and_small_files_are_looked_at(tmp_path: Path) -> None:
    """Files are compared however small they are (czkawka issue 819)."""
    folder = tmp_path / "photos"
    folder.mkdir()
    small = COFFEE.resize((60, 40))
    small.save(folder / "small.jpg", quality=50)
    small.resize((72, 48)).save(folder / "larger.png")
    frames = [CAT.resize((150, 100)), CAT.resize((150, 100)).rotate(180)]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    frames[0].save(folder / "still.png")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        groups = [set(names(group)) for group in library.copies().groups]
    assert {"small.jpg", "larger.png"} in groups and {"moving.gif", "still.png"} in groups


def test_turned_by_its_exif_is_the_same(tmp_path: Path) -> None:
    """A photo that is turned when it is shown was no duplicate elsewhere (czkawka issue 1199)."""
    folder = tmp_path / "photos"
    folder.mkdir()
    COFFEE.save(folder / "upright.jpg")
    exif = PIL.Image.Exif()
    exif[274] = 6
    COFFEE.transpose(PIL.Image.Transpose.ROTATE_90).save(folder / "sideways.jpg", exif=exif)
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        [group] = library.copies().groups
    assert group.kind == "copies" and not any("turned" in one for one in group.members[1].alterations)


def with_exif(path: Path, picture: PIL.Image.Image, orientation: int, date: str = "") -> None:
    exif = PIL.Image.Exif()
    exif[274] = orientation
    if date:
        exif.get_ifd(0x8769)[36867] = date
    picture.save(path, exif=exif)


@pytest.mark.parametrize(
    "ending", ["jpg", *(pytest.param(ending, marks=pytest.mark.long) for ending in ("png", "webp"))]
)
@pytest.mark.parametrize("shown", ["photo", "gradient"])
def test_files_that_differ_in_their_orientation_tag_alone(shown: str, ending: str, tmp_path: Path) -> None:
    """However little they show: a gradient has no perceptual hash (czkawka issues 714 and 1540)."""
    ramp = np.broadcast_to(np.linspace(0, 255, 300)[None, :, None], (200, 300, 3)).astype(np.uint8)
    picture = COFFEE if shown == "photo" else PIL.Image.fromarray(ramp)
    for orientation in (1, 6):
        (tmp_path / "photos").mkdir(exist_ok=True)
        with_exif(tmp_path / "photos" / f"{orientation}.{ending}", picture, orientation)
    with Library(tmp_path / "l.sonolux") as library:
        library.add(tmp_path / "photos", spaces=SPACES)
        [group] = library.copies().groups
    assert group.kind == "copies" and {item.path[-len(ending) - 2 :][0] for item in group.items} == {"1", "6"}
    turned, same = group.members[1].alterations
    assert turned in ("turned left", "turned right") and same == "the same pixels"


def test_a_date_set_right_makes_no_other_photo(tmp_path: Path) -> None:
    """Edited metadata hid duplicates elsewhere (dupeguru issue 689, immich issue 23205)."""
    folder = tmp_path / "photos"
    folder.mkdir()
    with_exif(folder / "a.jpg", COFFEE, 1, "2020:05:01 10:00:00")
    with_exif(folder / "b.jpg", COFFEE, 1, "2020:05:01 10:30:00")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        [group] = library.copies().groups
    assert (group.kind, group.members[1].alterations) == ("copies", ("the same pixels",))


def test_texts(tmp_path: Path) -> None:
    words = [f"word{number * 7919 % 997}" for number in range(200)]
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text(" ".join(words))
    (folder / "b.md").write_text("\n".join(words).upper())
    (folder / "edited.txt").write_text(" ".join([*words[:100], "new", *words[100:]]))
    (folder / "other.txt").write_text(" ".join(reversed(words)))
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=("bm25",))
        found = library.copies()
    assert (found.groups[0].kind, set(names(found.groups[0]))) == ("copies", {"a.txt", "b.md"})
    assert all("other.txt" not in names(group) for group in found.groups)
    assert any(group.kind == "similar" and "edited.txt" in names(group) for group in found.groups)


@pytest.mark.data
def test_sounds(data: Path, tmp_path: Path) -> None:
    import av

    source = sorted((data / "recordings").glob("*.ogg"))
    folder = tmp_path / "sounds"
    folder.mkdir()
    for path in source[:3]:
        shutil.copy(path, folder / path.name)

    def reencode(path: Path, out: Path, start: float, end: float) -> None:
        with av.open(str(path)) as container, av.open(str(out), "w") as written:
            stream = written.add_stream("mp3", rate=44100)
            resampler = av.AudioResampler("fltp", "stereo", 44100)
            for frame in container.decode(audio=0):
                if start <= frame.time < end:
                    for resampled in resampler.resample(frame):
                        resampled.pts = None
                        written.mux(stream.encode(resampled))
            written.mux(stream.encode(None))

    music = max(source[:3], key=lambda path: path.stat().st_size)
    reencode(music, folder / "copy.mp3", 0, 1e9)
    reencode(music, folder / "clip.mp3", 8, 20)
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=("mfcc",))
        found = {group.kind: group for group in library.copies().groups}
    assert set(names(found["copies"])) == {music.name, "copy.mp3"}
    [clip] = [member for member in found["parts"].members if member.item.path.endswith("clip.mp3")]
    assert clip.kept_span is not None and clip.span is not None
    assert clip.kept_span.start - clip.span.start == pytest.approx(8, abs=0.3)


@pytest.mark.data
def test_videos_and_another_stretch_of_each(data: Path, tmp_path: Path) -> None:
    from sonolux.evaluation.protocols.altered_videos import make_video_copies

    made = make_video_copies([data / "videos" / "bottle-detection.mp4"], tmp_path / "videos")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(tmp_path / "videos", spaces=SPACES)
        groups = library.copies().groups
    [same] = [set(names(group)) for group in groups if group.kind == "copies"]
    [parts] = [group for group in groups if group.kind == "parts"]
    expected = {file.name for _, name, file in made if name not in ("trimmed", "another stretch")}
    assert same == expected
    [_, clip] = parts.members
    assert clip.item.path.endswith("--trimmed.mp4") and clip.kept_span is not None
    assert clip.kept_span.start == pytest.approx(3.3, abs=0.2)


def test_near_copies_among_photos(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    photos = sorted((data / "imagenet_sample").glob("*.jpg"))[::25]
    for photo in photos:
        (folder / photo.name).write_bytes(photo.read_bytes())
    for photo in photos[:8]:
        picture = PIL.Image.open(photo).convert("RGB")
        picture.resize((picture.width * 2 // 3, picture.height * 2 // 3)).save(
            folder / f"copy_{photo.name}", quality=55
        )
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        groups = [sorted(names(group)) for group in library.copies().groups]
    assert sorted(groups) == sorted([f"copy_{photo.name}", photo.name] for photo in photos[:8])


def test_progress_is_told(folder: Path, tmp_path: Path) -> None:
    told = []
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        library.copies(progress=lambda what, done, total: told.append((what, done, total)))
    assert ("hashing", 3, 3) in told and all(0 <= done <= total for _, done, total in told)
    assert np.all([what for what, _, _ in told])
