"""Recordings that are added are known: their fingerprints come, follow and leave with their files."""

from __future__ import annotations

import json
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from making import photographs, write_video
from sonolux.errors import LibraryError, MediaError, QueryError
from sonolux.library import Library
from sonolux.media.segment import Audio
from tunes import RATE, tune

from .test_identification import write


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    for number in range(3):
        write(folder / f"{number}.wav", tune(number, 12))
    return folder


def clip(number: int) -> Audio:
    return Audio(tune(number, 12)[3 * RATE : 9 * RATE], RATE)


def named(library: Library, number: int) -> list[str]:
    return [Path(match.path).name for match in library.identify(clip(number))]


def test_what_is_added_is_named(media: Path, tmp_path: Path) -> None:
    write(media / "silent.wav", np.zeros(8 * RATE))
    write_video(media / "mute.mp4", photographs()[:1], 1.0)
    with Library(tmp_path / "l.sonolux") as library:
        summary = library.add(media, spaces=["mfcc"])
        assert (summary.fingerprinted, summary.failed) == (3, [])
        assert named(library, 1) == ["1.wav"]
        again = library.add(media)
        assert (again.fingerprinted, again.unchanged) == (0, 5)


def test_fingerprints_follow_change_and_leave_with_files(media: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(media, spaces=["mfcc"])
        (media / "1.wav").rename(media / "one.wav")
        write(media / "2.wav", tune(7, 12))
        summary = library.add(media)
        assert (summary.moved, summary.updated, summary.fingerprinted) == (1, 1, 1)
        assert named(library, 1) == ["one.wav"]
        assert named(library, 7) == ["2.wav"]
        assert named(library, 2) == []
        (media / "0.wav").unlink()
        library.add(media, prune=True)
        assert named(library, 0) == []
        library.remove(media / "one.wav")
        assert named(library, 1) == []


def test_none_are_taken_where_none_are_wanted(media: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        assert library.add(media, spaces=["mfcc"], fingerprints=False).fingerprinted == 0
        with pytest.raises(LibraryError, match="no recordings are known"):
            library.identify(clip(1))
        assert library.add(media).fingerprinted == 3


PROGRAM = """
import os, signal, sys
from sonolux.fingerprints.catalog import FingerprintCatalog
from sonolux.library import Library

FingerprintCatalog.add = lambda self, recordings: os.kill(os.getpid(), signal.SIGKILL)
Library(sys.argv[1]).add(sys.argv[2], spaces=["mfcc"])
"""


def test_what_a_kill_left_out_is_made_up_for(media: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "l.sonolux"), str(media)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    with Library(tmp_path / "l.sonolux") as library:
        summary = library.add(media)
        assert (summary.unchanged, summary.fingerprinted) == (3, 3)
        assert named(library, 2) == ["2.wav"]


class TestBadInput:
    @pytest.fixture
    def library(self, media: Path, tmp_path: Path) -> Iterator[Library]:
        with Library(tmp_path / "l.sonolux") as library:
            library.add(media, spaces=["mfcc"])
            yield library

    def test_clipping_and_offset_are_heard_through(self, library: Library) -> None:
        sound = clip(1).samples
        assert [Path(m.path).name for m in library.identify(Audio(np.clip(20 * sound, -1, 1), RATE))] == ["1.wav"]
        assert [Path(m.path).name for m in library.identify(Audio(0.3 * sound + 0.6, RATE))] == ["1.wav"]
        assert library.identify(Audio(np.full(5 * RATE, 0.5, np.float32), RATE)) == []

    def test_a_query_that_is_longer_than_the_catalog(self, library: Library) -> None:
        rest = 0.1 * np.random.default_rng(0).standard_normal(60 * RATE).astype(np.float32)
        found = library.identify(Audio(np.concatenate([rest, tune(0, 12)]), RATE))
        assert Path(found[0].path).name == "0.wav"
        assert found[0].query_start == pytest.approx(60 + found[0].start, abs=0.1)

    def test_the_same_recording_twice(self, library: Library, media: Path) -> None:
        write(media / "copy.wav", tune(1, 12))
        library.add(media)
        assert set(named(library, 1)) <= {"1.wav", "copy.wav"}
        assert named(library, 1)

    def test_every_recording_twice(self, library: Library, media: Path) -> None:
        once = library.identify(clip(1))[0]
        for number in range(3):
            write(media / f"{number}-copy.wav", np.concatenate([tune(number + 5, 1), tune(number, 12)]))
        library.add(media)
        assert set(named(library, 1)) == {"1.wav", "1-copy.wav"}
        assert library.identify(clip(1))[0].score > 0.8 * once.score

    def test_a_rate_that_the_header_makes_up(self, library: Library, media: Path) -> None:
        content = bytearray((media / "1.wav").read_bytes())
        content[24:28] = struct.pack("<I", 4_000_000_000)
        (media / "mad.wav").write_bytes(content)
        [failure] = library.add(media).failed
        assert failure.path.endswith("mad.wav")
        assert "\n" not in failure.reason
        with pytest.raises(MediaError, match=r"mad\.wav: [^\n]+$"):
            library.identify(media / "mad.wav")

    def test_one_sample(self, library: Library, media: Path) -> None:
        write(media / "one.wav", np.array([0.5]))
        assert library.add(media).failed == []
        with pytest.raises(QueryError, match="too short to be named"):
            library.identify(media / "one.wav")

    def test_a_catalog_of_another_version(self, library: Library, tmp_path: Path) -> None:
        manifest = next((tmp_path / "l.sonolux").rglob("manifest.json"))
        stored = json.loads(manifest.read_text())
        for version, said in ((stored["format"] + 1, "a newer Sonolux"), (0, "another Sonolux")):
            manifest.write_text(json.dumps(stored | {"format": version}))
            library.fingerprints.close()
            with pytest.raises(LibraryError, match=said):
                library.identify(clip(1))

    def test_a_decoder_that_crashes(self, library: Library, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from media import faulty
        from sonolux.fingerprints import decoding

        monkeypatch.setattr(decoding, "READER", faulty.read)
        (media / "segfault").write_bytes(b"sound")
        with pytest.raises(MediaError, match=r"segfault: the decoder crashed"):
            library.identify(media / "segfault")
