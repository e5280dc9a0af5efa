"""Hostile and unlucky input: requests that ask too much or lie, names that are no text, files that change underneath.

Each costs its own request: a 4xx problem that names what was wrong and the way out, and nothing else is lost.
"""

from __future__ import annotations

import io
import json
import os
import socket
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import httpx
import PIL.Image
import pytest
from starlette.testclient import TestClient

from making import tone, write_wav
from serving import Service, problem
from sonolux.library import Library

ODD = os.fsdecode(b"caf\xe9 \xff.png")
"""A name that is no UTF-8."""

RIGHT_TO_LEFT = "\u202egnp.exe \u05e9\u05dc\u05d5\u05dd.png"
SCRIPT = "<script>alert(1)<\u2215script>\n\r\t\"';.png"
SOUND = "</title><script>x.wav"
NAMES = (ODD, RIGHT_TO_LEFT, SCRIPT)


@pytest.fixture
def strange(tmp_path: Path) -> Iterator[Service]:
    """A library of files whose names are hostile, each test its own."""
    media = tmp_path / "media"
    media.mkdir()
    for number, name in enumerate(NAMES):
        PIL.Image.new("RGB", (40 + number, 40), (50 * number, 200, 90)).save(media / f"{number}.png")
        (media / f"{number}.png").rename(media / name)
    write_wav(media / SOUND.replace("/", "\u2215"), tone(440.0, 1.0))
    with Library(tmp_path / "strange.sonolux") as library:
        assert not library.add(media, spaces=["colour-layout", "mfcc", "bm25"], fingerprints=False).failed
        yield Service(tmp_path / "strange.sonolux", media, library)


@pytest.fixture
def odd(strange: Service) -> Iterator[TestClient]:
    with strange.client() as opened:
        yield opened


# -- names -----------------------------------------------------------------------------------------------------


def test_names_of_any_bytes_pass_through_search_items_and_headers(strange: Service, odd: TestClient) -> None:
    ids = {name: strange.id_of(name) for name in NAMES}
    found = odd.post("/api/v1/search", json={"parts": [{"kind": "item", "item": ids[ODD]}], "limit": 9}).json()
    listed = odd.get("/api/v1/items").json()["items"]
    for each in (*found["hits"], *listed, odd.get(f"/api/v1/items/{ids[SCRIPT]}").json()):
        assert "\n" not in each["path"] and "\r" not in each["path"] and each["path"].isprintable()
    assert {hit["id"] for hit in found["hits"]} >= set(ids.values()) - {ids[ODD]}
    for name, id_ in ids.items():
        sent = odd.get(f"/api/v1/items/{id_}/media")
        assert sent.status_code == 200 and sent.content == (strange.media / name).read_bytes()
        disposition = sent.headers["content-disposition"]
        assert disposition.isascii() and disposition.isprintable() and "<" not in disposition and '"' not in disposition
        if name != ODD:
            assert unquote(disposition.partition("utf-8''")[2]) == name
        assert odd.get(f"/api/v1/items/{id_}/thumbnail").status_code == 200
        assert sent.headers["content-security-policy"].startswith("default-src 'none'")


def test_names_of_any_bytes_are_exported(strange: Service, odd: TestClient) -> None:
    ids = [item.id for item in strange.library.items()]
    told = odd.post("/api/v1/export", json={"ids": ids, "format": "json"})
    assert len(json.loads(told.content)["items"]) == len(ids)
    playlist = odd.post("/api/v1/export", json={"ids": ids, "format": "m3u8"}).content.decode()
    assert len(playlist.splitlines()) == 3  # no name breaks a line
    assert playlist.splitlines()[2].startswith("file:///") and "<" not in playlist.splitlines()[2]
    archive = zipfile.ZipFile(io.BytesIO(odd.post("/api/v1/export", json={"ids": ids, "format": "zip"}).content))
    assert archive.testzip() is None
    names = archive.namelist()
    assert len(set(names)) == len(ids)
    assert all(name == Path(name).name and "\n" not in name for name in names)
    sizes = sorted(path.stat().st_size for path in strange.media.iterdir())
    assert sorted(entry.file_size for entry in archive.infolist()) == sizes


def test_a_name_of_an_upload_is_for_people_alone(client: TestClient) -> None:
    content = io.BytesIO()
    PIL.Image.new("RGB", (9, 9)).save(content, "PNG")
    for name in ("<script>alert(1)</script>", "\u202egnp.exe", "../../\\..", "a\nb\rset-cookie: x=1"):
        told = client.put(f"/api/v1/uploads/{uuid.uuid4()}?name={quote(name)}", content=content.getvalue())
        assert told.status_code == 201 and told.json()["name"] == name
        assert client.delete(f"/api/v1/uploads/{told.json()['id']}").status_code == 204
    told = client.put(f"/api/v1/uploads/{uuid.uuid4()}?name=%ff%fe", content=content.getvalue())
    assert told.status_code == 201
    assert client.delete(f"/api/v1/uploads/{told.json()['id']}").status_code == 204


