"""Background models that are kept: the same from every process, and none that cannot be read, whatever fails."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from contracts.faulty_cluster import FaultyCluster
from sonolux.index.cluster.connection import ClusterConnection
from sonolux.index.cluster.remote import RemoteIndex
from sonolux.retrieval import kept_models
from sonolux.retrieval.kept_models import ClusterModels, FolderModels, KeptModel, KeptModels

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]


def learned(seed: int, changes: int = 10, count: int = 10) -> KeptModel:
    rng = np.random.default_rng(seed)
    return KeptModel(changes, count, {"rows": rng.random((5, 8), np.float32), "scale": np.array(rng.random())})


def always(changes: int, count: int) -> bool:
    return True


def same(one: KeptModel | None, other: KeptModel) -> bool:
    assert one is not None
    alike = one.arrays.keys() == other.arrays.keys() and (one.changes, one.count) == (other.changes, other.count)
    return alike and all(np.array_equal(one.arrays[name], array) for name, array in other.arrays.items())


@pytest.fixture
def faulty() -> Iterator[FaultyCluster]:
    cluster = FaultyCluster()
    cluster.dead.add("http://a:6333")
    yield cluster
    cluster.close()


@pytest.fixture
def shared(faulty: FaultyCluster) -> Callable[[], ClusterModels]:
    """Return what opens the models of one library as another process does."""
    urls = ("http://a:6333", "http://b:6333")
    return lambda: ClusterModels(RemoteIndex(ClusterConnection(urls, faulty.at), "trips-background"))


@pytest.fixture(params=["folder", "cluster"])
def opened(
    request: pytest.FixtureRequest, shared: Callable[[], ClusterModels], tmp_path: Path
) -> Callable[[], KeptModels]:
    return shared if request.param == "cluster" else lambda: FolderModels(tmp_path / "background")


def test_what_one_process_learned_another_goes_on_with(opened: Callable[[], KeptModels]) -> None:
    first, second = opened(), opened()
    assert first.load("one", always) is None
    mine = learned(1)
    assert first.save("one", mine, always) is mine
    first.save("other", learned(2), always)
    for models in (first, second, opened()):
        assert same(models.load("one", always), mine)
        assert same(models.load("other", always), learned(2))


def test_a_stale_one_is_not_read_but_replaced(opened: Callable[[], KeptModels]) -> None:
    def recent(changes: int, count: int) -> bool:
        return changes >= 20

    opened().save("one", learned(1), always)
    models = opened()
    assert models.load("one", recent) is None
    models.save("one", learned(2, changes=20), recent)
    assert same(opened().load("one", recent), learned(2, changes=20))


def test_of_two_who_learn_at_once_the_first_counts(shared: Callable[[], ClusterModels]) -> None:
    first, second = shared(), shared()
    assert first.load("one", always) is None and second.load("one", always) is None
    first.save("one", learned(1), always)
    assert same(second.save("one", learned(2), always), learned(1))
    assert same(shared().load("one", always), learned(1))


def point_of(models: ClusterModels, name: str) -> str:
    return str(models.index.read_meta()["models"][name]["point"])


def packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


def deflated(size: int) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("rows.npy", bytes(size))
    return file.getvalue()


@pytest.mark.parametrize("said", [7, None, "no base64!", packed(b""), packed(b"PK"), packed(deflated(30 * 2**20))])
def test_what_is_damaged_is_learned_again(shared: Callable[[], ClusterModels], said: Any) -> None:
    writer, reader = shared(), shared()
    writer.save("one", learned(1), always)
    writer.index.set_payload([point_of(writer, "one")], {"model": said})
    assert reader.load("one", always) is None
    again = learned(2)
    assert reader.save("one", again, always) is again
    assert same(shared().load("one", always), again)


def test_a_digest_that_was_forged_does_not_help_what_is_no_model(shared: Callable[[], ClusterModels]) -> None:
    writer = shared()
    writer.save("one", learned(1), always)
    for content in (b"PK", deflated(30 * 2**20), deflated(100)):
        digest = kept_models._digest(content)
        writer.index.set_payload([point_of(writer, "one")], {"model": packed(content)})
        entry = writer.index.read_meta()["models"]["one"] | {"digest": digest}
        writer.index.update_meta(lambda meta, entry=entry: meta | {"models": {"one": entry}})
        assert shared().load("one", always) is None


@pytest.mark.parametrize("said", [None, [], "x", {"one": 7}, {"one": {"point": 1}}, {"one": {"changes": "many"}}])
def test_a_manifest_that_was_damaged_names_no_model(shared: Callable[[], ClusterModels], said: Any) -> None:
    writer = shared()
    writer.save("one", learned(1), always)
    writer.index.update_meta(lambda meta: meta | {"models": said})
    assert shared().load("one", always) is None
    shared().save("one", learned(2), always)
    assert same(shared().load("one", always), learned(2))


def test_a_model_that_was_refused_is_replaced(shared: Callable[[], ClusterModels]) -> None:
    shared().save("one", learned(1), always)
    reader = shared()
    assert reader.load("one", always) is not None
    reader.refuse("one")
    assert reader.load("one", always) is None
    reader.save("one", learned(2), always)
    assert same(shared().load("one", always), learned(2))


def test_only_the_latest_are_kept_and_what_is_left_goes(
    shared: Callable[[], ClusterModels], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_models, "MOST", 3)
    models = shared()
    for number in range(5):
        models.save(str(number), learned(number), always)
    assert list(models.index.read_meta()["models"]) == ["2", "3", "4"]
    assert models.index.count() == 5  # another process may be about to name its own
    monkeypatch.setattr(kept_models, "UNNAMED_SECONDS", -1.0)
    models.save("5", learned(5), always)
    assert models.index.count() == 3
    assert same(shared().load("5", always), learned(5))


def test_one_that_is_too_large_serves_one_process(
    shared: Callable[[], ClusterModels], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_models, "MOST_BYTES", 100)
    mine = learned(1)
    assert shared().save("one", mine, always) is mine
    assert shared().load("one", always) is None


def test_a_cluster_that_takes_no_writes_is_asked_all_the_same(
    shared: Callable[[], ClusterModels], faulty: FaultyCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contracts.faulty_cluster import refusal

    done = faulty._done

    def refused(name: str, *rest: Any) -> Any:
        if name in ("create_collection", "upsert"):
            raise refusal(403, "Forbidden")
        return done(name, *rest)

    monkeypatch.setattr(faulty, "_done", refused)
    mine = learned(1)
    assert shared().load("one", always) is None
    assert shared().save("one", mine, always) is mine
