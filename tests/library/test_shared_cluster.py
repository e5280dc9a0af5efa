"""Two processes share a library on a cluster: neither loses what the other has written, though requests fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from PIL import Image

from contracts.faulty_cluster import FaultyCluster
from library.before.write_cluster_library import restore
from sonolux.errors import QueryError
from sonolux.index.cluster import node
from sonolux.index.cluster.rarity import terms_key
from sonolux.index.payload import INDEXED
from sonolux.library import Library
from sonolux.retrieval import kept_models

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
BEFORE = Path(__file__).with_name("before") / "cluster-format-1.json.xz"


@pytest.fixture
def cluster() -> Iterator[FaultyCluster]:
    faulty = FaultyCluster()
    faulty.dead.add("http://a:6333")
    yield faulty
    faulty.close()


@pytest.fixture
def open_library(cluster: FaultyCluster, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Library]:
    """Return what opens the library as another process does."""
    monkeypatch.setattr(node, "make_client", cluster.at)
    return lambda: Library("http://a:6333,b:6333/trips")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(4):
        Image.fromarray(rng.integers(0, 255, (40, 40, 3), np.uint8)).save(folder / f"{number}.png")
    return folder


def test_a_space_that_another_process_added_stays(open_library: Callable[[], Library], images: Path) -> None:
    late = images.with_name("late")
    late.mkdir()
    (images / "3.png").rename(late / "3.png")
    with open_library() as first, open_library() as second:
        first.add(images, spaces=["colour-layout"])
        assert second.info()["spaces"] == {"colour-layout": 3}
        first.add(images, spaces=["hog"])
        assert second.add(late).added == 1
        with open_library() as fresh:
            assert fresh.info()["spaces"] == {"colour-layout": 4, "hog": 4}
            assert set(fresh.manifest.spaces) == {"colour-layout", "hog"}
            # Points that each has written: 3, then 3 in another space, then 1.
            assert fresh.manifest.changes == 7


def test_a_space_that_another_process_dropped_stays_away(open_library: Callable[[], Library], images: Path) -> None:
    with open_library() as first, open_library() as second:
        first.add(images, spaces=["colour-layout", "hog"])
        assert list(second.info()["spaces"]) == ["colour-layout", "hog"]
        first.drop_space("hog")
        second.add(images, spaces=["colour-histogram"])
        for library in (second, open_library()):
            assert set(library.info()["spaces"]) == {"colour-layout", "colour-histogram"}
        with pytest.raises(QueryError, match="no space 'hog'"):
            second.drop_space("hog")


def test_counters_of_two_processes_are_added(open_library: Callable[[], Library], images: Path) -> None:
    with open_library() as first, open_library() as second:
        first.add(images / "0.png", spaces=["colour-layout"])
        assert second.manifest.changes == 1
        for library, number in ((first, 1), (second, 2), (first, 3)):
            library.add(images / f"{number}.png")
        assert open_library().manifest.changes == 4


def test_what_a_library_does_goes_on_when_a_node_dies(
    open_library: Callable[[], Library], cluster: FaultyCluster, images: Path
) -> None:
    cluster.dead.clear()
    with open_library() as library:
        library.add(images / "0.png", images / "1.png", spaces=["colour-layout", "bm25"])
        cluster.dead.add("http://a:6333")
        assert library.add(images).added == 2
        [first, *others] = library.search(like=images / "0.png", k=4)
        assert len(others) == 2
        library.judge(first.id, liked=[others[0].id])
        cluster.dead = {"http://b:6333"}
        library.interact("ann", first.id)
        assert len(library.judgements()) == library.interactions.count() == 1
        assert library.remove(images / "3.png") == 1
    with open_library() as library:
        assert library.info()["files"] == 3
        assert library.info()["spaces"] == {"colour-layout": 3, "bm25": 3}


def test_libraries_of_format_1_of_the_manifest_are_taken_over(
    open_library: Callable[[], Library], cluster: FaultyCluster, images: Path
) -> None:
    restore(BEFORE, cluster.held)
    for held in cluster.held.get_collections().collections:
        cluster.show_metadata(held.name)
    with open_library() as library:
        assert library.info()["spaces"] == {"colour-layout": 3, "bm25": 4}
        assert Path(library.search("lighthouse")[0].path).name == "poem.txt"
        assert library.add(images).added == 4
        assert [one.query for one in library.judgements()] == ["ships at sea"]
        library.judge(text="ships", liked=[library.search("lighthouse")[0].id])
        assert len(library.interactions.of_user("ann")) == 1
    with open_library() as library:
        assert library.info()["spaces"] == {"colour-layout": 7, "bm25": 8}
        assert library.manifest.changes == 4 + 4
        assert len(library.judgements()) == 2


@pytest.mark.parametrize("request_", ["create_collection", "create_payload_index"])
def test_an_add_that_was_killed_has_written_down_what_was_asked_for(
    open_library: Callable[[], Library],
    cluster: FaultyCluster,
    images: Path,
    monkeypatch: pytest.MonkeyPatch,
    request_: str,
) -> None:
    class KilledError(BaseException):
        pass

    cluster.share = 0
    answer = cluster.answer

    def dying(url: str, timeout: int, name: str, *rest: Any) -> Any:
        answered = answer(url, timeout, name, *rest)
        if name == request_:
            raise KilledError
        return answered

    with monkeypatch.context() as patch, open_library() as library:
        patch.setattr(cluster, "answer", dying)
        with pytest.raises(KilledError):
            library.add(images, spaces=["colour-layout", "bm25"])
    with open_library() as library:
        cluster.given.clear()
        assert library.add(images).added == 4
        assert library.info()["spaces"] == {"colour-layout": 4, "bm25": 4}
    # What the in-process mode does not keep: the indexes that were left out are made.
    assert {args[1] for name, args in cluster.given if name == "create_payload_index"} == {*INDEXED, terms_key("bm25")}


def chances(library: Library, images: Path) -> Any:
    """Return the chance of each item, but for the last bits of scores, which follow from where arrays lie in memory."""
    said = {hit.id: hit.chance for hit in library.search(like=images / "0.png", k=50)}
    return pytest.approx(said, rel=1e-4)


def test_every_process_says_the_same_chances_at_once(
    open_library: Callable[[], Library], images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    for number in range(4, 40):
        blocks = rng.integers(0, 255, (4, 4, 3), np.uint8)
        Image.fromarray(blocks).resize((32, 32), Image.Resampling.NEAREST).save(images / f"{number}.png")
    drawn = []
    with open_library() as first, open_library() as second:
        first.add(images, spaces=["colour-layout", "hog"])
        for library in (first, second):
            sample = library.index.sample
            monkeypatch.setattr(library.index, "sample", lambda *of, sample=sample: drawn.append(of) or sample(*of))
        said = chances(first, images)
        assert drawn
        drawn.clear()
        monkeypatch.setenv("SONOLUX_CACHE", str(images.with_name("another machine")))
        assert chances(second, images).expected == said
        assert not drawn
        second.remove(images / "39.png")
        chances(second, images)
        assert not drawn
        second.remove(*(images / f"{number}.png" for number in range(20, 30)))
        changed = chances(second, images)
        assert drawn
    with open_library() as third:
        assert chances(third, images).expected == changed


def test_a_model_of_no_sense_is_learned_again(open_library: Callable[[], Library], images: Path) -> None:
    with open_library() as library:
        library.add(images, spaces=["colour-layout"])
        said = chances(library, images)
        models = library._shared_models
        assert models is not None
        for name in models.index.read_meta()["models"]:
            kept = models.load(name, lambda *_: True)
            assert kept is not None
            models.refuse(name)
            nonsense = {key: np.zeros(3) for key in kept.arrays}
            models.save(name, replace(kept, arrays=nonsense), lambda *_: True)
    with open_library() as library:
        assert chances(library, images).expected == said
    with open_library() as library:
        library.index.sample = None  # type: ignore[assignment]  # what was learned again is kept
        assert chances(library, images).expected == said


def test_models_of_a_library_that_was_there_before_are_not_read(
    open_library: Callable[[], Library], cluster: FaultyCluster, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    for year in (2025, 2026):
        clock = SimpleNamespace(now=lambda zone, year=year: datetime(year, 1, 1, tzinfo=zone))
        monkeypatch.setattr("sonolux.library.manifest.datetime", clock)
        with open_library() as library:
            library.add(images, spaces=["colour-layout"])
            chances(library, images)
            assert library._shared_models is not None
            names.append(set(library._shared_models.index.read_meta()["models"]))
        cluster.held.delete_collection("trips")
        cluster._metadata.pop("trips", None)
    assert names[0] < names[1]


def test_a_process_that_stays_follows_what_another_has_learned(
    open_library: Callable[[], Library], images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = images.with_name("more")
    more.mkdir()
    rng = np.random.default_rng(1)
    for number in range(12):
        blocks = rng.integers(0, 255, (4, 4, 3), np.uint8)
        Image.fromarray(blocks).resize((32, 32), Image.Resampling.NEAREST).save(more / f"{number}.png")
    with open_library() as staying, open_library() as other:
        staying.add(images, spaces=["colour-layout"])
        before = chances(staying, images)
        other.add(more)
        changed = chances(other, images)
        shown = {item: chance for item, chance in changed.expected.items() if item in before.expected}
        assert {item: chances(staying, images).expected[item] for item in shown} != pytest.approx(shown, rel=1e-4)
        monkeypatch.setattr(kept_models, "LOOK_SECONDS", 0.0)
        assert chances(staying, images).expected == changed
