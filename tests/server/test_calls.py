"""The seam: calls over a real library, what is refused, hostile messages, a pool that is bounded, deadlines."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sonolux.annotators.base import Annotator
from sonolux.errors import QueryError
from sonolux.library import Library
from sonolux.library.projection import SpaceProjection
from sonolux.server.calls.answering import Answering
from sonolux.server.calls.answers import CALLS, QUESTIONS, calls_over
from sonolux.server.calls.client import LibraryClient
from sonolux.server.calls.map_areas import within
from sonolux.server.calls.map_data import COLOURED
from sonolux.server.calls.protocol import CALL_BYTES, CallError, LibraryUnavailable, decode_answer, encode_line
from sonolux.server.calls.serving import Call, CallServer
from sonolux.server.copy_groups import CopyGroups
from sonolux.server.state import ServiceState
from sonolux.types import Annotation, Modality, Span

NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sonolux-", dir="/tmp"))  # short enough for a socket
    yield folder / "calls"
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def served(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answering]:
    location = Path(shutil.copytree(filled, tmp_path_factory.mktemp("served") / "library.sonolux"))
    with Library(location) as library:
        state = ServiceState.of(str(location))
        yield Answering(library, state.uploads, CopyGroups(state))


@pytest.fixture
def call(served: Answering) -> Callable[..., Any]:
    calls = calls_over(served)

    def asked(name: str, /, **params: Any) -> Any:
        # There and back as over the wire: what is no JSON is seen.
        result = calls[name](json.loads(json.dumps(params)))
        return decode_answer(encode_line({"result": result}))

    return asked


@contextmanager
def serving(place: Path, calls: dict[str, Call], **options: Any) -> Iterator[CallServer]:
    server = CallServer(place, calls, frozenset(calls), **options)
    server.start()
    try:
        yield server
    finally:
        server.close()


def with_client(place: Path, use: Callable[[LibraryClient], Awaitable[Any]], connections: int = 4) -> Any:
    async def main() -> Any:
        client = LibraryClient(place, connections)
        try:
            async with asyncio.timeout(60):
                return await use(client)
        finally:
            client.close()

    return asyncio.run(main())


# -- calls -----------------------------------------------------------------------------------------------------


def test_a_search_is_kept_and_its_windows_belong_together(call: Callable[..., Any], served: Answering) -> None:
    answer = call("search", parts=[{"kind": "text", "text": "harbour"}], limit=2)
    assert answer["total"] >= len(answer["hits"]) > 0
    assert answer["sure"] <= answer["total"]
    window = call("window", ranking=answer["ranking"], offset=0, limit=2)
    assert window["hits"] == answer["hits"]
    assert call("window", ranking=answer["ranking"], offset=1, limit=1)["hits"] == answer["hits"][1:2]
    assert call("window", ranking=answer["ranking"], offset=answer["total"], limit=5)["hits"] == []
    beyond = call("window", ranking=answer["ranking"], offset=answer["total"] + 300, limit=5)
    assert (beyond["hits"], beyond["complete"]) == ([], True)


def test_a_ranking_that_is_not_kept_is_expired(served: Answering, place: Path) -> None:
    with serving(place, calls_over(served)), pytest.raises(CallError) as refused:
        with_client(place, lambda client: client.call("window", ranking="guessed"))
    assert refused.value.type == "expired"


def test_facets_count_files_of_the_library_and_of_a_ranking(call: Callable[..., Any], served: Answering) -> None:
    counted = call("facets", keys=["modality"])["modality"]
    assert sum(one["count"] for one in counted) == len(list(served.library.items()))
    texts = call("facets", keys=["modality"], where={"modality": "text"})["modality"]
    assert [one["value"] for one in texts] == ["text"]
    answer = call("search", parts=[{"kind": "text", "text": "harbour"}], facets=["modality"])
    assert sum(one["count"] for one in answer["facets"]["modality"]) == answer["total"]


def test_items_examples_and_uploads_ask(call: Callable[..., Any], served: Answering, sample: Path) -> None:
    photo = next(item for item in served.library.items({"modality": "image"}))
    other = next(item for item in served.library.items({"modality": "image"}) if item.id != photo.id)
    like = call("search", parts=[{"kind": "item", "item": photo.id}, {"kind": "item", "item": other.id, "minus": True}])
    assert photo.id not in [hit["id"] for hit in like["hits"]]
    upload = served.uploads / "upload"
    shutil.copy(photo.path, upload)
    found = call("search", parts=[{"kind": "upload", "path": str(upload), "modality": "image"}], limit=1)
    assert found["hits"][0]["id"] == photo.id
    assert call("neighbours", id=photo.id, space="colour-layout", k=3)["hits"][0]["space"] == "colour-layout"


def test_parts_may_be_minus_and_hits_say_why(call: Callable[..., Any]) -> None:
    asked = {"kind": "text", "text": "harbour"}
    plain = call("search", parts=[asked], explain=True, limit=1)
    assert plain["hits"][0]["why"][0]["space"]
    assert "why" not in call("search", parts=[asked], limit=1)["hits"][0]
    away = call("search", parts=[asked, {"kind": "text", "text": "birds", "minus": True, "weight": 2.0}])
    assert away["total"] > 0
    with pytest.raises(QueryError, match="nothing is asked"):
        call("search", parts=[asked | {"minus": True}])


def test_items_of_a_filter_ask_for_what_they_have_in_common(call: Callable[..., Any], served: Answering) -> None:
    lines = ["modality=image"]
    blended = call("search", parts=[{"kind": "filter", "where": lines}], limit=50)
    assert blended["hits"]
    with_words = call("search", parts=[{"kind": "filter", "where": lines}, {"kind": "text", "text": "harbour"}])
    assert with_words["total"] > 0
    away = call(
        "search", parts=[{"kind": "text", "text": "harbour"}, {"kind": "filter", "where": lines, "minus": True}]
    )
    assert away["total"] > 0


def test_items_come_page_by_page(call: Callable[..., Any], served: Answering) -> None:
    ids, after = [], None
    while True:
        page = call("items", after=after, limit=10)
        ids += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert ids == [item.id for item in served.library.items()]
    assert len(set(ids)) == len(ids) > 30
    images = call("items", where={"modality": "image"}, limit=500)
    assert {item["modality"] for item in images["items"]} == {"image"}


def test_an_item_is_told_and_located(call: Callable[..., Any], served: Answering) -> None:
    video = next(item for item in served.library.items({"modality": "video"}))
    told = call("item", id=video.id.upper())
    assert told["path"] == video.path
    assert {part["kind"] for part in told["spans"]} >= {"shot"}
    shot = told["spans"][0]
    where = call("locate", id=shot["id"])
    assert (where["path"], where["file"], where["start"]) == (video.path, video.id, shot["start"])
    assert call("annotations", id=video.id) == {"annotations": told["annotations"]}
    assert call("info")["files"] == len(list(served.library.items()))
    assert {space["space"] for space in call("spaces")["spaces"]} == set(served.library.spaces.names())
    assert call("copies") == {"total": 0, "groups": []}
    assert call("ping")["ready"] is False


def test_judgements_are_kept(call: Callable[..., Any], served: Answering) -> None:
    first, second = [item.id for item in served.library.items()][:2]
    assert call("judge", text="a calm sea", liked=[first], disliked=[second]) == {"kept": 2}
    told = call("judgements")["judgements"]
    assert [(one["item"], one["liked"]) for one in told] == [(first, True), (second, False)]
    assert call("judge", text="a calm sea", disliked=[first]) == {"kept": 1}
    assert call("withdraw", text="a  calm sea", disliked=[first]) == {"withdrawn": 1}
    assert call("judgements")["judgements"] == told
    assert call("withdraw", text="a calm sea", liked=[first], disliked=[second]) == {"withdrawn": 2}
    assert call("withdraw", text="a calm sea", liked=[first]) == {"withdrawn": 0}
    assert call("judgements")["judgements"] == []


class Beeps(Annotator):
    """Hears two events in every window, as a network that finds events does."""

    name = spec = "beeps"
    digest = "1"
    modality = Modality.AUDIO
    sample_rate = 8000

    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        said = [Annotation(self.name, label, 0.9, Span(start, start + 0.5)) for label, start in (("a", 0.25), ("b", 1))]
        return [said for _ in batch]


def test_events_that_any_annotator_has_stored_are_told_with_their_times(
    library: Library, copied: Path, tmp_path: Path
) -> None:
    """Of a job, of `sonolux events --store`, of a program: the page draws a lane of each."""
    song = next(item.id for item in library.items({"modality": "audio"}))
    library.annotate(Beeps(), song)
    answering = Answering(library, tmp_path, CopyGroups(ServiceState.of(str(copied))))
    told = calls_over(answering)["item"]({"id": song})["annotations"]
    events = sorted({(one["label"], one["start"], one["end"], one["annotator"]) for one in told})
    assert events[0] == ("a", 0.25, 0.75, "beeps")
    assert {label for label, *_ in events} == {"a", "b"}


def test_a_map_has_a_column_a_key(call: Callable[..., Any], served: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("map") is None
    files = {item.id: item for item in served.library.items()}
    gone = "0" * 8 + "-0000-0000-0000-" + "0" * 12
    places = np.linspace(-1, 1, 2 * len(files) + 2, dtype=np.float32).reshape(-1, 2)
    made = SpaceProjection("mfcc", [*files, gone], places)
    monkeypatch.setattr("sonolux.server.calls.map_data.find_projection", lambda library, space: made)
    told = call("map")
    assert told["ids"] == list(files)
    assert {len(told[key]) for key in ("x", "y", "modality", "name")} == {len(files)}
    assert told["space"] == "mfcc"
    assert (told["x"][0], told["y"][-1]) == (-1, pytest.approx(float(places[-2, 1]), abs=1e-4))
    item = files[told["ids"][3]]
    assert told["modality"][3] == item.modality
    assert told["name"][3] == (item.metadata.get("title") or Path(item.path).name)
    assert "value" not in told


def test_a_map_is_coloured_by_one_value_a_file(
    call: Callable[..., Any], served: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As facets count them: the year of the clock, the folder that a file lies in, of several genres the commonest."""
    files = {item.id: item for item in served.library.items()}
    made = SpaceProjection("mfcc", list(files), np.zeros((len(files), 2), np.float32))
    monkeypatch.setattr("sonolux.server.calls.map_data.find_projection", lambda library, space: made)
    for key in COLOURED:
        values = call("map", colour=key)["value"]
        counts = {one.value: one.files for one in served.library.facets(key, limit=500)[key]}
        for id_, value in zip(files, values, strict=True):
            item = files[id_]
            if key == "folder":
                assert value == str(Path(item.path).parent)
            elif value is None:
                assert key == "date" or not item.metadata.get(key)
            else:
                assert counts[value] >= 1, (key, value)
                given = item.metadata.get(key)
                several = given if isinstance(given, list) else []
                assert counts[value] == max((counts[one] for one in several if one in counts), default=counts[value])
    assert set(call("map", colour="modality")["value"]) == {"image", "audio", "video", "text"}


