"""Members of shards by the service: their bytes, ranges and pictures, under the guards of ordinary files."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving import Service, problem
from shards import picture, sound, write_tar
from sonolux.library import Library
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.server.media.opening import open_stretch
from sonolux.server.problems import ProblemError
from sonolux.settings import settings
from tables import cell, write_table

PAGE = b"<html><script>alert(1)</script><p>words of a page"


@pytest.fixture
def sharded(private_home: Path) -> Iterator[Service]:
    """A service of one shard."""
    root = private_home.resolve() / "root"
    (root / "inner").mkdir(parents=True)
    members = [
        ("a/cat.jpg", picture(10)),
        ("a/cat.txt", b"A cat"),
        ("bell.wav", sound(private_home)),
        ("page.html", PAGE),
        ("old.tiff", picture(40, "TIFF")),
    ]
    write_tar(root / "inner" / "s.tar", members)
    with Library(private_home / "shards.sonolux") as library:
        added = library.add(root, spaces=("colour-histogram", "bm25"), labels=False, fingerprints=False)
        assert (added.added, added.failed) == (4, [])
        yield Service(private_home / "shards.sonolux", root, library)


def address(service: Service, name: str) -> str:
    return f"/api/v1/items/{service.library.item(f'{service.media}/inner/s.tar#{name}').id}"


@pytest.fixture
def client(sharded: Service) -> Iterator[TestClient]:
    with sharded.client() as opened:
        yield opened


def test_a_member_is_sent_as_a_file_of_its_own(sharded: Service, client: TestClient) -> None:
    sent = client.get(f"{address(sharded, 'a/cat.jpg')}/media")
    assert (sent.content, sent.headers["content-type"]) == (picture(10), "image/jpeg")
    assert sent.headers["content-disposition"] == "inline; filename*=utf-8''cat.jpg"
    assert sent.headers["x-content-type-options"] == "nosniff"
    page = client.get(f"{address(sharded, 'page.html')}/media")
    assert page.content == PAGE
    assert page.headers["content-disposition"].startswith("attachment")


def test_ranges_stay_within_a_member(sharded: Service, client: TestClient) -> None:
    whole = picture(10)
    media = f"{address(sharded, 'a/cat.jpg')}/media"
    for asked, part in (("bytes=5-9", whole[5:10]), ("bytes=100-", whole[100:]), ("bytes=-7", whole[-7:])):
        sent = client.get(media, headers={"range": asked})
        assert (sent.status_code, sent.content) == (206, part)
    beyond = client.get(media, headers={"range": f"bytes={len(whole)}-"})
    problem(beyond, "range", 416)
    assert client.head(media).headers["content-length"] == str(len(whole))
    tags = {client.get(f"{address(sharded, name)}/media").headers["etag"] for name in ("a/cat.jpg", "bell.wav")}
    assert len(tags) == 2
    assert client.get(media, headers={"if-none-match": client.get(media).headers["etag"]}).status_code == 304


def test_pictures_sounds_and_web_versions_of_members(sharded: Service, client: TestClient) -> None:
    thumbnail = client.get(f"{address(sharded, 'a/cat.jpg')}/thumbnail")
    assert (thumbnail.status_code, thumbnail.headers["content-type"]) == (200, "image/jpeg")
    peaks = client.get(f"{address(sharded, 'bell.wav')}/waveform").json()
    assert peaks["seconds"] == pytest.approx(1.0, abs=0.01)
    shown = client.get(f"{address(sharded, 'old.tiff')}/media/web")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert client.get(address(sharded, "a/cat.jpg")).json()["metadata"]["title"] == "A cat"


def test_export_holds_members_and_a_playlist_leaves_them_out(sharded: Service, client: TestClient) -> None:
    ids = [item.id for item in sharded.library.items()]
    zipped = zipfile.ZipFile(io.BytesIO(client.post("/api/v1/export", json={"ids": ids, "format": "zip"}).content))
    assert sorted(zipped.namelist()) == ["bell.wav", "cat.jpg", "old.tiff", "page.html"]
    assert zipped.read("cat.jpg") == picture(10)
    playlist = client.post("/api/v1/export", json={"ids": ids, "format": "m3u8"}).text
    assert playlist.splitlines() == ["#EXTM3U", "# 1 left out: players do not open what lies in shards or buckets"]


def test_a_shard_that_became_a_link_or_lost_a_member_is_not_opened(sharded: Service, client: TestClient) -> None:
    media = f"{address(sharded, 'a/cat.jpg')}/media"
    shard = sharded.media / "inner" / "s.tar"
    outside = sharded.media.parent / "outside.tar"
    shard.rename(outside)
    shard.symlink_to(outside)
    problem(client.get(media), "unopened", 403)
    shard.unlink()
    write_tar(shard, [("bell.wav", b"x")])
    problem(client.get(media), "not-found", 404)
    shard.write_bytes(b"no tar")
    problem(client.get(media), "unopened", 403)
    shard.unlink()
    problem(client.get(media), "not-found", 404)


def test_rows_of_tables_are_sent_in_ranges_as_they_are(private_home: Path) -> None:
    root = private_home.resolve() / "root"
    root.mkdir()
    table = write_table(root / "t.parquet", [cell(picture(1)), cell(picture(2))])
    with Library(private_home / "tables.sonolux") as library:
        assert library.add(root, spaces=("colour-histogram",), labels=False, fingerprints=False).added == 2
        service = Service(private_home / "tables.sonolux", root, library)
        with service.client() as client:
            one, two = (f"/api/v1/items/{library.item(f'{table}#{row}').id}" for row in (0, 1))
            sent, other = client.get(f"{one}/media"), client.get(f"{two}/media")
            assert (sent.content, sent.headers["content-type"]) == (picture(1), "image/jpeg")
            assert other.content == picture(2)
            assert sent.headers["etag"] == client.get(f"{one}/media").headers["etag"] != other.headers["etag"]
            part = client.get(f"{two}/media", headers={"range": "bytes=3-8", "if-range": other.headers["etag"]})
            assert (part.status_code, part.content) == (206, picture(2)[3:9])
            assert client.get(f"{one}/thumbnail").status_code == 200
            outside = private_home / "outside.parquet"
            table.rename(outside)
            table.symlink_to(outside)
            problem(client.get(f"{one}/media"), "unopened", 403)
            table.unlink()
            table.write_bytes(b"PAR1 no table")
            problem(client.get(f"{one}/media"), "unopened", 403)
    assert not list((settings().cache / "members").iterdir())


def test_a_table_that_is_exchanged_meanwhile_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = write_table(tmp_path.resolve() / "t.parquet", [cell(picture(1))])
    reading = IsolatedDecoder.read

    def exchanging(*given: Any) -> Iterator[Any]:
        yield from reading(*given)
        write_table(tmp_path / "other.parquet", [cell(picture(2))]).replace(table)

    stretch = open_stretch(f"{table}#0", [tmp_path])
    assert stretch.read_at(0, 2**20) == picture(1)
    os.close(stretch.descriptor)
    monkeypatch.setattr(IsolatedDecoder, "read", exchanging)
    with pytest.raises(ProblemError) as caught:
        open_stretch(f"{table}#0", [tmp_path])
    assert caught.value.kind.name == "unopened"
