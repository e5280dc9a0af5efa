"""Recordings in files named by a library: from files of every kind to matches with times."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from making import write_wav
from sonolux.errors import LibraryError, MediaError, QueryError
from sonolux.library import Library
from sonolux.media.segment import Audio
from tunes import RATE, tune


def write(path: Path, sound: np.ndarray, rate: int = RATE, channels: int = 1) -> Path:
    samples = (np.clip(sound, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(np.repeat(samples[:, None], channels, axis=1).tobytes())
    return path


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    for number in range(6):
        write(folder / f"{number}.wav", tune(number, 25))
    return folder


@pytest.fixture(scope="module")
def library(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    made = Library(tmp_path_factory.mktemp("library") / "l.sonolux")
    indexed = made.fingerprint(songs)
    assert (indexed.recordings, indexed.failed) == (6, [])
    assert abs(indexed.seconds - 150) < 1
    return made


def test_a_clip_is_named(library: Library, songs: Path, tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.wav", tune(4, 25)[8 * RATE : 14 * RATE], channels=8)
    [match] = library.identify(clip)
    assert match.path == str(songs / "4.wav")
    assert abs(match.start - match.query_start - 8) < 0.05
    assert match.chance < 1e-3


def test_sound_at_any_rate_is_named(library: Library) -> None:
    import soxr

    sound = soxr.resample(tune(2, 25)[5 * RATE : 11 * RATE], RATE, 22_050)
    [match] = library.identify(Audio(sound, 22_050))
    assert match.path.endswith("2.wav")
    assert library.identify((sound, 22_050)) == [match]


def test_what_is_no_clip_is_refused_in_one_line(library: Library, tmp_path: Path) -> None:
    (tmp_path / "words.wav").write_text("no sound at all")
    with pytest.raises(MediaError, match=r"^[^\n]+$"):
        library.identify(tmp_path / "words.wav")
    with pytest.raises(MediaError, match=r"^[^\n]+$"):
        library.identify(tmp_path / "nowhere.wav")
    for sound in (np.array([0.5], np.float32), np.zeros(RATE // 2, np.float32)):
        with pytest.raises(QueryError, match=r"too short to be named: a second is the least$"):
            library.identify(Audio(sound, RATE))
    with pytest.raises(QueryError, match=r"audio is a path or \(mono samples, hertz\), not ndarray"):
        library.identify(np.zeros(5 * RATE))
    with pytest.raises(MediaError, match="is a folder, not a file"):
        library.identify(tmp_path)
    for sound in (np.full(5 * RATE, np.nan, np.float32), np.zeros((2, 5 * RATE), np.float32)):
        with pytest.raises(QueryError, match="not one channel of finite samples"):
            library.identify(Audio(sound, RATE))


def test_silence_is_in_no_library(library: Library) -> None:
    assert library.identify(Audio(np.zeros(5 * RATE, np.float32), RATE)) == []


def test_files_that_cannot_be_known_are_listed(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    write(media / "good.wav", tune(1, 8))
    write(media / "silent.wav", np.zeros(8 * RATE))
    write(media / "short.wav", tune(1, 0.01))
    whole = write(media / "cut.wav", tune(2, 8)).read_bytes()
    (media / "cut.wav").write_bytes(whole[: len(whole) // 2])
    with Library(tmp_path / "l.sonolux") as library:
        indexed = library.fingerprint(media)
        assert {Path(failure.path).name for failure in indexed.failed} == {"silent.wav", "short.wav"}
        assert all("\n" not in failure.reason for failure in indexed.failed)
        assert indexed.recordings == 2
        [match] = library.identify(Audio(tune(2, 3), RATE))
        assert match.path.endswith("cut.wav")


def test_a_library_without_recordings_says_so(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no recordings are known"):
        Library(tmp_path / "l.sonolux").identify(Audio(tune(1, 5), RATE))
    with pytest.raises(LibraryError, match=r"^no Qdrant answers at http://localhost:1/x[^\n]*$"):
        Library("http://localhost:1/x").identify(Audio(tune(1, 5), RATE))


def test_items_keep_their_ids_and_leave_with_the_library(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    for number in range(3):
        write_wav(media / f"{number}.wav", np.repeat(tune(number, 12), 1))
    with Library(tmp_path / "l.sonolux") as library:
        library.add(media, spaces=["mfcc"])
        library.fingerprint(media)
        library.fingerprint(media)
        assert len(library.fingerprints) == 3
        items = {item.path: item.id for item in library.items()}
        assert {track.path: track.id for track in library.fingerprints.tracks()} == items
        library.remove(media / "1.wav")
        assert {track.path for track in library.fingerprints.tracks()} == {str(media / f"{n}.wav") for n in (0, 2)}


def test_a_library_of_recordings_can_be_added_to(tmp_path: Path) -> None:
    song = write(tmp_path / "a.wav", tune(1, 8))
    with Library(tmp_path / "l.sonolux") as library:
        library.fingerprint(song)
        assert library.add(song, spaces=["mfcc"]).added == 1


def test_recordings_of_other_kinds_are_known(tmp_path: Path) -> None:
    import soundfile
    import soxr

    sound = soxr.resample(tune(3, 12), RATE, 44_100)
    soundfile.write(tmp_path / "song.flac", np.stack([sound, sound], axis=1), 44_100)
    with Library(tmp_path / "l.sonolux") as library:
        assert library.fingerprint(tmp_path / "song.flac").recordings == 1
        [match] = library.identify(Audio(tune(3, 12)[4 * RATE : 10 * RATE], RATE))
        assert abs(match.start - match.query_start - 4) < 0.05


def test_of_a_folder_texts_and_images_are_passed_over_but_not_what_is_named(songs: Path, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    (mixed / "0.wav").write_bytes((songs / "0.wav").read_bytes())
    (mixed / "0.txt").write_text("A tune, and who plays it.\n")
    (mixed / "broken.wav").write_bytes((songs / "1.wav").read_bytes()[:30])
    with Library(tmp_path / "l.sonolux") as library:
        indexed = library.fingerprint(mixed)
        assert indexed.recordings == 1
        assert [Path(failure.path).name for failure in indexed.failed] == ["broken.wav"]
        assert [Path(f.path).name for f in library.fingerprint(mixed / "0.txt").failed] == ["0.txt"]


def test_one_process_decodes_clip_after_clip(songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sonolux.media.workers import isolated, pool

    monkeypatch.setattr(isolated, "_workers", isolated._Workers())
    started: list[pool.Worker] = []

    class Counted(pool.Worker):
        def __init__(self, orders: pool.Orders) -> None:
            super().__init__(orders)
            started.append(self)

    monkeypatch.setattr(pool, "Worker", Counted)
    with Library(tmp_path / "l.sonolux") as library:
        library.fingerprint(songs / "1.wav")
        taken = len(started)
        for _ in range(3):
            assert library.identify(songs / "1.wav")[0].path == str(songs / "1.wav")
        with pytest.raises(MediaError):
            library.identify(songs / "none.wav")
        assert library.identify(songs / "1.wav")
        assert len(started) == taken + 1
        assert started[-1]._process.poll() is None
    assert started[-1]._process.poll() is not None


def test_a_library_that_is_not_closed_leaves_no_process(
    songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sonolux.media.workers import isolated

    monkeypatch.setattr(isolated, "_workers", isolated._Workers())
    library = Library(tmp_path / "l.sonolux")
    library.fingerprint(songs / "1.wav")
    library.identify(songs / "1.wav")
    [worker] = isolated._workers.pool._idle
    assert worker._process.poll() is None
    del library
    assert worker._process.poll() is not None