# -- files that change -----------------------------------------------------------------------------------------


def test_a_file_that_goes_between_search_and_view(strange: Service, odd: TestClient) -> None:
    id_ = strange.id_of(ODD)
    assert odd.get(f"/api/v1/items/{id_}/thumbnail").status_code == 200  # from now on it is in the cache
    (strange.media / ODD).unlink()
    for path in ("media", "thumbnail", "media/web"):
        told = problem(odd.get(f"/api/v1/items/{id_}/{path}"), "not-found", 404)
        assert "sonolux add --prune" in told["detail"]
    told = problem(odd.post("/api/v1/export", json={"ids": [id_], "format": "zip"}), "not-found", 404)
    assert odd.get(f"/api/v1/items/{id_}").status_code == 200  # what is known of it is still told
    assert odd.get(f"/api/v1/items/{strange.id_of(SCRIPT)}/media").status_code == 200


def test_a_file_that_changes_between_search_and_view(strange: Service, odd: TestClient) -> None:
    id_ = strange.id_of(ODD)
    before = odd.get(f"/api/v1/items/{id_}/thumbnail").content
    tag = odd.get(f"/api/v1/items/{id_}/media").headers["etag"]
    PIL.Image.new("RGB", (300, 100), (200, 0, 0)).save(strange.media / "other.png")
    (strange.media / "other.png").replace(strange.media / ODD)
    seen = odd.get(f"/api/v1/items/{id_}/thumbnail").content
    assert seen != before and PIL.Image.open(io.BytesIO(seen)).size == (300, 100)
    sent = odd.get(f"/api/v1/items/{id_}/media", headers={"if-range": tag, "range": "bytes=0-3"})
    assert sent.status_code == 200 and sent.content == (strange.media / ODD).read_bytes()  # no half of the new one
    (strange.media / ODD).write_bytes(b"<html><script>alert(1)</script>")
    problem(odd.get(f"/api/v1/items/{id_}/thumbnail"), "nothing-to-show", 404)
    problem(odd.get(f"/api/v1/items/{id_}/media/web"), "media", 422)
    assert odd.get(f"/api/v1/items/{id_}/media").headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("target", ["/etc/passwd", "/dev/zero", "/proc/self/environ"])
def test_a_file_that_becomes_a_link_between_search_and_view(strange: Service, odd: TestClient, target: str) -> None:
    id_ = strange.id_of(ODD)
    assert odd.get(f"/api/v1/items/{id_}/thumbnail").status_code == 200
    (strange.media / ODD).unlink()
    (strange.media / ODD).symlink_to(target)
    for path in ("media", "thumbnail", "media/web"):
        problem(odd.get(f"/api/v1/items/{id_}/{path}"), "unopened", 403)
    problem(odd.post("/api/v1/export", json={"ids": [id_], "format": "zip"}), "unopened", 403)


def test_a_ranking_stays_open_while_files_are_removed_and_added(strange: Service, odd: TestClient) -> None:
    asked = {"parts": [{"kind": "item", "item": strange.id_of(ODD)}], "limit": 1}
    first = odd.post("/api/v1/search", json=asked).json()
    gone = strange.id_of(SCRIPT)
    strange.library.remove(strange.media / SCRIPT)
    PIL.Image.new("RGB", (41, 41), (10, 200, 90)).save(strange.media / "new.png")
    strange.library.add(strange.media / "new.png", spaces=["colour-layout"], fingerprints=False)
    window = odd.get(f"/api/v1/rankings/{first['ranking']}?offset=0&limit=50").json()
    assert window["total"] == first["total"]
    ids = [hit["id"] for hit in window["hits"]]
    assert ids[0] == first["hits"][0]["id"] and len(ids) == len(set(ids))
    assert strange.id_of("new.png") not in ids
    for path in ("", "/thumbnail", "/media"):
        problem(odd.get(f"/api/v1/items/{gone}{path}"), "not-found", 404)
    assert odd.post("/api/v1/export", json={"ranking": first["ranking"], "format": "json"}).status_code == 200
    again = odd.post("/api/v1/search", json={**asked, "limit": 50}).json()
    assert gone not in {hit["id"] for hit in again["hits"]}


# -- requests --------------------------------------------------------------------------------------------------

