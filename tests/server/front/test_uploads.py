"""Uploads: raw, counted, typed by content, bounded, kept, and gone in time."""

from __future__ import annotations

import io
import os
import time
import tracemalloc
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from serving import Service, problem
from sonolux.server.configuration import Limits
from sonolux.server.uploads import UploadFolder


@pytest.fixture
def image(service: Service) -> bytes:
    return Path(service.library.item(service.first("image")).path).read_bytes()


@pytest.fixture(autouse=True)
def none_is_left(service: Service) -> Iterator[None]:
    yield
    folder = UploadFolder(service.state(), Limits())
    for upload in folder.all():
        folder.remove(uuid.UUID(upload.id))


def put(client: httpx.Client, content: bytes | Iterator[bytes], id_: object = None, **more: object) -> httpx.Response:
    return client.put(f"/api/v1/uploads/{id_ or uuid.uuid4()}", content=content, **more)  # type: ignore[arg-type]


def test_an_upload_is_kept_and_typed_by_its_content(service: Service, client: TestClient, image: bytes) -> None:
    id_ = uuid.uuid4()
    told = put(client, image, id_, params={"name": "../../evil.html"}, headers={"content-type": "text/html"})
    assert told.status_code == 201
    assert (told.json()["modality"], told.json()["type"], told.json()["bytes"]) == ("image", "image/jpeg", len(image))
    assert told.json()["name"] == "../../evil.html"  # for people; the file goes by its id
    assert [path.name for path in service.state().uploads.iterdir()] == [str(id_)]
    assert (service.state().uploads / str(id_)).read_bytes() == image
    assert client.get(f"/api/v1/uploads/{id_}").json() == told.json()


def test_an_upload_is_asked_with(service: Service, client: TestClient, image: bytes) -> None:
    id_ = put(client, image).json()["id"]
    found = client.post("/api/v1/search", json={"parts": [{"kind": "upload", "upload": id_}], "limit": 1}).json()
    assert found["hits"][0]["id"] == service.first("image")
    assert client.get(f"/api/v1/uploads/{id_}/thumbnail").headers["content-type"] == "image/jpeg"


def test_a_reload_loses_nothing_that_was_acknowledged(service: Service, client: TestClient, image: bytes) -> None:
    ids = [put(client, image).json()["id"] for _ in range(3)]
    with service.client() as reloaded:  # another front, as after a restart
        assert [one["id"] for one in reloaded.get("/api/v1/uploads").json()["uploads"]] == ids


def test_an_upload_that_is_sent_again_takes_its_own_place(client: TestClient, image: bytes) -> None:
    id_ = uuid.uuid4()
    assert put(client, image, id_).status_code == put(client, image, id_).status_code == 201
    assert len(client.get("/api/v1/uploads").json()["uploads"]) == 1


def test_what_is_no_medium_is_not_kept(service: Service, client: TestClient) -> None:
    for content in (os.urandom(5000), b"", b"\0" * 100):
        problem(put(client, content), "unknown-medium", 415)
    assert list(service.state().uploads.iterdir()) == []


