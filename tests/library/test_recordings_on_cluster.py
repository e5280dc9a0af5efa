"""Recordings of a library on a cluster: named as those of a folder are, copied both ways, and gone with their files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from contracts.faulty_cluster import FaultyCluster
from sonolux.errors import LibraryError
from sonolux.fingerprints.matching import Match
from sonolux.fingerprints.recordings import RecordingCatalog
from sonolux.index.cluster import node
from sonolux.library import Library, fingerprints_copy
from sonolux.media.containers.audio import decode_audio
from sonolux.media.segment import Audio
from tunes import RATE, noisy, tune

from .test_identification import write

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
AWAY = "http://a:6333,b:6333/songs"


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyCluster]:
    faulty = FaultyCluster()
    faulty.dead.add("http://a:6333")
    monkeypatch.setattr(node, "make_client", faulty.at)
    yield faulty
    faulty.close()


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    folder = tmp_path / "songs"
    folder.mkdir()
    for number in range(3):
        write(folder / f"{number}.wav", tune(number, 25))
    return folder


def clip(number: int, start: int = 6, seconds: int = 6) -> Audio:
    return Audio(tune(number, 25)[start * RATE : (start + seconds) * RATE], RATE)


def named(library: Library, number: int) -> list[str]:
    return [Path(match.path).name for match in library.identify(clip(number))]


def test_recordings_come_follow_and_leave_with_their_files(cluster: FaultyCluster, songs: Path) -> None:
    with Library(AWAY) as library:
        assert library.add(songs, spaces=["mfcc"]).fingerprinted == 3
        assert named(library, 1) == ["1.wav"]
        (songs / "1.wav").rename(songs / "one.wav")
        write(songs / "2.wav", tune(7, 25))
        summary = library.add(songs)
        assert (summary.moved, summary.updated, summary.fingerprinted) == (1, 1, 1)
    with Library(AWAY) as library:
        assert [named(library, number) for number in (1, 7, 2)] == [["one.wav"], ["2.wav"], []]
        library.remove(songs / "one.wav")
        assert named(library, 1) == []
        assert len(library.fingerprints) == 2


def test_recordings_that_are_no_items_are_named(cluster: FaultyCluster, songs: Path) -> None:
    with Library(AWAY) as library:
        with pytest.raises(LibraryError, match="there is no library at"):
            library.identify(clip(1))
        assert library.fingerprint(songs).recordings == 3
        assert named(library, 2) == ["2.wav"]
    with Library(AWAY) as library:
        assert named(library, 0) == ["0.wav"]
        assert library.info()["files"] == 0


def test_one_sound_in_two_files_is_found(cluster: FaultyCluster, songs: Path, tmp_path: Path) -> None:
    write(songs / "again.wav", noisy(tune(1, 25), 20))
    told = []
    with Library(AWAY) as away, Library(tmp_path / "home") as home:
        for library in (away, home):
            library.add(songs, spaces=["mfcc"])
            groups = library.copies().groups
            told.append({(group.kind, *sorted(Path(item.path).name for item in group.items)) for group in groups})
    assert told[0] == told[1]
    assert any({"1.wav", "again.wav"} <= set(group) for group in told[0])


def facts(match: Match) -> tuple[str, float, float, float]:
    return Path(match.path).name, round(match.start, 1), round(match.query_start), round(match.query_end)


def sure(matches: list[Match]) -> list[tuple[str, float, float, float]]:
    return [facts(match) for match in matches if match.chance < 1e-4]


def test_real_recordings_are_named_alike_in_both_homes(cluster: FaultyCluster, data: Path, tmp_path: Path) -> None:
    cluster.share = 0
    files = sorted((data / "recordings").glob("*.ogg"))
    with Library(tmp_path / "home") as home, Library(AWAY) as away:
        known = home.fingerprint(data / "recordings").recordings
        assert home.copy_to(AWAY).recordings == known > 9
        right = 0
        for number, file in enumerate(files[::2]):
            sound = np.concatenate(list(decode_audio(str(file), RATE)))
            part = noisy(sound[len(sound) // 3 :][: 6 * RATE], 20, number)
            if len(part) < 3 * RATE:
                continue
            found, also = (library.identify(Audio(part, RATE), accepted=0.05) for library in (home, away))
            assert set(sure(found)) <= set(map(facts, also)) and set(sure(also)) <= set(map(facts, found))
            for one, other in zip(found, also, strict=False):
                assert other.score == pytest.approx(one.score, rel=0.15)
            right += bool(also) and Path(also[0].path).name == file.name
        assert right > len(files) / 4


def everything(catalog: RecordingCatalog) -> tuple[object, ...]:
    return fingerprints_copy._digests_of(catalog), list(catalog.samples), catalog.model


def test_a_copy_takes_recordings_along_both_ways(cluster: FaultyCluster, songs: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "home") as home, Library(AWAY) as away, Library(tmp_path / "back") as back:
        home.add(songs, spaces=["mfcc"])
        home.fingerprint(write(tmp_path / "other.wav", tune(9, 25)))
        home.fingerprints.note([(5.0, 4.5)])
        said = everything(home.fingerprints)
        assert home.copy_to(AWAY).recordings == 4
        assert everything(away.fingerprints) == said
        assert away.copy_to(tmp_path / "back").recordings == 4
        assert everything(back.fingerprints) == said
        for library in (away, back):
            assert list(map(facts, library.identify(clip(2)))) == list(map(facts, home.identify(clip(2))))


def test_a_copy_that_broke_off_is_completed(
    cluster: FaultyCluster, songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    monkeypatch.setattr(fingerprints_copy, "AT_ONCE", 1)
    with Library(tmp_path / "home") as home:
        home.add(songs, spaces=["mfcc"])
        upserts: list[int] = []

        def dying(url: str, timeout: int, name: str, *rest: object) -> object:
            upserts.append(name == "upsert" and rest[0][0] == "songs-fingerprints")  # type: ignore[index]
            if sum(upserts) == 4:
                raise KilledError
            return answer(url, timeout, name, *rest)

        answer: Callable[..., object] = cluster.answer
        with monkeypatch.context() as patch:
            patch.setattr(cluster, "answer", dying)
            with pytest.raises(KilledError):
                home.copy_to(AWAY)
        home.remove(songs / "0.wav")
        added: list[int] = []
        assert home.copy_to(AWAY).recordings == 2
        with Library(AWAY) as away:
            assert everything(away.fingerprints) == everything(home.fingerprints)
            monkeypatch.setattr(type(away.fingerprints), "add", lambda self, these: added.append(len(these)))
            fingerprints_copy.copy_recordings(home.fingerprints, away.fingerprints)
        assert added == [0]
