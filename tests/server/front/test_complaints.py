"""What people have reported of other pages and services, rebuilt: each of these was somebody's bug."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from serving import Service
from sonolux.library import Library

ODD = "1970-05 (Tray #005) 100%28 a+b & c?"
"""A folder whose name is other things in an address."""

NAMES = ("main_page?.jpg", "a#b.jpg", "50%25 off.jpg", "a & b;c='d'.jpg", "#EXTM3U.jpg", "💫 émoji.jpg")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("odd").resolve()
    (folder / "media" / ODD).mkdir(parents=True)
    random = np.random.default_rng(5)
    for name in NAMES:
        pixels = random.integers(0, 255, (20, 40, 3), dtype=np.uint8)
        exif = Image.Exif()
        exif[0x0112] = 6  # stored lying, shown standing
        Image.fromarray(pixels).save(folder / "media" / ODD / name, exif=exif)
    with Library(folder / "library.sonolux") as library:
        library.add(folder / "media", spaces=["colour-histogram"], labels=False, fingerprints=False)
        yield Service(folder / "library.sonolux", folder / "media", library)


@pytest.fixture
def client(odd: Service) -> Iterator[TestClient]:
    with odd.client() as opened:
        yield opened


def test_names_that_are_addresses_are_names(odd: Service, client: TestClient) -> None:
    """thumbsup 229, pigallery2 498, photoprism 3695, tagspaces 2447: `#`, `?`, `%28`, `&` in files and folders."""
    [facet] = [
        one for one in client.get("/api/v1/facets?key=folder").json()["facets"]["folder"] if one["value"].endswith(ODD)
    ]
    assert facet["count"] == len(NAMES)
    where = json.dumps({"folder": facet["value"]})
    items = client.get("/api/v1/items", params={"where": where}).json()["items"]
    assert {Path(item["path"]).name for item in items} == set(NAMES)
    for item in items:
        media = client.get(f"/api/v1/items/{item['id']}/media")
        assert media.content == Path(item["path"]).read_bytes()
        assert "\n" not in media.headers["content-disposition"]
        assert client.get(f"/api/v1/items/{item['id']}/thumbnail?width=160").status_code == 200


def test_exports_name_odd_files_right(odd: Service, client: TestClient) -> None:
    """One with `?` or `&` is packed as it is, and makes no path."""
    ids = [item.id for item in odd.library.items()]
    packed = client.post("/api/v1/export", json={"ids": ids, "format": "zip"})
    with zipfile.ZipFile(io.BytesIO(packed.content)) as package:
        assert len(package.namelist()) == len(NAMES)
        assert not [name for name in package.namelist() if name.startswith("/") or ".." in name]


def test_a_picture_that_was_taken_standing_is_laid_out_standing(odd: Service, client: TestClient) -> None:
    """simple-photo-gallery 85: width and height in the order of the file, the thumbnail in that of people."""
    item = next(odd.library.items()).id
    [hit] = client.post("/api/v1/search", json={"parts": [{"kind": "item", "item": item}], "limit": 1}).json()["hits"]
    with Image.open(io.BytesIO(client.get(f"/api/v1/items/{hit['id']}/thumbnail?width=160").content)) as seen:
        assert (hit["width"], hit["height"]) == (20, 40)
        assert seen.height > seen.width


def expected(asked: str, content: bytes) -> tuple[int, bytes]:
    """Return the status and the bytes of RFC 9110, 14.1.2, written once more."""
    first, _, last = asked.removeprefix("bytes=").partition("-")
    size = len(content)
    if first:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    else:
        start, end = max(size - int(last), 0), size - 1
    return (206, content[start : end + 1]) if start <= end and start < size else (416, b"")


@pytest.mark.parametrize(
    "asked",
    ["0-0", "0-1", "-100", "0-", "5-5", "0-99999999", "-99999999", "99999999-", "-0", "7-3"],
)
def test_ranges_as_browsers_and_probes_ask_them(odd: Service, client: TestClient, asked: str) -> None:
    """outline 13695, chimera 1196, s3-proxy 740: Safari plays nothing where one of these is answered otherwise."""
    item = next(odd.library.items())
    content = Path(item.path).read_bytes()
    told = client.get(f"/api/v1/items/{item.id}/media", headers={"range": f"bytes={asked}"})
    status, part = expected(f"bytes={asked}", content)
    assert told.status_code == status
    if status == 206:
        assert told.content == part
        start = content.index(part) if len(part) > 16 else int(asked.partition("-")[0] or len(content) - len(part))
        assert told.headers["content-range"] == f"bytes {start}-{start + len(part) - 1}/{len(content)}"
        assert told.headers["content-length"] == str(len(part))
    else:
        assert told.headers["content-range"] == f"bytes */{len(content)}"


@pytest.mark.parametrize("asked", ["0-", "-5", "0-0", "-0"])
def test_ranges_of_a_file_that_was_emptied(odd: Service, asked: str, tmp_path: Path) -> None:
    """eliza 12585: no bytes are in no range, and nothing is torn off after the answer has begun."""
    kept = tmp_path / "kept"
    item = next(odd.library.items())
    shutil.copy(item.path, kept)
    try:
        Path(item.path).write_bytes(b"")
        with odd.client() as client:
            told = client.get(f"/api/v1/items/{item.id}/media", headers={"range": f"bytes={asked}"})
            assert (told.status_code, told.headers["content-range"]) == (416, "bytes */0")
            whole = client.get(f"/api/v1/items/{item.id}/media")
            assert (whole.status_code, whole.content, whole.headers["content-length"]) == (200, b"", "0")
    finally:
        shutil.copy(kept, item.path)


def test_a_search_that_is_saved_by_an_odd_name_is_found_by_it(serve: Callable[..., str]) -> None:
    """A slash, a percent sign, letters that are composed otherwise: the name is in the address."""
    search: dict[str, Any] = {"where": {"modality": "image"}}
    names = ("sea / harbour", "50%25", "a?b#c", "<b>", "e\u0301", "name with spaces", "a//b", "/", "...")
    with httpx.Client(base_url=serve(), trust_env=False) as client:
        for name in names:
            assert client.put(address_of(name), json=search).json()["name"] == name
        assert sorted(one["name"] for one in client.get("/api/v1/saved").json()["saved"]) == sorted(names)
        for name in names:
            assert client.get(address_of(name)).json()["search"] == search
            assert client.delete(address_of(name)).status_code == 204
        assert client.get("/api/v1/saved").json() == {"saved": []}


def address_of(name: str) -> str:
    return f"/api/v1/saved/{quote(name, safe='')}"