def test_an_area_of_the_map_is_a_filter(
    call: Callable[..., Any], served: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [item.id for item in served.library.items()]
    places = np.random.default_rng(3).uniform(-1, 1, (len(files), 2)).astype(np.float32)
    made = SpaceProjection("mfcc", files, places)
    looked: list[int] = []
    monkeypatch.setattr("sonolux.server.calls.map_areas.find_projection", lambda library: looked.append(1) or made)
    left, upper = "-1,-1 0,-1 0,1 -1,1", "-1,-1 1,-1 1,0 -1,0"
    held = {id_ for id_, (x, _) in zip(files, places.tolist(), strict=True) if x < 0}
    assert {one["id"] for one in call("items", where={"map": left}, limit=500)["items"]} == held
    either = held | {id_ for id_, (_, y) in zip(files, places.tolist(), strict=True) if y < 0}
    assert {one["id"] for one in call("items", where={"map": [left, upper]}, limit=500)["items"]} == either
    asked = {"parts": [{"kind": "text", "text": "cat coffee sea"}], "limit": 50}
    everything = [hit["file"] for hit in call("search", **asked)["hits"]]
    narrowed = [hit["file"] for hit in call("search", **asked, where={"map": left})["hits"]]
    assert set(narrowed) == set(everything) & held
    counted = call("facets", keys=["modality"], where={"map": left, "modality": "image"})["modality"]
    assert sum(one["count"] for one in counted) == len(
        {item.id for item in served.library.items({"modality": "image"})} & held
    )
    assert call("items", where={"map": "0,0 0,0 0,0"})["items"] == []  # nothing is within it
    assert len(looked) == 3  # each area is looked up once


def test_a_ray_tells_what_is_within_as_a_winding_number_does() -> None:
    from matplotlib.path import Path as Polygon

    random = np.random.default_rng(0)
    for corners in (3, 4, 9, 40):
        turns = np.sort(random.uniform(0, 2 * np.pi, corners))
        polygon = np.stack([np.cos(turns), np.sin(turns)], 1) * random.uniform(0.2, 1, (corners, 1))
        points = random.uniform(-1, 1, (2000, 2))
        assert np.array_equal(within(points, polygon), Polygon(polygon).contains_points(points))


@pytest.mark.parametrize(
    ("name", "params", "type_", "field"),
    [
        ("search", {"parts": []}, "query", "parts"),
        ("search", {"parts": [{"kind": "text", "text": 7}]}, "query", "parts.0.text"),
        ("search", {"parts": [{"kind": "text", "text": " "}]}, "query", "parts.0"),
        ("search", {"parts": [{"kind": "text", "text": "x", "weight": 0}]}, "query", "parts.0.weight"),
        ("search", {"parts": [{"kind": "filter"}]}, "query", "parts.0"),
        ("search", {"parts": [{"kind": "filter", "where": [" "]}]}, "query", "parts.0"),
        ("search", {"parts": [{"kind": "filter", "where": "artist=x"}]}, "query", "parts.0.where"),
        ("search", {"parts": [{"kind": "filter", "where": ["x=y"] * 33}]}, "query", "parts.0.where"),
        ("search", {"parts": [{"kind": "filter", "where": ["colour=1"]}]}, "query", None),
        ("search", {"parts": [{"kind": "filter", "where": ["artist=nobody at all"]}]}, "query", None),
        ("search", {"parts": [{"kind": "text", "text": "x"}], "limit": 10**9}, "query", "limit"),
        ("search", {"parts": [{"kind": "text", "text": "x"}], "limit": True}, "query", "limit"),
        ("search", {"parts": [{"kind": "text", "text": "x"}], "where": {"colour": 1}}, "query", None),
        ("search", {"parts": [{"kind": "text", "text": "x"}], "spaces": ["nowhere"]}, "query", None),
        ("search", {"parts": [{"kind": "text", "text": "\ud800"}]}, "query", None),
        ("search", {"parts": [{"kind": "item", "item": NOBODY}]}, "not-found", "id"),
        ("search", {"parts": [{"kind": "item", "item": "/etc/passwd"}]}, "query", "parts.0.item"),
        (
            "search",
            {"parts": [{"kind": "upload", "path": "/etc/passwd", "modality": "image"}]},
            "query",
            "parts.0.path",
        ),
        ("search", {"parts": [{"kind": "upload", "path": "{uploads}/../x", "modality": "image"}]}, "query", None),
        ("search", {"parts": [{"kind": "upload", "path": "{uploads}/none", "modality": "image"}]}, "media", None),
        ("search", {"parts": [{"kind": "text", "text": "x"}], "k": 3}, "query", "k"),
        ("search", {"parts": [{"kind": "text", "text": "x"}], "answering": 3}, "query", "answering"),
        ("facets", {"keys": ["colour"]}, "query", None),
        ("facets", {"keys": []}, "query", "keys"),
        ("window", {"ranking": "x", "offset": -1}, "query", "offset"),
        ("item", {"id": NOBODY}, "not-found", "id"),
        ("item", {"id": "../../etc"}, "query", "id"),
        ("item", {}, "query", "id"),
        ("items", {"after": "x"}, "query", "after"),
        ("identify", {"path": "/etc/passwd"}, "query", "path"),
        ("identify", {}, "query", "item"),
        ("judge", {"liked": [NOBODY]}, "query", None),
        ("judge", {"text": "x", "liked": [NOBODY]}, "query", None),
        ("withdraw", {"text": "x"}, "query", None),
        ("map", {"space": "nowhere"}, "query", None),
        ("map", {"colour": "hash"}, "query", "colour"),
        ("items", {"where": {"map": "0,0 1,0 1,1"}}, "query", "where.map"),
        ("items", {"where": {"map": "0,0 1,0"}}, "query", "where.map"),
        ("items", {"where": {"map": "nan,0 1,0 1,1"}}, "query", "where.map"),
        ("items", {"where": {"map": " ".join(["0,0"] * 65)}}, "query", "where.map"),
        ("items", {"where": {"map": ["0,0 1,0 1,1"] * 9}}, "query", "where.map"),
        ("items", {"where": {"map": 7}}, "query", "where.map"),
        ("items", {"where": {"map": []}}, "query", "where.map"),
        ("map", {"space": "bm25"}, "query", None),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_field(
    served: Answering, place: Path, name: str, params: dict[str, Any], type_: str, field: str | None
) -> None:
    text = json.dumps(params).replace("{uploads}", str(served.uploads))
    with serving(place, calls_over(served)), pytest.raises(CallError) as refused:
        with_client(place, lambda client: client.call(name, **json.loads(text)))
    assert refused.value.type == type_
    assert refused.value.message
    assert "\n" not in refused.value.message
    assert field is None or refused.value.field == field


def test_questions_are_calls() -> None:
    assert CALLS.keys() >= QUESTIONS


# -- the server ------------------------------------------------------------------------------------------------


def echo(params: dict[str, Any]) -> Any:
    return params


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"\xff\xfe\x00\x01" * 100,
        b"",
        b"[" * 500_000,
        b'{"call": ' * 50_000,
        b"null",
        b"[]",
        b'{"call": 7}',
        b'{"call": "echo", "params": []}',
        b'{"call": "echo", "params": {}, "more": 1}',
        b'{"call": "echo", "params": {"x": NaN}}',
        b'{"call": "echo", "params": {"x": ' + b"9" * 10_000 + b"}}",
        b'{"call": "__init__", "params": {}}',
    ],
    ids=lambda line: repr(line[:30]),
)
def test_a_hostile_line_costs_an_error_and_nothing_else(place: Path, line: bytes) -> None:
    with serving(place, {"echo": echo}), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(place))
        with connection.makefile("rb") as answers:
            connection.sendall(line + b"\n")
            assert json.loads(answers.readline())["error"]["type"] in ("query", "not-found")
            connection.sendall(b'{"call": "echo", "params": {"x": 1}}\n')
            assert json.loads(answers.readline()) == {"result": {"x": 1}}


