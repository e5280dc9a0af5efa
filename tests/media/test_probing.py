from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL.TiffImagePlugin import IFDRational

from media.specimens import photo, plain, write_sound, write_video
from sonolux.errors import MediaError
from sonolux.media.containers.container import open_container
from sonolux.media.metadata import LISTS, clean_words, cleaned
from sonolux.media.probing import probe
from sonolux.types import Modality


def camera_exif(**changes: Any) -> PIL.Image.Exif:
    exif = PIL.Image.Exif()
    exif[0x10F], exif[0x110], exif[0x13B] = "Nikon", "NIKON D90", "Ada"
    exif[0x10E] = "A dog\0"
    exif[0x112] = 6
    exif.get_ifd(0x8769)[0x9003] = changes.get("date", "2019:07:04 12:30:00")
    exif.get_ifd(0x8769)[0x9011] = "+02:00"
    latitude = changes.get("latitude", (IFDRational(52), IFDRational(30), IFDRational(0)))
    exif.get_ifd(0x8825).update({1: "S", 2: latitude, 3: "E", 4: (13.0, 0.0, 36.0)})
    return exif


def metadata_of(path: Path) -> dict[str, Any]:
    return probe(str(path)).metadata


def test_photos_tell_date_place_and_camera(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    photo().save(path, exif=camera_exif())
    assert metadata_of(path) == {
        "title": "A dog",
        "artist": ["Ada"],
        "camera": "NIKON D90",
        "date": "2019-07-04T12:30:00+02:00",
        "latitude": pytest.approx(-52.5),
        "longitude": pytest.approx(13.01),
        "width": 64,
        "height": 96,
    }


def test_nonsense_in_photos_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    nowhere = (IFDRational(1, 0), IFDRational(0), IFDRational(0))
    photo().save(path, exif=camera_exif(date="0000:00:00 00:00:00", latitude=nowhere))
    found = metadata_of(path)
    assert found.keys() & {"date", "latitude", "longitude"} == set()


def test_animations_tell_their_frames(specimens: dict[str, str]) -> None:
    assert probe(specimens["animated.gif"]).metadata == {"width": 96, "height": 64, "frames": 3}


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp3", "libmp3lame"), ("a.ogg", "libopus"), ("a.flac", "flac"), ("a.m4a", "aac")]
)
def test_songs_tell_their_tags(name: str, codec: str, tmp_path: Path) -> None:
    tags = {"title": "Fantasía", "artist": "Los Rombos", "album": "A\tB", "genre": "world", "date": "2018"}
    found = probe(str(write_sound(tmp_path / name, codec, tags=tags)))
    assert found.modality == Modality.AUDIO
    wanted = tags | {"artist": ["Los Rombos"], "album": "A B", "genre": ["world"], "date": "2018-01-01T00:00:00Z"}
    assert {key: found.metadata[key] for key in tags} == wanted
    assert found.metadata["channels"] == 1
    assert found.metadata["duration"] == pytest.approx(2.0, abs=0.1)
    assert found.metadata["rate"] == (48_000 if codec == "libopus" else 44_100)


def test_songs_with_covers_are_no_videos(data: Path) -> None:
    found = probe(str(next(data.glob("songs_with_lyrics/Fantasma*.mp3"))))
    assert (found.modality, found.format) == (Modality.AUDIO, "mp3")
    assert found.metadata["title"] == "Fantasma"


def test_videos_tell_their_size(tmp_path: Path) -> None:
    found = probe(str(write_video(tmp_path / "a.mp4", [plain("red")], 1.0, sound=True)))
    assert found.modality == Modality.VIDEO
    size = {key: found.metadata[key] for key in ("width", "height", "frames", "rate", "channels")}
    assert size == {"width": 128, "height": 96, "frames": 12, "rate": 44_100, "channels": 1}
    assert found.metadata["duration"] == pytest.approx(1.0, abs=0.1)


def test_documents_tell_their_titles(specimens: dict[str, str]) -> None:
    assert probe(specimens["document.pdf"]).metadata == {
        "title": "Tides",
        "artist": ["A. Sailor"],
        "date": "2019-07-04T12:30:00Z",
    }
    assert probe(specimens["page.html"]).metadata == {"title": "Sea & sky", "language": "en"}
    assert probe(specimens["notes.md"]).metadata == {"title": "Tides"}
    assert probe(specimens["notes.txt"]).metadata == {}


@pytest.mark.parametrize("tail", ["é" * 40_000, "語" * 40_000, "x" * 70_000])
def test_heads_are_not_cut_within_a_character(tail: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for start in ("", "a"):
        for encoding in ("utf-8", "utf-16"):
            path.write_bytes((start + tail).encode(encoding))
            assert probe(str(path)).format == "txt"


def test_image_containers_of_libav_are_no_videos(tmp_path: Path) -> None:
    """Formats that only libav knows: its image demuxers would make them videos of one frame."""
    for name in ("a.tga", "a.ico", "a.pcx", "a.dds", "a.sgi"):
        photo().save(tmp_path / name)
        with pytest.raises(MediaError, match="not a picture, recording, video or text"):
            probe(str(tmp_path / name))


def test_lists_of_files_open_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """libav would open the files while it opens the list, before anyone can say no."""
    monkeypatch.chdir(tmp_path)
    clip = write_video(tmp_path / "clip.mkv", [plain("red")], 1.0)
    # Access times that are older than the last change are brought up to date by every read.
    os.utime(clip, ns=(1, 2))
    (tmp_path / "list").write_text("ffconcat version 1.0\nfile clip.mkv\n")
    with pytest.raises(MediaError), open_container(str(tmp_path / "list"), "recording"):
        pass
    assert clip.stat().st_atime_ns == 1


@pytest.mark.parametrize("text", ["The Beatles", b"The Beatles\0", ["The Beatles", "The Beatles ", "", None]])
def test_what_can_be_several_is_a_list(text: object) -> None:
    assert cleaned({"artist": text}) == {"artist": ["The Beatles"]}
    assert cleaned({"genre": text, "keywords": []}) == {"genre": ["The Beatles"]}


def test_lists_and_words_are_bounded() -> None:
    found = cleaned({"keywords": [f"{n}" for n in range(10_000)]})["keywords"]
    assert found == [f"{n}" for n in range(100)]
    words = clean_words(["one\0", b"two\xff", "one", 3, None, "x" * 10**6, "late"])
    assert words.startswith("one\ntwo\ufffd\nxxx") and len(words) <= 20_000 and "late" not in words


ATOMS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=700), st.binary(max_size=50))
VALUES = ATOMS | st.lists(ATOMS, max_size=5)
KEYS = [
    *("title", "artist", "keywords", "camera", "date", "rating", "latitude", "longitude", "width", "frames"),
    *("duration", "rate"),
]


@given(st.dictionaries(st.sampled_from([*KEYS, "unknown"]), VALUES))
def test_metadata_is_always_safe(raw: dict[str, Any]) -> None:
    for key, value in cleaned(raw).items():
        assert key in KEYS
        assert isinstance(value, list) == (key in LISTS)
        if isinstance(value, str | list):
            for text in [value] if isinstance(value, str) else value:
                text.encode("utf-8")
                assert 0 < len(text) <= 500
                assert text.isprintable()
        else:
            assert math.isfinite(value)
    assert ("latitude" in cleaned(raw)) == ("longitude" in cleaned(raw))


def test_the_room_is_cheap_to_enter() -> None:
    code = "import sys, sonolux.media.workers.pool, sonolux.media.finding; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"av", "PIL", "pypdf", "cv2", "scenedetect", "soxr", "torch"} & set(loaded.stdout.split())