def test_an_upload_is_counted_as_it_comes(service: Service, image: bytes) -> None:
    """Whatever its length says, it ends at the limit, and nothing of it is left."""
    most = len(image)
    with service.client(limits=Limits(upload=most)) as client:
        problem(put(client, b"x" * (most + 1)), "too-large", 413)
        problem(put(client, (b"x" * (most // 10) for _ in range(12))), "too-large", 413)
        assert list(service.state().uploads.iterdir()) == []
        assert put(client, image[:0] + image).status_code == 201


def test_uploads_have_a_quota_together(service: Service, image: bytes) -> None:
    with service.client(limits=Limits(uploads=2 * len(image) + 10)) as client:
        assert [put(client, image).status_code for _ in range(2)] == [201, 201]
        told = put(client, image)
        problem(told, "quota", 507)
        problem(put(client, iter([image])), "quota", 507)
        client.delete(f"/api/v1/uploads/{client.get('/api/v1/uploads').json()['uploads'][0]['id']}")
        assert put(client, image).status_code == 201
    with service.client(limits=Limits(upload_count=2)) as client:
        problem(put(client, image), "quota", 507)


def test_a_full_disk_is_not_made_fuller(client: TestClient, image: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    from sonolux.settings import settings

    monkeypatch.setattr(settings(), "min_free", 2**62)
    problem(put(client, image), "quota", 507)


def test_an_upload_expires_after_its_last_use(service: Service, image: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with service.client(limits=Limits(upload_seconds=50)) as client:
        id_ = put(client, image).json()["id"]
        begun = time.time()
        monkeypatch.setattr(time, "time", lambda: begun + 40)
        assert client.get(f"/api/v1/uploads/{id_}/thumbnail").status_code == 200  # a use
        monkeypatch.setattr(time, "time", lambda: begun + 80)
        assert client.get(f"/api/v1/uploads/{id_}").status_code == 200
        monkeypatch.setattr(time, "time", lambda: begun + 100)
        problem(client.get(f"/api/v1/uploads/{id_}"), "not-found", 404)
        assert client.get("/api/v1/uploads").json() == {"uploads": []}
        put(client, image)
        assert not (service.state().uploads / id_).exists()


def test_what_was_cut_off_leaves_nothing(service: Service, serve: Callable[..., str], image: bytes) -> None:
    address = serve()

    def half() -> Iterator[bytes]:
        yield image[: len(image) // 2]
        raise InterruptedError

    id_ = uuid.uuid4()
    with httpx.Client(base_url=address, trust_env=False) as client:
        with pytest.raises(InterruptedError):
            put(client, half(), id_)
        until = time.monotonic() + 10
        while list(service.state().uploads.iterdir()) and time.monotonic() < until:
            time.sleep(0.05)
        assert list(service.state().uploads.iterdir()) == []
        problem(client.get(f"/api/v1/uploads/{id_}"), "not-found", 404)
        assert put(client, image, id_).status_code == 201


def test_what_a_crash_left_is_removed_at_the_start(service: Service) -> None:
    left = service.state().uploads / f"{uuid.uuid4()}.part"
    left.write_bytes(b"half")
    UploadFolder(service.state(), Limits())
    assert not left.exists()


def test_a_slow_upload_ends(service: Service, serve: Callable[..., str], image: bytes) -> None:
    address = serve(Limits(body_seconds=0.5, least_rate=10**6))

    def drops() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.1)
            yield b"x" * 10

    with httpx.Client(base_url=address, trust_env=False) as client:
        began = time.monotonic()
        with suppress(httpx.TransportError):  # the connection is closed while it still sends
            problem(put(client, drops()), "slow", 408)
        assert time.monotonic() - began < 5
        assert list(service.state().uploads.iterdir()) == []


def test_an_upload_is_never_whole_in_memory(service: Service, serve: Callable[..., str]) -> None:
    address, chunk, count = serve(), b"x" * 2**20, 64
    tracemalloc.start()
    try:
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            put(client, (chunk for _ in range(count)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < count * len(chunk) / 4


def test_limits_are_what_the_service_was_given(service: Service) -> None:
    assert replace(Limits(), upload=5).upload == 5


def test_multipart_is_no_form_of_an_upload(client: TestClient, image: bytes) -> None:
    told = client.post(f"/api/v1/uploads/{uuid.uuid4()}", files={"file": image})
    problem(told, "method", 405)


def test_a_file_of_text_asks_with_its_passages(service: Service, client: TestClient) -> None:
    """Of a text of the library, the text itself is the nearest; of a document, what it is about."""
    diary = service.id_of("cat_diary.txt")
    text = Path(service.library.item(diary).path).read_bytes()
    found = ask_with(client, put(client, text).json()["id"])
    assert found["hits"][0]["id"] == diary
    assert found["hits"][0]["confident"]
    body = "<w:p><w:r><w:t>My cat catches mice at night</w:t></w:r></w:p>"
    named = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        package.writestr("word/document.xml", f'<w:document xmlns:w="{named}"><w:body>{body}</w:body></w:document>')
    upload = put(client, written.getvalue(), params={"name": "letter"}).json()
    assert upload["modality"] == "text"
    assert diary in [hit["id"] for hit in ask_with(client, upload["id"])["hits"]]
    # Beside an example, and to keep away from.
    mixed = [{"kind": "item", "item": diary}, {"kind": "upload", "upload": upload["id"], "minus": True}]
    assert client.post("/api/v1/search", json={"parts": mixed}).status_code == 200


def ask_with(client: TestClient, upload: str) -> dict[str, Any]:
    told = client.post("/api/v1/search", json={"parts": [{"kind": "upload", "upload": upload}], "limit": 5})
    assert told.status_code == 200, told.text
    return dict(told.json())


def test_a_file_without_a_word_asks_nothing(client: TestClient) -> None:
    id_ = put(client, b" \n\t\n ").json().get("id")
    if id_:  # it is a text, if an empty one
        told = client.post("/api/v1/search", json={"parts": [{"kind": "upload", "upload": id_}]})
        assert told.status_code == 422, told.text
        assert told.json()["type"] in ("/problems/question", "/problems/media")


def test_an_image_does_not_ask_as_text(client: TestClient, image: bytes) -> None:
    sent = put(client, image, params={"name": "cat.jpg"}).json()
    part = {"kind": "upload", "upload": sent["id"], "modality": "text"}
    told = problem(client.post("/api/v1/search", json={"parts": [part]}), "question", 422)
    assert told["detail"] == "cat.jpg holds no text to ask with"  # and no path of the service