def test_a_line_of_100_mb_costs_an_error_and_no_memory(place: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom sonolux.server.calls.serving import CallServer\n"
        "server = CallServer(Path(sys.argv[1]), {'echo': lambda params: params})\nserver.start()\nprint(flush=True)\n"
        "sys.stdin.read()\nprint(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])\n"
    )
    command = [sys.executable, "-c", script, str(place)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(str(place))
            with connection.makefile("rb") as answers:
                for _ in range(100):
                    connection.sendall(b"x" * 2**20)
                connection.sendall(b"\n")
                assert json.loads(answers.readline())["error"]["type"] == "query"
                connection.sendall(b'{"call": "echo", "params": {"x": 1}}\n')
                assert json.loads(answers.readline()) == {"result": {"x": 1}}
        process.stdin.close()
        assert int(process.stdout.readline()) < 80_000  # kilobytes


def test_a_bug_is_logged_and_not_told(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail(params: dict[str, Any]) -> Any:
        raise ZeroDivisionError("secret")

    def tell_nonsense(params: dict[str, Any]) -> Any:
        return float("nan")

    with serving(place, {"fail": fail, "nonsense": tell_nonsense, "echo": echo}):
        for name in ("fail", "nonsense"):
            with pytest.raises(CallError) as refused:
                with_client(place, lambda client, name=name: client.call(name))
            assert refused.value.type == "internal"
            assert "secret" not in refused.value.message
        assert with_client(place, lambda client: client.call("echo", x=1)) == {"x": 1}
    assert "secret" in caplog.text


def test_names_that_are_no_unicode_cross(place: Path) -> None:
    with serving(place, {"echo": echo}):
        assert with_client(place, lambda client: client.call("echo", path="a\udcff")) == {"path": "a\udcff"}


def test_too_many_questions_wait_and_are_then_refused(place: Path) -> None:
    leave = threading.Event()
    under_way, most = [], []

    def wait(params: dict[str, Any]) -> Any:
        under_way.append(1)
        most.append(len(under_way))
        leave.wait(30)
        under_way.pop()

    async def ask(client: LibraryClient) -> list[Any]:
        calls = [asyncio.create_task(client.call("wait")) for _ in range(5)]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(0.5)
        leave.set()
        return await asyncio.gather(*calls, return_exceptions=True)

    with serving(place, {"wait": wait}, at_once=2, wait=0.3):
        outcomes = with_client(place, ask, connections=8)
    refused = [one for one in outcomes if isinstance(one, CallError)]
    assert [one.type for one in refused] == ["busy"] * 3
    assert outcomes.count(None) == 2
    assert max(most) == 2


# -- the client ------------------------------------------------------------------------------------------------


def test_nobody_there_is_said_at_once(place: Path) -> None:
    with pytest.raises(LibraryUnavailable):
        with_client(place, lambda client: client.call("ping"))


def test_a_call_has_a_deadline_and_the_next_gets_its_own_answer(place: Path) -> None:
    def slow(params: dict[str, Any]) -> Any:
        time.sleep(params["seconds"])
        return params["seconds"]

    async def ask(client: LibraryClient) -> None:
        started = time.monotonic()
        with pytest.raises(CallError, match=r"within 0\.2 seconds") as late:
            await client.call("slow", seconds=1.0, deadline=0.2)
        assert late.value.type == "busy"
        assert time.monotonic() - started < 0.9
        assert await client.call("slow", seconds=0.0) == 0
        given_up = asyncio.create_task(client.call("slow", seconds=0.5))
        await asyncio.sleep(0.1)
        given_up.cancel()
        assert await client.call("slow", seconds=0.01) == 0.01

    with serving(place, {"slow": slow}):
        with_client(place, ask, connections=1)


def test_calls_under_way_are_bounded_by_the_pool(place: Path) -> None:
    under_way, most = [], []

    def slow(params: dict[str, Any]) -> Any:
        under_way.append(1)
        most.append(len(under_way))
        time.sleep(0.05)
        under_way.pop()
        return params["n"]

    async def ask(client: LibraryClient) -> list[Any]:
        return await asyncio.gather(*(client.call("slow", n=n) for n in range(12)))

    with serving(place, {"slow": slow}, at_once=12):
        assert with_client(place, ask, connections=3) == list(range(12))
    assert 1 < max(most) <= 3


def test_one_that_dies_fails_calls_under_way_and_another_takes_its_place(place: Path) -> None:
    release = threading.Event()

    def wait(params: dict[str, Any]) -> Any:
        release.wait(30)

    async def ask(client: LibraryClient) -> None:
        first = CallServer(place, {"wait": wait, "echo": echo})
        first.start()
        assert await client.call("echo", x=1) == {"x": 1}
        pending = [asyncio.create_task(client.call("wait")) for _ in range(2)]
        await asyncio.sleep(0.2)
        closing = threading.Thread(target=first.close)
        closing.start()
        outcomes = await asyncio.wait_for(asyncio.gather(*pending, return_exceptions=True), 5)
        assert all(isinstance(one, LibraryUnavailable) for one in outcomes)
        release.set()
        await asyncio.to_thread(closing.join)
        with serving(place, {"echo": echo}):
            assert await client.call("echo", x=2) == {"x": 2}

    with_client(place, ask)


def test_too_long_a_question_is_not_sent(place: Path) -> None:
    with serving(place, {"echo": echo}), pytest.raises(CallError, match="too long"):
        with_client(place, lambda client: client.call("echo", x="x" * CALL_BYTES))


def test_the_front_s_side_holds_no_engine_and_no_network() -> None:
    modules = "calls.client, calls.protocol, state, supervisor, status, copy_groups, jobs.table, jobs.params"
    imports = ", ".join(f"sonolux.server.{name.strip()}" for name in modules.split(","))
    code = f"import sys, {imports}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"torch", "qdrant_edge", "numpy", "scipy", "transformers", "av", "PIL"}
    assert not heavy & {name.split(".")[0] for name in loaded}
    assert "sonolux.library" not in loaded