NOBODY = "00000000-0000-4000-8000-00000000dead"
TEXT = {"kind": "text", "text": "rain"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"parts": [TEXT] * 10_000}, "parts"),
        ({"parts": [{**TEXT, "weight": 1e308}]}, "parts.0.text.weight"),
        ({"parts": [{**TEXT, "weight": -1}]}, "parts.0.text.weight"),
        ({"parts": [{**TEXT, "weight": "much"}]}, "parts.0.text.weight"),
        ({"parts": [{"kind": "smell", "text": "rain"}]}, "parts.0"),
        ({"parts": "rain"}, "parts"),
        ({"parts": [{"kind": "text", "text": 7}]}, "parts.0.text.text"),
        ({"parts": [{"kind": "item", "item": "../../etc/passwd"}]}, "parts.0.item.item"),
        ({"parts": [TEXT], "where": 7}, "where"),
        ({"parts": [TEXT], "limit": 10**30}, "limit"),
        ({"parts": [TEXT], "depth": "all"}, "depth"),
        ({"parts": [TEXT], "explode": True}, "explode"),
        ({}, "parts"),
    ],
)
def test_a_question_of_a_wrong_form_names_its_field(client: TestClient, body: object, field: str) -> None:
    told = client.post("/api/v1/search", json=body)
    if len(told.request.content) > 256 * 1024:
        assert "256" in problem(told, "too-large", 413)["detail"].replace("262,144", "256")
        return
    assert problem(told, "invalid", 422)["field"].startswith(field)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ({"parts": [{"kind": "item", "item": NOBODY}]}, "not-found", 404),
        ({"parts": [{"kind": "upload", "upload": NOBODY}]}, "not-found", 404),
        ({"parts": [TEXT], "spaces": ["nowhere"]}, "question", 422),
        ({"parts": [TEXT], "where": {"date": ">=whenever"}}, "question", 422),
    ],
)
def test_a_question_about_what_is_not_there(client: TestClient, body: object, kind: str, status: int) -> None:
    problem(client.post("/api/v1/search", json=body), kind, status)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe\0", b'{"parts":[{"kind":"text","text":NaN}]}']
)
def test_a_body_that_is_no_question(client: TestClient, content: bytes) -> None:
    problem(
        client.post("/api/v1/search", content=content, headers={"content-type": "application/json"}), "invalid", 422
    )


def sent_raw(address: str, head: str, body: bytes, *, ends: bool = False) -> bytes:
    """Send bytes as they are and return the first of the answer; with `ends`, hang up after them."""
    place = urlsplit(address)
    with socket.create_connection((place.hostname or "", place.port or 0), 10) as connection:
        connection.settimeout(20)
        connection.sendall(head.encode() + b"\r\nHost: 127.0.0.1\r\n\r\n" + body)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        return connection.recv(65_536)


def test_an_upload_that_lies_about_its_length(service: Service, serve: Callable[..., str]) -> None:
    """Less than was said is cut off, and kept by nobody; more is no part of it."""
    address, less, more = serve(), uuid.uuid4(), uuid.uuid4()
    image = Path(service.library.item(service.first("image")).path).read_bytes()
    sent_raw(address, f"PUT /api/v1/uploads/{less} HTTP/1.1\r\nContent-Length: {2 * len(image)}", image, ends=True)
    answer = sent_raw(address, f"PUT /api/v1/uploads/{more} HTTP/1.1\r\nContent-Length: {len(image) - 1}", image)
    assert answer.split()[1] == b"201"
    both = sent_raw(
        address,
        f"PUT /api/v1/uploads/{less} HTTP/1.1\r\nContent-Length: {len(image)}\r\nTransfer-Encoding: chunked",
        image,
    )
    assert both.split()[1].startswith(b"4")
    with httpx.Client(trust_env=False, base_url=address, timeout=30) as client:
        problem(client.get(f"/api/v1/uploads/{less}"), "not-found", 404)
        assert client.get(f"/api/v1/uploads/{more}").json()["bytes"] == len(image) - 1
        assert client.delete(f"/api/v1/uploads/{more}").status_code == 204
    assert list(service.state().uploads.iterdir()) == []


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.jpg", b"\0" * 2**24)
    return out.getvalue()


EMPTY_WEBM = bytes.fromhex(
    "1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806701ffffffffffffff"
)
"""The header of a WebM of a live stream, as a recorder sends that was stopped before it heard anything."""


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (zip_bomb(), "holiday.jpg"),
        (EMPTY_WEBM, "microphone.webm"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 400, "cut.jpg"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "cut.wav"),
        (b"%PDF-1.7\n" + b"[" * 50_000, "deep.pdf"),
    ],
    ids=["bomb", "microphone", "jpeg", "wav", "pdf"],
)
def test_an_upload_that_holds_no_medium_is_refused_in_a_line(
    service: Service, client: TestClient, content: bytes, name: str
) -> None:
    told = problem(client.put(f"/api/v1/uploads/{uuid.uuid4()}?name={name}", content=content), "unknown-medium", 415)
    assert "\n" not in told["detail"] and "/" not in told["detail"]  # no path of the service
    assert list(service.state().uploads.iterdir()) == []
    assert client.get("/healthz").status_code == 200
