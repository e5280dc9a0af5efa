"""Interactions: one contract in a folder and on a cluster, beside brute force; whoever is killed, whatever comes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.interactions_oracle import ListedInteractions
from sonolux.errors import LibraryError, QueryError
from sonolux.index.interactions import (
    KINDS,
    ClusterInteractions,
    FolderInteractions,
    Interaction,
    Interactions,
    open_interactions,
)

PLAYER = Path(__file__).with_name("killed_player.py")

ROWS = st.builds(
    Interaction,
    st.sampled_from(["ann", "bob", "Zoë, 'x'; --"]),
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from([0.5, 1.0, 3.0, 250.0]),
    st.sampled_from([0.0, 100.0, 200.5]),
    st.sampled_from(KINDS),
)


@pytest.fixture(params=["folder", "cluster"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Interactions]:
    if request.param == "folder":
        yield open_interactions(str(tmp_path))
        return
    yield from on_cluster()


def on_cluster() -> Iterator[Interactions]:
    """Make one in the client's in-process mode, or on a real cluster."""
    qdrant = pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")
    from sonolux.index.cluster.remote import RemoteIndex

    url = os.environ.get("SONOLUX_TEST_QDRANT_URL", "")
    client = qdrant.QdrantClient(url=url) if url else qdrant.QdrantClient(":memory:")
    name = f"sonolux-test-{uuid.uuid4()}-interactions"
    yield ClusterInteractions(RemoteIndex(client, name))
    client.delete_collection(name)
    client.close()


