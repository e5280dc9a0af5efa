"""The API and the library are asked the same of tastes, and say the same; what cannot be asked is a problem."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving import BASE, Service, problem
from sonolux.errors import QueryError
from sonolux.index.interactions import FILE
from sonolux.presentation.data import hit_as_data, item_as_data
from sonolux.server.observing import JsonLines
from sonolux.training.recommendation.recipe import FactorisationRecipe

API = "/api/v1"
NOBODY = "00000000-0000-4000-8000-00000000dead"
FACTS = {"width", "height", "duration", "date", "copies"}
SOUNDS = ("sea.mp3", "bells.mp3", "birdsong.ogg")


@pytest.fixture(autouse=True)
def nobody_has_played(service: Service) -> Iterator[None]:
    yield
    (service.location / FILE).unlink(missing_ok=True)


@pytest.fixture
def sounds(service: Service) -> list[str]:
    return [service.id_of(name) for name in SOUNDS]


def own_of(hits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    assert all(hit.keys() >= FACTS for hit in hits)
    return [{key: hit[key] for key in hit if key not in FACTS} for hit in hits]


# -- recommendations -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"where": {"modality": "audio"}, "diverse": 0.0},
        {"where": ["modality=audio"], "spaces": ["mfcc"], "diverse": 0.8},
    ],
)
def test_recommendations_are_the_librarys(
    service: Service, client: TestClient, sounds: list[str], asked: dict[str, Any]
) -> None:
    body = {"like": sounds, "unlike": [service.id_of("drum_loop.wav")], "limit": 6, **asked}
    told = client.post(f"{API}/recommendations", json=body).json()
    given = {**asked, "where": {"modality": "audio"}} if asked else asked
    found = service.library.recommend(like=sounds, unlike=body["unlike"], k=6, **given)
    assert own_of(told["hits"]) == [hit_as_data(hit) for hit in found] and found
    assert (told["spaces"], told["remark"]) == (list(found.spaces), found.remark)
    named = {one["id"]: one["path"] for one in told["examples"]}
    wanted = {reason.example for hit in found for reason in hit.why if reason.example}
    assert named == {example: service.library.item(example).path for example in wanted}


def test_a_user_is_known_by_what_was_kept(service: Service, client: TestClient, sounds: list[str]) -> None:
    for item in sounds:
        assert client.post(f"{API}/interactions", json={"user": "ann", "items": [item]}).json()["kept"] == 1
    body = {"user": "ann", "new_only": True, "limit": 5}
    told = client.post(f"{API}/recommendations", json=body).json()
    found = service.library.recommend("ann", new_only=True, k=5)
    assert own_of(told["hits"]) == [hit_as_data(hit) for hit in found] and not told["remark"]
    assert not {hit["file"] for hit in told["hits"]} & {*sounds}
    assert client.get(f"{API}/interactions/taste?user=ann").json() == {"liked": 3, "disliked": 0, "items": 3}


def test_what_is_too_little_is_said(service: Service, client: TestClient, sounds: list[str]) -> None:
    told = client.post(f"{API}/recommendations", json={"like": sounds[:1], "limit": 3}).json()
    assert told["remark"] == service.library.recommend(like=sounds[:1], k=3).remark != ""
    nothing = problem(client.post(f"{API}/recommendations", json={"user": "zoe"}), "question", 422)
    with pytest.raises(QueryError) as refused:
        service.library.recommend("zoe")
    assert nothing["detail"] == str(refused.value)
    client.post(f"{API}/interactions", json={"user": "bob", "items": sounds[:1]})
    told = client.post(f"{API}/recommendations", json={"user": "zoe"}).json()
    assert told["remark"].startswith("nothing is known of zoe yet")
    assert client.get(f"{API}/interactions/taste?user=zoe").json() == {"liked": 0, "disliked": 0, "items": 0}


def test_a_station_needs_no_memory_here(service: Service, client: TestClient, sounds: list[str]) -> None:
    where = {"modality": "audio"}
    station = service.library.station(like=sounds[:1], where=where, seed=3)
    asked: dict[str, Any] = {"like": sounds[:1], "unlike": [], "played": [], "where": where, "seed": 3}
    for number in range(12):
        told, hit = client.post(f"{API}/recommendations/next", json=asked).json(), station.play()
        if hit is None:
            assert told == {"hit": None, "examples": []} and number > 5
            break
        assert own_of([told["hit"]]) == [hit_as_data(hit)]
        assert {one["id"] for one in told["examples"]} == {why.example for why in hit.why if why.example}
        asked["played"].append(hit.file)
        asked["like" if number % 2 else "unlike"].append(hit.file)
        station.like() if number % 2 else station.skip()
    else:
        raise AssertionError("a station of the sounds of a small library ends")


def test_a_path_is_the_librarys(service: Service, client: TestClient, sounds: list[str]) -> None:
    body = {"start": sounds[0], "end": sounds[1], "steps": 2, "space": "mfcc"}
    told = client.post(f"{API}/recommendations/path", json=body).json()
    items = service.library.path_between(sounds[0], sounds[1], steps=2, space="mfcc")
    assert told["items"] == [item_as_data(item) for item in items] and len(items) == 4
    text = service.first("text")
    problem(client.post(f"{API}/recommendations/path", json={"start": sounds[0], "end": text}), "question", 422)


def test_starters_are_of_each_modality_and_not_judged(service: Service, client: TestClient) -> None:
    told = client.get(f"{API}/recommendations/starters?limit=8").json()["items"]
    assert {item["modality"] for item in told} == {"image", "audio", "video", "text"}
    assert told[0] == item_as_data(service.library.item(told[0]["id"]))
    client.post(f"{API}/interactions", json={"user": "ann", "items": [told[0]["id"]], "kind": "skip"})
    again = client.get(f"{API}/recommendations/starters?limit=100&user=ann").json()["items"]
    assert {item["id"] for item in again} == {item.id for item in service.library.items()} - {told[0]["id"]}
    where = json.dumps({"modality": "audio"})
    first, other = (
        [
            item["id"]
            for item in client.get(
                f"{API}/recommendations/starters", params={"where": where, "seed": seed, "limit": 4}
            ).json()["items"]
        ]
        for seed in (0, 5)
    )
    assert {client.get(f"{API}/items/{id_}").json()["modality"] for id_ in first} == {"audio"}
    assert len(first) == len(other) == 4


def test_factors_are_the_librarys(service: Service, client: TestClient, sounds: list[str]) -> None:
    problem(client.get(f"{API}/factors"), "question", 422)
    texts = [item.id for item in service.library.items({"modality": "text"})][:3]
    for number in range(12):
        service.library.interact(f"user {number}", *(sounds if number % 2 else texts)[number % 3 :])
    try:
        service.library.learn_factors(FactorisationRecipe(method="wmf", factors=3))
        told = client.get(f"{API}/factors?k=2&titles=true").json()["factors"]
        assert [one["factor"] for one in told] == [1, 2, 3]
        assert all(len(one["positive"]) == len(one["negative"]) == 2 for one in told)
        assert told[0]["positive"][0]["value"] >= told[0]["negative"][0]["value"]
        assert client.get(f"{API}/factors?factor=2&k=2&titles=true").json()["factors"] == told[1:2]
        problem(client.get(f"{API}/factors?factor=9"), "question", 422)
        removed = client.request("DELETE", f"{API}/interactions/users", json={"user": "user 1"}).json()
        assert removed["learned"] and removed["removed"]
    finally:
        service.library.drop_space("factors")


# -- interactions --------------------------------------------------------------------------------------------


def test_interactions_are_listed_page_by_page(service: Service, client: TestClient, sounds: list[str]) -> None:
    now = time.time()
    for number in range(5):
        body = {"user": "ann", "items": sounds, "kind": "skip" if number % 2 else "play", "at": now - number // 2}
        assert client.post(f"{API}/interactions", json=body).json() == {"kept": 3, "at": now - number // 2}
    rows, cursor = [], ""
    while True:
        page = client.get(f"{API}/interactions", params={"user": "ann", "limit": 4, "cursor": cursor}).json()
        rows += page["interactions"]
        if page["next"] is None:
            break
        cursor = page["next"]
    kept = service.library.interactions.of_user("ann")
    assert [(one["item"], one["kind"], one["time"]) for one in rows] == [(row.item, row.kind, row.time) for row in kept]
    assert {one["path"] for one in rows} == {service.library.item(item).path for item in sounds}
    problem(client.get(f"{API}/interactions?user=ann&cursor=bm9wZQ"), "invalid", 422)
    problem(client.get(f"{API}/interactions"), "invalid", 422)
    assert client.get(f"{API}/interactions?user=nobody").json() == {"interactions": [], "next": None}


def test_users_are_counted_and_forgotten(service: Service, client: TestClient, sounds: list[str]) -> None:
    for number, user in enumerate(("ann", "bob", "zoe")):
        service.library.interact(user, *sounds[: number + 1], at=100.0)
    first = client.get(f"{API}/interactions/users?limit=2").json()
    assert first["users"] == [{"user": "ann", "interactions": 1}, {"user": "bob", "interactions": 2}]
    rest = client.get(f"{API}/interactions/users", params={"cursor": first["next"]}).json()
    assert rest == {"users": [{"user": "zoe", "interactions": 3}], "next": None}
    told = client.get(f"{API}/interactions/summary").json()
    assert (told["interactions"], told["users"], told["items"]) == (6, 3, 3)
    assert told["most_played"][0] == {
        "item": sounds[0], "users": 3, "path": service.library.item(sounds[0]).path, "title": "Synthetic sea",
        "modality": "audio",
    }  # fmt: skip
    gone = client.request("DELETE", f"{API}/interactions/users", json={"user": "zoe"})
    assert gone.json() == {"removed": 3, "learned": False}
    assert service.library.interactions.users() == ["ann", "bob"]
    assert b"zoe" not in (service.location / FILE).read_bytes()


def test_one_is_taken_back(service: Service, client: TestClient, sounds: list[str]) -> None:
    service.library.interact("ann", *sounds, at=100.0)
    before = service.library.interactions.of_user("ann")
    kept = client.post(f"{API}/interactions", json={"user": "ann", "items": sounds[:2], "weight": 3.0}).json()
    undo = {"user": "ann", "items": sounds[:2], "at": kept["at"]}
    assert client.request("DELETE", f"{API}/interactions", json=undo).json() == {"withdrawn": 2}
    assert client.request("DELETE", f"{API}/interactions", json=undo).json() == {"withdrawn": 0}
    assert service.library.interactions.of_user("ann") == before


def test_only_the_terminal_names_a_file_to_import(service: Service, client: TestClient) -> None:
    problem(client.post(f"{API}/interactions/import", json={"path": "/etc/passwd"}), "outside-roots", 403)


def test_a_service_that_only_reads_keeps_nothing(service: Service, sounds: list[str]) -> None:
    with service.client(read_only=True) as client:
        problem(client.post(f"{API}/interactions", json={"user": "ann", "items": sounds}), "read-only", 403)
        undo = {"user": "ann", "items": sounds, "at": 1.0}
        problem(client.request("DELETE", f"{API}/interactions", json=undo), "read-only", 403)
        problem(client.request("DELETE", f"{API}/interactions/users", json={"user": "ann"}), "read-only", 403)
        problem(client.post(f"{API}/interactions/import", json={"path": "/x"}), "read-only", 403)
        assert client.post(f"{API}/recommendations", json={"like": sounds}).status_code == 200
    assert service.library.interactions.count() == 0


def test_another_sites_page_changes_nothing(service: Service, client: TestClient, sounds: list[str]) -> None:
    for method, path in (("POST", "interactions"), ("DELETE", "interactions"), ("DELETE", "interactions/users")):
        sent = client.request(method, f"{API}/{path}", json={}, headers={"origin": "https://elsewhere.example"})
        problem(sent, "origin", 403)


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("recommendations", {}, "question"),
        ("recommendations", {"like": [NOBODY]}, "not-found"),
        ("recommendations", {"like": ["no id"]}, "invalid"),
        ("recommendations", {"like": [NOBODY] * 1001}, "invalid"),
        ("recommendations", {"user": "x" * 1001}, "invalid"),
        ("recommendations", {"user": "\ud800"}, "invalid"),
        ("recommendations", {"user": "ann", "limit": 201}, "invalid"),
        ("recommendations", {"user": "ann", "diverse": 1.0}, "invalid"),
        ("recommendations", {"user": "ann", "fresh": -0.5}, "invalid"),
        ("recommendations", {"user": "ann", "fresh": float("nan")}, "invalid"),
        ("recommendations", {"user": "ann", "taste": "good"}, "invalid"),
        ("recommendations/next", {"played": [NOBODY] * 1001}, "invalid"),
        ("recommendations/next", {"seed": -1}, "invalid"),
        ("recommendations/next", {"where": {"smell": "good"}}, "question"),
        ("recommendations/path", {"start": NOBODY, "end": NOBODY}, "not-found"),
        ("recommendations/path", {"start": NOBODY, "end": NOBODY, "steps": 201}, "invalid"),
        ("interactions", {"user": "ann", "items": []}, "invalid"),
        ("interactions", {"user": "ann", "items": [NOBODY]}, "not-found"),
        ("interactions", {"user": "", "items": [NOBODY]}, "invalid"),
        ("interactions", {"user": "ann", "items": [NOBODY], "weight": 0}, "invalid"),
        ("interactions", {"user": "ann", "items": [NOBODY], "weight": float("inf")}, "invalid"),
        ("interactions", {"user": "ann", "items": [NOBODY], "kind": "watched"}, "invalid"),
        ("interactions", {"user": "ann", "items": [NOBODY], "at": 4e9}, "question"),
        ("interactions", {"user": "ann", "items": [NOBODY], "at": -1}, "invalid"),
    ],
)
def test_what_cannot_be_asked_is_a_problem(client: TestClient, path: str, body: dict[str, Any], kind: str) -> None:
    sent = json.dumps(body).encode()
    answer = client.post(f"{API}/{path}", content=sent, headers={"content-type": "application/json"})
    told = problem(answer, kind, 404 if kind == "not-found" else 422)
    assert "\n" not in told["detail"]


def test_a_user_without_a_name_that_can_be_kept(service: Service, client: TestClient, sounds: list[str]) -> None:
    told = problem(client.post(f"{API}/interactions", json={"user": "a\nb", "items": sounds}), "question", 422)
    assert "printable" in told["detail"] and service.library.interactions.count() == 0


def test_no_log_names_a_user_or_what_was_played(service: Service, sounds: list[str]) -> None:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(JsonLines().format(record))  # type: ignore[method-assign]
    logger = logging.getLogger("sonolux")
    logger.addHandler(handler)
    before, logger.level = logger.level, logging.DEBUG
    logging.getLogger("sonolux.server").setLevel(logging.INFO)
    user = {"user": "secret-listener"}
    try:
        with service.client(BASE) as client:
            client.post(f"{API}/interactions", json={**user, "items": sounds})
            client.get(f"{API}/interactions", params=user)
            client.get(f"{API}/interactions/taste", params=user)
            client.get(f"{API}/recommendations/starters", params=user)
            client.post(f"{API}/recommendations", json=user)
            client.post(f"{API}/recommendations", json={"user": "another-secret-listener-that-is-new", "where": ["x"]})
            client.post(f"{API}/interactions", json={"user": "secret-listener\n", "items": sounds})
            client.request("DELETE", f"{API}/interactions/users", json=user)
    finally:
        logger.removeHandler(handler)
        logger.level = before
    told = "".join(lines)
    assert len([line for line in lines if json.loads(line)["message"] == "request"]) == 8
    assert "secret" not in told and not [item for item in sounds if item in told]


def test_what_is_known_is_not_sent_again(service: Service, client: TestClient, sounds: list[str]) -> None:
    service.library.interact("ann", *sounds, at=100.0)
    for address in (
        "interactions?user=ann",
        "interactions/users",
        "interactions/summary",
        "interactions/taste?user=ann",
    ):
        tag = client.get(f"{API}/{address}").headers["etag"]
        assert client.get(f"{API}/{address}", headers={"if-none-match": tag}).status_code == 304
