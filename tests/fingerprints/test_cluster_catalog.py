"""The catalog of recordings on a cluster: the contract, and what breaks off, is late, or is damaged there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from contracts.faulty_cluster import FaultyCluster
from contracts.recordings_contract import RecordingsContract, kept, prints, same
from sonolux.errors import LibraryError
from sonolux.fingerprints import cluster_catalog
from sonolux.fingerprints.cluster_catalog import ClusterCatalog
from sonolux.fingerprints.pieces import FRAMES, Piece, join_fingerprint, split_fingerprint
from sonolux.fingerprints.recordings import RecordingCatalog
from sonolux.index import Condition, Point
from sonolux.index.cluster.connection import ClusterConnection
from sonolux.index.cluster.remote import RemoteIndex

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
URLS = ("http://dead:6333", "http://alive:6333")


def write_meta_format(catalog: RecordingCatalog, version: Any) -> None:
    assert isinstance(catalog, ClusterCatalog)
    catalog.index.update_meta(lambda meta: {**meta, "format": version})


class OnCluster(RecordingsContract):
    share = 0.0

    @pytest.fixture(scope="class")
    @classmethod
    def opened(cls) -> Iterator[Callable[[str], ClusterCatalog]]:
        cluster = FaultyCluster(cls.share)
        cluster.dead.add(URLS[0])
        yield lambda name: ClusterCatalog(RemoteIndex(ClusterConnection(URLS, cluster.at), name, exact_idf=False))
        cluster.close()

    @pytest.fixture
    def fresh(self) -> Callable[[], str]:
        return lambda: f"recordings-{uuid.uuid4()}"

    @pytest.fixture
    def write_format(self) -> Callable[[RecordingCatalog, Any], None]:
        return write_meta_format


class TestClusterCatalog(OnCluster):
    """Where every request is answered."""


class TestFaultyClusterCatalog(OnCluster):
    """Where requests fail, metadata is seen late, and one of two addresses is dead."""

    share = 1 / 50


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture
def cluster() -> Iterator[FaultyCluster]:
    calm = FaultyCluster(share=0)
    yield calm
    calm.close()


@pytest.fixture
def opened(cluster: FaultyCluster) -> Callable[[], ClusterCatalog]:
    return lambda: ClusterCatalog(RemoteIndex(ClusterConnection(URLS, cluster.at), "recordings", exact_idf=False))


def killed_at(monkeypatch: pytest.MonkeyPatch, catalog: ClusterCatalog, method: str, turn: int) -> None:
    done = getattr(catalog.index, method)
    calls = [0]

    def dying(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] == turn:
            raise KilledError
        return done(*args, **kwargs)

    monkeypatch.setattr(catalog.index, method, dying)


@pytest.mark.parametrize(("method", "turn"), [("upsert", 1), ("upsert", 2), ("upsert", 3), ("delete", 1)])
def test_a_recording_is_there_whole_as_it_was_or_as_it_is(
    opened: Callable[[], ClusterCatalog], monkeypatch: pytest.MonkeyPatch, method: str, turn: int
) -> None:
    opened().add([("1", "a.wav", prints(1)), ("2", "b.wav", prints(2))])
    dying = opened()
    killed_at(monkeypatch, dying, method, turn)
    with pytest.raises(KilledError):
        dying.add([("1", "a.wav", prints(11)), ("3", "c.wav", prints(13))])
    found = kept(opened())
    written = method == "delete"
    assert same(found["1"], prints(11 if written else 1)) and same(found["2"], prints(2))
    assert ("3" in found) == written
    monkeypatch.setattr(cluster_catalog, "LEFT_SECONDS", -1.0)
    opened().add([("1", "a.wav", prints(11)), ("3", "c.wav", prints(13))])
    again = opened()
    assert again.index.count() == 3 + sum(len(list(split_fingerprint(prints(seed)))) for seed in (11, 2, 13))
    assert same(kept(again)["1"], prints(11))


def test_two_that_write_one_recording_leave_one_of_theirs(
    opened: Callable[[], ClusterCatalog], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened().add([("1", "a.wav", prints(1))])
    first, second = opened(), opened()
    written = first.index.upsert

    def meanwhile(points: list[Point]) -> None:
        written(points)
        if points[0].payload["kind"] == "window":  # between the pieces and the head of the first
            second.add([("1", "a.wav", prints(3))])

    monkeypatch.setattr(first.index, "upsert", meanwhile)
    first.add([("1", "a.wav", prints(2))])
    assert same(kept(opened())["1"], prints(2))
    assert len(opened()) == 1


def test_deleting_takes_every_point(opened: Callable[[], ClusterCatalog]) -> None:
    catalog = opened()
    catalog.add([(str(number), "a.wav", prints(number)) for number in range(4)])
    assert catalog.delete(["1", "2", "x"]) == 2
    assert catalog.delete(["0", "3"]) == 2
    assert catalog.index.count() == 0


def piece_of(catalog: ClusterCatalog) -> Point:
    return next(iter(catalog.index.scroll([Condition("kind", "=", "window")])))


@pytest.mark.parametrize(
    "change",
    [
        {"hashes": "?"},
        {"hashes": ""},
        {"hashes": None},
        {"anchors": 7},
        {"times": "AAAA"},
        {"bands": ""},
        {"codes": "AAAA"},
        {"width": -1},
        {"width": 2**40},
        {"number": -1},
        {"number": 2**40},
        {"number": "x"},
        {"number": None},
    ],
)
def test_a_damaged_piece_is_said_in_one_line(opened: Callable[[], ClusterCatalog], change: dict[str, Any]) -> None:
    catalog = opened()
    catalog.add([("1", "/music/a.wav", prints(1))])
    catalog.index.set_payload([piece_of(catalog).id], change)
    with pytest.raises(LibraryError, match=r"^the fingerprints in recordings are damaged \([^\n]*a\.wav[^\n]*$"):
        list(catalog.recordings())


@pytest.mark.parametrize(
    "change",
    [{"frames": -1}, {"frames": 2**60}, {"frames": None}, {"codes": 10**9}, {"points": "x"}, {"path": 7}],
)
def test_a_damaged_head_is_said_in_one_line(opened: Callable[[], ClusterCatalog], change: dict[str, Any]) -> None:
    catalog = opened()
    catalog.add([("1", "/music/a.wav", prints(1))])
    catalog.index.set_payload([next(iter(catalog.index.scroll([Condition("kind", "=", "file")]))).id], change)
    with pytest.raises(LibraryError, match=r"^the fingerprints in recordings are damaged \([^\n]*$"):
        list(catalog.recordings())


def test_a_piece_that_is_missing_is_said(opened: Callable[[], ClusterCatalog]) -> None:
    catalog = opened()
    catalog.add([("1", "/music/a.wav", prints(1))])
    catalog.index.delete([piece_of(catalog).id])
    with pytest.raises(LibraryError, match=r"damaged \(3 of 4 parts of /music/a\.wav are there\)"):
        list(catalog.recordings())


def test_a_question_moves_little(opened: Callable[[], ClusterCatalog], monkeypatch: pytest.MonkeyPatch) -> None:
    from sonolux.fingerprints.matching import describe_window
    from tunes import RATE, tune

    monkeypatch.setattr(cluster_catalog, "LOOKED_AT", 5)
    catalog = opened()
    catalog.add([(str(number), f"{number}.wav", prints(number, frames=6_000)) for number in range(8)])
    fetched: list[int] = []
    fetch = catalog.index.fetch
    monkeypatch.setattr(catalog.index, "fetch", lambda ids, **how: fetched.append(len(ids)) or fetch(ids, **how))
    catalog.near(describe_window(tune(0, 10)[: 10 * RATE]).landmarks)
    assert 0 < fetched[0] <= 5 * 4


def test_pieces_put_together_are_the_whole() -> None:
    whole = prints(4, landmarks=500, peaks=300, frames=5000)._replace(
        codes=np.random.default_rng(0).integers(0, 256, (5000 // 16, 16), np.uint8)
    )
    pieces = [Piece.from_payload(one.to_payload()) for one in split_fingerprint(whole)]
    assert same(join_fingerprint(whole.frames, len(whole.codes), "x", reversed(pieces)), whole)
    some = join_fingerprint(whole.frames, len(whole.codes), "x", pieces[3:5])
    inside = (whole.times >= 3 * FRAMES) & (whole.times < 5 * FRAMES)
    assert np.array_equal(some.times, whole.times[inside]) and np.array_equal(some.bands, whole.bands[inside])
    assert np.array_equal(some.codes[60:100], whole.codes[60:100]) and not some.codes[:60].any()