def rows_of(kept: Interactions) -> list[Interaction]:
    """Return the rows of the table."""
    table = kept.table()
    columns = (table.user, table.item, table.weight, table.time, table.kind)
    return [
        Interaction(table.users[user], table.items[item], weight, time_, KINDS[kind])
        for user, item, weight, time_, kind in zip(*(column.tolist() for column in columns), strict=True)
    ]


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant")
class TestInteractions:
    def test_nothing_is_there_at_first_and_nothing_is_made(self, kept: Interactions, tmp_path: Path) -> None:
        kept.forget(["1"])
        assert (kept.remove_user("ann"), kept.count(), kept.users(), kept.items()) == (0, 0, [], [])
        assert kept.of_user("ann") == kept.of_item("1") == rows_of(kept) == []
        assert kept.note("factors") == {}
        assert not list(tmp_path.iterdir())

    def test_counts_add_up_events_are_one_and_the_latest_rating_holds(self, kept: Interactions) -> None:
        kept.add([Interaction("ann", "1", 2.0), Interaction("ann", "2", 1.0, 100.0)])
        kept.add([Interaction("ann", "1", 3.0), Interaction("ann", "2", 1.0, 100.0), Interaction("ann", "2", 1.0, 101)])
        kept.add([Interaction("bob", "1", 4.5, 200.0, "rating"), Interaction("bob", "1", 2.0, 150.0, "rating")])
        assert kept.of_user("ann") == [
            Interaction("ann", "2", 1.0, 101.0), Interaction("ann", "2", 1.0, 100.0), Interaction("ann", "1", 5.0),
        ]  # fmt: skip
        assert kept.of_item("1") == [Interaction("bob", "1", 4.5, 200.0, "rating"), Interaction("ann", "1", 5.0)]
        kept.add([Interaction("bob", "1", 0.5, 200.0, "rating")])
        assert kept.of_user("bob") == [Interaction("bob", "1", 0.5, 200.0, "rating")]

    def test_most_played_is_by_users(self, kept: Interactions) -> None:
        assert kept.most_played(5) == []
        kept.add(
            [Interaction("a", "1", 90.0), Interaction("a", "1", 1.0, 5.0), Interaction("a", "2"), Interaction("b", "2")]
        )
        kept.add([Interaction("a", "3", kind="skip"), Interaction("b", "0", 5.0, kind="rating")])
        assert kept.most_played(5) == [("2", 2), ("0", 1), ("1", 1)]
        assert kept.most_played(1) == [("2", 2)]

    def test_a_user_is_removed_name_and_all(self, kept: Interactions, tmp_path: Path) -> None:
        kept.add([Interaction("somebody-secret", "1"), Interaction("somebody-secret", "2", 7.0), Interaction("b", "2")])
        assert kept.remove_user("somebody-secret") == 2
        assert kept.remove_user("somebody-secret") == 0
        assert (kept.users(), kept.items(), kept.count()) == (["b"], ["2"], 1)
        for file in tmp_path.iterdir():
            assert b"somebody-secret" not in file.read_bytes()

    def test_one_is_taken_back_as_it_was_made(self, kept: Interactions) -> None:
        assert kept.withdraw([Interaction("a", "1")]) == 0
        before = [Interaction("a", "1", 40.0), Interaction("a", "1", 1.0, 100.5), Interaction("b", "1", 1.0, 100.0)]
        kept.add([*before, Interaction("a", "1", 3.0, 200.0), Interaction("a", "2", 1.0, 200.0, "skip")])
        mistaken = Interaction("a", "1", 3.0, 200.0)
        assert kept.withdraw([mistaken, mistaken._replace(time=7.0), mistaken._replace(user="nobody")]) == 1
        assert kept.withdraw([mistaken]) == 0
        assert kept.withdraw([Interaction("a", "2", 9.0, 200.9, "skip")]) == 1
        assert rows_of(kept) == before
        kept.withdraw([before[2]])
        assert (kept.users(), kept.items()) == (["a"], ["1"])

    def test_users_are_counted_page_by_page(self, kept: Interactions) -> None:
        assert kept.user_counts() == []
        kept.add([Interaction(user, item) for user, items in (("b", "12"), ("a", "1"), ("c", "123")) for item in items])
        assert kept.user_counts() == [("a", 1), ("b", 2), ("c", 3)]
        assert kept.user_counts("a", 1) == [("b", 2)]
        assert kept.user_counts("c") == []

    def test_items_are_forgotten(self, kept: Interactions) -> None:
        kept.add([Interaction("a", "1"), Interaction("b", "1"), Interaction("b", "2")])
        kept.forget([])
        kept.forget(["1", "never there"])
        assert rows_of(kept) == [Interaction("b", "2")]
        assert kept.users() == ["b"]

    def test_notes_are_kept_beside(self, kept: Interactions) -> None:
        kept.keep_note("factors", {"dim": 32})
        kept.keep_note("factors", {"dim": 64, "gram": [[0.5]]})
        kept.keep_note("other", {})
        assert kept.note("factors") == {"dim": 64, "gram": [[0.5]]}
        assert kept.count() == 0

    @pytest.mark.parametrize(
        "row",
        [
            Interaction("a", "1", 0.0), Interaction("a", "1", -1.0), Interaction("a", "1", float("nan")),
            Interaction("a", "1", float("inf")), Interaction("a", "1", 1.0, -5.0),
            Interaction("a", "1", 1.0, float("nan")), Interaction("", "1"), Interaction("a", ""),
            Interaction("caf\udce9", "1"), Interaction("x" * 1001, "1"), Interaction("a\n", "1"),
            Interaction("a", "1", 1.0, 0.0, "watched"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused_and_nothing_kept(self, kept: Interactions, row: Interaction) -> None:
        with pytest.raises(QueryError) as refused:
            kept.add([Interaction("good", "1"), row])
        assert "\n" not in str(refused.value)
        assert kept.count() == 0


@settings(max_examples=25)
@given(
    st.lists(
        st.one_of(
            st.lists(ROWS, max_size=12),
            st.sampled_from(["ann", "bob"]),
            st.sets(st.sampled_from("123")),
            st.tuples(ROWS, ROWS),
        ),
        max_size=6,
    )
)
def test_as_brute_force(tmp_path_factory: pytest.TempPathFactory, steps: list[object]) -> None:
    kept, oracle = FolderInteractions(tmp_path_factory.mktemp("kept")), ListedInteractions()
    follow(kept, oracle, steps)


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant")
@settings(max_examples=15)
@given(st.lists(st.one_of(st.lists(ROWS, max_size=8), st.just("ann"), st.just({"1"}), st.tuples(ROWS)), max_size=4))
def test_as_brute_force_on_a_cluster(steps: list[object]) -> None:
    for kept in on_cluster():
        follow(kept, ListedInteractions(), steps)


def follow(kept: Interactions, oracle: ListedInteractions, steps: list[object]) -> None:
    for step in steps:
        if isinstance(step, list):
            assert kept.add(iter(step)) == len(step)
            oracle.add(step)
        elif isinstance(step, str):
            kept.remove_user(step)
            oracle.remove_user(step)
        elif isinstance(step, set):
            kept.forget(step)
            oracle.forget(step)
        elif isinstance(step, tuple):
            kept.withdraw(step)
            oracle.withdraw(step)
        merged = oracle.merged()
        assert rows_of(kept) == merged
        assert kept.count() == len(merged)
        assert (kept.users(), kept.items()) == (
            sorted({row.user for row in merged}),
            sorted({row.item for row in merged}),
        )
        assert sorted(kept.of_user("bob")) == sorted(row for row in merged if row.user == "bob")
        assert sorted(kept.of_item("2")) == sorted(row for row in merged if row.item == "2")


def test_names_that_are_no_text_are_refused_in_one_line(tmp_path: Path) -> None:
    kept = FolderInteractions(tmp_path)
    kept.add([Interaction("ann", "1")])
    for ask in (kept.of_user, kept.remove_user, kept.of_item):
        with pytest.raises(QueryError, match=r"^'caf\\udce9' is no id: it is no valid Unicode$"):
            ask("caf\udce9")
    assert kept.count() == 1


def test_where_a_library_keeps_them(tmp_path: Path) -> None:
    folder = open_interactions(str(tmp_path))
    assert isinstance(folder, FolderInteractions)
    assert folder.path.parent == tmp_path
    pytest.importorskip("qdrant_client")
    cluster = open_interactions("http://localhost:1/trips/")
    assert isinstance(cluster, ClusterInteractions)
    assert cluster.index.location == "http://localhost:1/trips-interactions"


def test_the_table_is_arrays(tmp_path: Path) -> None:
    kept = FolderInteractions(tmp_path)
    kept.add(Interaction(f"u{n % 7}", f"i{n % 11}", float(n + 1)) for n in range(25_000))
    table = kept.table()
    assert len(table) == 77
    assert (table.user.dtype, table.weight.dtype, table.time.dtype) == (np.int32, np.float32, np.float64)
    assert table.weight.sum() == pytest.approx(25_000 * 25_001 / 2)


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant")
def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    kept = FolderInteractions(tmp_path)
    kept.add([Interaction("a", "1")])
    with sqlite3.connect(kept.path) as database:
        database.execute("PRAGMA user_version = 2")
    database.close()
    with pytest.raises(LibraryError, match=r"newer Sonolux \(format 2\)"):
        kept.table()
    for cluster in on_cluster():
        cluster.add([Interaction("a", "1")])
        cluster.index.update_meta(lambda meta: {"format": 2})
        with pytest.raises(LibraryError, match=r"newer Sonolux \(format 2\)"):
            cluster.add([Interaction("a", "1")])


def test_a_file_without_tables_is_filled(tmp_path: Path) -> None:
    (tmp_path / "interactions.sqlite").touch()
    kept = FolderInteractions(tmp_path)
    assert (kept.count(), kept.users(), len(kept.table())) == (0, [], 0)
    kept.add([Interaction("a", "1")])
    assert kept.count() == 1


def test_what_is_no_store_is_refused_in_one_line(tmp_path: Path) -> None:
    kept = FolderInteractions(tmp_path)
    kept.path.write_text("not a database, but long enough to look like one " * 20)
    with pytest.raises(LibraryError, match=r"interactions\.sqlite cannot be read or written: file is not a database$"):
        kept.add([Interaction("a", "1")])


def test_rows_that_fail_on_the_way_keep_nothing(tmp_path: Path) -> None:
    kept = FolderInteractions(tmp_path)

    def rows() -> Iterator[Interaction]:
        yield from (Interaction(f"u{n}", "1") for n in range(25_000))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.add(rows())
    assert kept.count() == 0


def test_acknowledged_interactions_survive_kill_9(tmp_path: Path) -> None:
    for round_ in range(3):
        command = [sys.executable, str(PLAYER), str(tmp_path), f"round {round_}"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"0\n"
            time.sleep(0.1 * round_)
            child.kill()
            last = int(child.stdout.read().rpartition(b"\n")[0].rpartition(b"\n")[2] or 0)
        mine = FolderInteractions(tmp_path).of_user(f"round {round_}")
        # A call that was cut short left both of its rows, or neither.
        assert len(mine) // 2 in (last + 1, last + 2) and len(mine) % 2 == 0
