"""What a browser may do with an answer: its own type, no script of a stranger, no frame."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from serving import Service
from sonolux.library import Library
from sonolux.server.media.types import media_type_of

SCRIPTING = {
    "drawing.svg.txt": (
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><text>words drawn</text></svg>',
        "image/svg+xml",
    ),
    "page.txt": (b"<!doctype html><html><script>alert(1)</script><p>words of a page</p></html>", "text/html"),
    "data.md": (b'<?xml version="1.0"?><a><b>words in data</b></a>', "application/xml"),
    "late.txt": (b"words of a text, then\n<script>alert(1)</script>\n", "text/plain; charset=utf-8"),
}


@pytest.fixture(scope="module")
def scripting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts that a browser could run."""
    import pypdfium2

    folder = tmp_path_factory.mktemp("scripting")
    for name, (content, _) in SCRIPTING.items():
        (folder / name).write_bytes(content)
    document = pypdfium2.PdfDocument.new()
    document.new_page(200, 200)
    with (folder / "paper.pdf").open("wb") as file:
        document.save(file)
    document.close()
    return folder


def policy(answer: object) -> dict[str, str]:
    """Return the directives of a content security policy."""
    text = answer.headers["content-security-policy"]  # type: ignore[attr-defined]
    return {one.split()[0]: " ".join(one.split()[1:]) for one in text.split(";")}


def test_the_page_runs_its_own_scripts_alone_and_is_in_no_frame(client: TestClient) -> None:
    told = client.get("/")
    rules = policy(told)
    assert told.headers["content-type"].startswith("text/html")
    assert rules["default-src"] == "'self'" and rules["frame-ancestors"] == "'none'"
    assert rules["object-src"] == rules["base-uri"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'" and "trusted-types" in rules
    assert "unsafe" not in told.headers["content-security-policy"]


def test_a_page_that_is_known_keeps_its_policy(client: TestClient) -> None:
    page = client.get("/")
    told = client.get("/", headers={"if-none-match": page.headers["etag"]})
    assert told.status_code == 304
    # What comes with a 304 takes the place of what the browser holds.
    assert told.headers["content-security-policy"] == page.headers["content-security-policy"]


def test_every_answer_has_the_headers(service: Service, client: TestClient) -> None:
    id_ = service.first("image")
    for address in ("/", "/healthz", "/nothing", "/api/v1/info", f"/api/v1/items/{id_}/media", "/openapi.json"):
        headers = client.get(address).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == headers["cross-origin-opener-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" not in headers
    assert client.get("/api/v1/info", headers={"host": "evil.example"}).headers["x-content-type-options"] == "nosniff"


def test_https_is_asked_for_ever_after(service: Service) -> None:
    with service.client(base="https://127.0.0.1", secure=True) as client:
        assert int(re.findall(r"max-age=(\d+)", client.get("/").headers["strict-transport-security"])[0]) >= 31536000


def test_data_and_media_may_do_nothing(service: Service, client: TestClient) -> None:
    for address in ("/api/v1/info", f"/api/v1/items/{service.first('image')}/media", "/healthz"):
        rules = policy(client.get(address))
        assert rules["default-src"] == "'none'" and "sandbox" in rules and rules["sandbox"] == ""
        assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"


def test_a_failure_inside_has_the_headers_and_tells_no_detail(service: Service) -> None:
    class Broken:
        async def call(self, name: str, /, *, deadline: float = 30.0, **params: object) -> object:
            raise RuntimeError("/home/somebody/secret.py")

    with service.client(calls=Broken()) as client:
        told = client.get("/api/v1/info")
        assert told.status_code == 500 and "secret" not in told.text and told.headers["x-request-id"] in told.text
        assert told.headers["x-content-type-options"] == "nosniff" and "content-security-policy" in told.headers


def test_what_can_script_is_saved_and_not_shown(scripting: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "s.sonolux") as library:
        library.add(scripting, spaces=["bm25"])
        served = Service(tmp_path / "s.sonolux", scripting, library)
        with served.client() as client:
            found = {Path(item.path).name: item.id for item in library.items()}
            assert found.keys() >= SCRIPTING.keys()
            for name, id_ in found.items():
                headers = client.get(f"/api/v1/items/{id_}/media").headers
                wanted = SCRIPTING.get(name, (b"", "application/pdf"))[1]
                assert headers["content-type"] == wanted, name
                assert headers["content-disposition"].startswith("attachment;"), name
                assert (
                    headers["x-content-type-options"] == "nosniff" and "sandbox" in headers["content-security-policy"]
                )


def test_media_have_the_type_of_their_content(service: Service, client: TestClient) -> None:
    where = {"modality": ["image", "audio", "video"]}
    items = list(service.library.items(where))
    found = {item.path: client.get(f"/api/v1/items/{item.id}/media").headers for item in items}
    types = {Path(path).suffix: headers["content-type"] for path, headers in found.items()}
    expected = {
        ".jpg": "image/jpeg",
        ".png": "image/png",
        ".ogg": "audio/ogg",
        ".mp4": "video/mp4",
        ".wav": "audio/wav",
    }
    assert {ending: types[ending] for ending in expected if ending in types} == {
        ending: name for ending, name in expected.items() if ending in types
    }
    assert all(headers["content-disposition"].startswith("inline;") for headers in found.values())


@pytest.mark.parametrize(
    ("head", "name", "inline"),
    [
        (b"<SVG onload=alert(1)>", "image/svg+xml", False),
        (b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>", "image/svg+xml", False),
        (b"<!-- a --><html>", "text/html", False),
        ("<html>".encode("utf-16"), "text/html", False),
        (b"junk\n%PDF-1.4", "application/pdf", False),
        (b"MZ\x90\x00\x03\x00\x00", "application/octet-stream", False),
        (b"\x89PNG\r\n\x1a\n<script>", "image/png", True),
        (b"plain words", "text/plain; charset=utf-8", True),
    ],
)
def test_media_types(head: bytes, name: str, inline: bool) -> None:
    found = media_type_of(head)
    assert (found.name, found.inline) == (name, inline)
