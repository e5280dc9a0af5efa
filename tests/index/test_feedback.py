"""Judgements: kept in a folder and on a cluster, whoever is killed, whoever else writes."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from sonolux.errors import LibraryError
from sonolux.index.feedback import ClusterFeedback, Feedback, FolderFeedback, Judgement, now, open_feedback, standing

JUDGE = Path(__file__).with_name("killed_judge.py")


def judgement(query: str = "a dog", item: str = "1", liked: bool = True, asked: str = "text") -> Judgement:
    return Judgement(asked, query, item, liked, now())


@pytest.fixture(params=["folder", "cluster"])
def feedback(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Feedback]:
    if request.param == "folder":
        yield open_feedback(str(tmp_path))
        return
    yield from on_cluster()


def on_cluster() -> Iterator[Feedback]:
    """Make one in the client's in-process mode, or on a real cluster."""
    qdrant = pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")
    from sonolux.index.cluster.remote import RemoteIndex

    url = os.environ.get("SONOLUX_TEST_QDRANT_URL", "")
    client = qdrant.QdrantClient(url=url) if url else qdrant.QdrantClient(":memory:")
    name = f"sonolux-test-{uuid.uuid4()}-feedback"
    yield ClusterFeedback(RemoteIndex(client, name))
    client.delete_collection(name)
    client.close()


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant")
class TestFeedback:
    def test_nothing_is_there_at_first_and_nothing_is_made(self, feedback: Feedback, tmp_path: Path) -> None:
        feedback.forget(["1"])
        assert feedback.all() == []
        assert not list(tmp_path.iterdir())

    def test_what_is_added_comes_back_in_order(self, feedback: Feedback) -> None:
        kept = [judgement(item=str(n), liked=n % 3 == 0, query="Hündin, 狗, 'x'; --") for n in range(20)]
        feedback.add(kept[:5])
        feedback.add(kept[5:])
        assert feedback.all() == kept

    def test_items_are_forgotten_as_hits_and_as_questions(self, feedback: Feedback) -> None:
        hit, question = judgement(item="gone"), judgement(query="gone", asked="item")
        words, other = judgement(query="gone"), judgement(query="2", asked="item")
        feedback.add([hit, question, words, other])
        feedback.forget([])
        assert len(feedback.all()) == 4
        feedback.forget(["gone", "never there"])
        assert feedback.all() == [words, other]

    def test_the_last_of_those_that_say_the_same_is_withdrawn(self, feedback: Feedback, tmp_path: Path) -> None:
        liked, disliked, again = judgement(), judgement(liked=False), judgement()
        others = [judgement(item="2"), judgement(query="a cat"), judgement(asked="item")]
        assert feedback.withdraw([liked]) == 0
        assert not list(tmp_path.iterdir())
        feedback.add([liked, disliked, again, *others])
        assert feedback.withdraw([judgement()]) == 1
        assert feedback.all() == [liked, disliked, *others]
        assert feedback.withdraw([judgement(liked=False), judgement(item="2"), judgement(item="never")]) == 2
        assert feedback.all() == [liked, *others[1:]]


def test_the_last_judgement_holds() -> None:
    first, second, other = judgement(item="1"), judgement(item="1", liked=False), judgement(query="a cat", item="1")
    assert standing([first, other, second]) == [other, second]
    assert standing([judgement(query="x"), judgement(query="x", asked="item")])[0].asked == "text"


def test_where_a_library_keeps_them(tmp_path: Path) -> None:
    folder = open_feedback(str(tmp_path))
    assert isinstance(folder, FolderFeedback)
    assert folder.path.parent == tmp_path
    pytest.importorskip("qdrant_client")
    cluster = open_feedback("http://localhost:1/trips/")
    assert isinstance(cluster, ClusterFeedback)
    assert cluster.index.location == "http://localhost:1/trips-feedback"


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant")
def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    feedback = FolderFeedback(tmp_path)
    feedback.add([judgement()])
    with sqlite3.connect(feedback.path) as database:
        database.execute("PRAGMA user_version = 2")
    database.close()
    with pytest.raises(LibraryError, match=r"newer Sonolux \(format 2\)"):
        feedback.all()
    for cluster in on_cluster():
        cluster.add([judgement()])
        cluster.index.update_meta(lambda meta: {"format": 2})
        with pytest.raises(LibraryError, match=r"newer Sonolux \(format 2\)"):
            cluster.add([judgement()])


def test_what_is_no_store_is_refused_in_one_line(tmp_path: Path) -> None:
    feedback = FolderFeedback(tmp_path)
    feedback.path.write_text("not a database, but long enough to look like one " * 20)
    with pytest.raises(LibraryError, match=r"feedback\.sqlite cannot be read or written: file is not a database$"):
        feedback.add([judgement()])
    with pytest.raises(LibraryError, match="unable to open"):
        FolderFeedback(tmp_path / "nowhere").add([judgement()])


def test_a_call_that_fails_keeps_nothing(tmp_path: Path) -> None:
    feedback = FolderFeedback(tmp_path)
    feedback.add([judgement(item="kept")])
    broken = Judgement("text", "x", None, True, now())  # type: ignore[arg-type]
    with pytest.raises(LibraryError, match="NOT NULL"):
        feedback.add([judgement(item="lost"), broken])
    assert [one.item for one in feedback.all()] == ["kept"]


@pytest.mark.parametrize("kills", [4, pytest.param(30, marks=pytest.mark.long)])
def test_acknowledged_judgements_survive_kill_9(tmp_path: Path, kills: int) -> None:
    chance, kept = random.Random(0), 0
    for kill in range(kills):
        judging = started(tmp_path, f"round {kill}")
        time.sleep(chance.uniform(0.05, 0.3))
        last = ended(judging)
        mine = [one.item for one in FolderFeedback(tmp_path).all() if one.query == f"round {kill}"]
        # A call that was cut short left both of its judgements, or neither.
        assert len(mine) // 2 in (last + 1, last + 2)
        assert mine == [f"{n} {half}" for n in range(len(mine) // 2) for half in (0, 1)]
        kept += len(mine)
    assert len(FolderFeedback(tmp_path).all()) == kept


def test_two_processes_judge_at_once(tmp_path: Path) -> None:
    both = [started(tmp_path, name) for name in ("one", "other")]
    time.sleep(0.3)
    last = [ended(judging) for judging in both]
    kept = FolderFeedback(tmp_path).all()
    for name, calls in zip(("one", "other"), last, strict=True):
        mine = [one.item for one in kept if one.query == name]
        assert mine[: 2 * calls + 2] == [f"{n} {half}" for n in range(calls + 1) for half in (0, 1)]


def started(folder: Path, name: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(JUDGE), str(folder), name]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    assert child.stdout is not None
    assert int(child.stdout.readline()) == 0
    return child


def ended(child: subprocess.Popen[bytes]) -> int:
    """Kill a process that judges; return the last call that was acknowledged."""
    with child:
        child.kill()
        assert child.stdout is not None
        rest = child.stdout.read()
    return int(rest.rpartition(b"\n")[0].rpartition(b"\n")[2] or 0)
