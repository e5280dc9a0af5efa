"""A library that is copied to another home says the same there, whatever broke off on the way."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from making import photographs
from sonolux.errors import LibraryError
from sonolux.index.cluster import node
from sonolux.library import Library

CLUSTER = "http://localhost:6333"

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the URL of a cluster, which is the client's in-process mode."""
    client = pytest.importorskip("qdrant_client").QdrantClient(":memory:")
    monkeypatch.setattr(client, "close", lambda: None)
    monkeypatch.setattr(node, "QdrantClient", lambda *_, **__: client)
    yield f"{CLUSTER}/copied"
    monkeypatch.undo()
    client.close()


@pytest.fixture(scope="module")
def original(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a library with one of everything that a library keeps."""
    location = Path(shutil.copytree(built, tmp_path_factory.mktemp("original") / "things.sonolux"))
    with Library(location) as library:
        first, second, third, *_ = (item.id for item in library.items())
        library.judge(first, liked=[second], disliked=[third])
        library.judge(text="a flute", liked=[third])
        library.interact("ann", first, second, at=1000)
        library.interact("ann", first, weight=1 / 3, at=0)
        library.interact("bob", third, kind="rating", weight=4.5)
        library.interactions.keep_note("factors-learned", {"id": "1"})
    return location


def everything(library: Library) -> dict[str, Any]:
    """Return all that a library says of itself."""
    index, interactions = library.index, library.interactions
    names = tuple(index.spaces())
    return {
        "meta": index.read_meta(),
        "spaces": index.spaces(),
        "points": {point.id: point.payload for point in index.scroll()},
        "vectors": {
            (point.id, name): dense(vector)
            for point in index.scroll(spaces=names, keys=())
            for name, vector in point.vectors.items()
        },
        # A cluster orders them by time alone, and those of one call are of one moment.
        "judgements": Counter(library.feedback.all()),
        "interactions": [row for user in interactions.users() for row in interactions.of_user(user)],
        "note": interactions.note("factors-learned"),
    }


def dense(vector: Any) -> Any:
    """Return a descriptor as an array; of term weights the terms, and their weights."""
    return np.stack([vector.indices, vector.data]) if isinstance(vector, csr_array) else vector


def assert_same(one: Library, other: Library) -> None:
    said, again = everything(one), everything(other)
    vectors, copied = said.pop("vectors"), again.pop("vectors")
    assert said == again and len(said["points"]) > 16
    assert vectors.keys() == copied.keys()
    for key, row in vectors.items():
        np.testing.assert_allclose(copied[key], row, rtol=1e-6, atol=1e-7)


def test_a_copy_in_a_folder_is_the_same_library(original: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.sonolux"
    with Library(original) as library, Library(target) as copy:
        steps: list[tuple[str, int, int]] = []
        done = library.copy_to(target, lambda *step: steps.append(step))
        assert_same(library, copy)
        assert done.points == done.written == library.index.count()
        assert (done.rounded, done.judgements, done.interactions) == (0, 3, 4)
        assert done.recordings == len(library.fingerprints) == len(copy.fingerprints) > 0
        assert steps[-1] == ("comparing", done.points, done.points) and ("copying", done.points, done.points) in steps
        for ask in ({"image": photographs()[0]}, {"text": "a flute"}, {"like": next(library.items()).id}):
            assert set(copy.search(**ask, k=50)) == set(library.search(**ask, k=50))
        sound = next(library.items({"modality": "audio"}))
        assert [match.id for match in copy.identify(sound.path)] == [match.id for match in library.identify(sound.path)]
        assert copy.add(Path(sound.path).parent).added == 0


def test_to_a_cluster_and_back(original: Path, cluster: str, tmp_path: Path) -> None:
    with Library(original) as library, Library(cluster) as away, Library(tmp_path / "home") as home:
        done = library.copy_to(cluster)
        assert_same(library, away)
        assert done.recordings == len(library.fingerprints) == len(away.fingerprints) > 0
        away.copy_to(tmp_path / "home")
        assert_same(library, home)
        assert [hit.id for hit in away.search("flute")] == [hit.id for hit in library.search("flute")]


def test_numbers_that_an_engine_reads_as_their_neighbours_are_the_same(original: Path, tmp_path: Path) -> None:
    source, target = Path(shutil.copytree(original, tmp_path / "source")), tmp_path / "copy"
    with Library(source) as library, Library(target) as copy:
        first = next(library.items()).id
        chances = [0.9943490624427797 + step / 2**53 for step in range(9)]
        said = [{"annotator": "colours", "label": "red", "probability": chance} for chance in chances]
        library.index.set_payload([first], {"annotations": said})
        library.copy_to(target)
        assert [one.probability for one in copy.annotations(first)] == pytest.approx(chances)


def test_what_is_there_is_not_written_over(original: Path, built: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(built, tmp_path / "other"))
    with Library(original) as library:
        with pytest.raises(LibraryError, match=r"another library at .*other: name a new place"):
            library.copy_to(other)
        for itself in (original, original / ".." / original.name, f"{original}/"):
            with pytest.raises(LibraryError, match="is the library itself"):
                library.copy_to(itself)
        with pytest.raises(LibraryError, match="lies within the library itself"):
            library.copy_to(original / "inside")
        assert not (original / "inside").exists()
        (tmp_path / "file").write_text("no library")
        with pytest.raises(LibraryError):
            library.copy_to(tmp_path / "file")
    with pytest.raises(LibraryError, match="no library at"):
        Library(tmp_path / "nothing").copy_to(tmp_path / "anywhere")
    assert not (tmp_path / "anywhere").exists()


KILLED = """
import os, signal, sys
from sonolux.library import Library
from sonolux.library import library_copy
library_copy.BATCH = 5
def watch(doing, done, total):
    if doing == sys.argv[3] and done >= 10:
        os.kill(os.getpid(), signal.SIGKILL)
Library(sys.argv[1]).copy_to(sys.argv[2], watch)
"""


@pytest.mark.parametrize("doing", ["copying", "comparing"])
def test_a_copy_that_broke_off_is_no_library_until_it_is_completed(original: Path, tmp_path: Path, doing: str) -> None:
    source, target = Path(shutil.copytree(original, tmp_path / "source")), tmp_path / "copy"
    killed = subprocess.run([sys.executable, "-c", KILLED, source, target, doing], check=False)
    assert killed.returncode == -9
    unfinished = pytest.raises(LibraryError, match=r"an unfinished copy: `sonolux copy .*source .*copy` completes it")
    with Library(target) as copy, unfinished:
        copy.search("flute")
    with Library(original) as another, pytest.raises(LibraryError, match="another library"):
        another.copy_to(target)
    with Library(source) as library, Library(target) as copy:
        # The original goes on living between the two runs.
        library.remove(next(library.items({"modality": "image"})).id)
        library.interact("eve", next(library.items()).id, at=0)
        library.withdraw(text="a flute", liked=[library.judgements()[-1].item])
        done = library.copy_to(target)
        assert done.written < done.points
        assert_same(library, copy)


def test_a_library_that_changes_while_it_is_copied_is_copied_once_more(original: Path, tmp_path: Path) -> None:
    source, target = Path(shutil.copytree(original, tmp_path / "source")), tmp_path / "copy"
    with Library(source) as library:
        last = max(item.id for item in library.items())

        def change(doing: str, done: int, total: int) -> None:
            if doing == "copying" and done == total:
                library.index.set_payload([last], {"title": "changed by another process"})

        with pytest.raises(LibraryError, match=rf"item {last} of the copy differs: .* copy it once more"):
            library.copy_to(target, change)
        assert library.copy_to(target).written == 1
        with Library(target) as copy:
            assert_same(library, copy)
