"""Objects of buckets by the service: their bytes and pictures pass through it, and no client sees a key."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from making import noise
from object_store import KEY, SECRET, ObjectStore, be_impatient, entity_tag
from serving import Service, problem
from shards import picture, sound, write_tar
from sonolux.errors import QueryError
from sonolux.library import Library
from sonolux.media.objects.reading import BLOCK
from sonolux.presentation.html import PageSection, page
from sonolux.server.jobs.params import beneath_roots
from tables import cell, write_table

LONG = noise(60.0)


@pytest.fixture
def served(objects: ObjectStore, private_home: Path) -> Iterator[Service]:
    """A service of one bucket."""
    objects.buckets["box"] = {
        "in/a #1%.jpg": picture(10),
        "in/long.wav": sound(private_home, LONG),
        "in/old.tiff": picture(40, "TIFF"),
        "in/page.html": b"<html><script>alert(1)</script><p>words of a page",
    }
    root = private_home / "root"
    root.mkdir()
    with Library(private_home / "objects.sonolux") as library:
        added = library.add("s3://box", spaces=("colour-histogram", "bm25"), labels=False, fingerprints=False)
        assert (added.added, added.failed) == (4, [])
        objects.asked.clear()
        yield Service(private_home / "objects.sonolux", root, library)


@pytest.fixture
def client(served: Service) -> Iterator[TestClient]:
    with served.client() as opened:
        yield opened


def address(service: Service, key: str) -> str:
    return f"/api/v1/items/{service.library.item(f's3://box/in/{key}').id}"


def reads(objects: ObjectStore) -> list[tuple[str, str, str]]:
    return [one for one in objects.asked if one[0] == "GET"]


def harmless(response: httpx.Response) -> None:
    told = repr(response.headers) + response.text
    assert not any(one in told for one in (KEY, SECRET, "127.0.0.1", "X-Amz", "Signature"))


def test_an_object_is_sent_as_a_file_of_its_own(served: Service, client: TestClient) -> None:
    sent = client.get(f"{address(served, 'a #1%.jpg')}/media", follow_redirects=False)
    assert (sent.status_code, sent.content, sent.headers["content-type"]) == (200, picture(10), "image/jpeg")
    assert sent.headers["content-disposition"] == "inline; filename*=utf-8''a%20%231%25.jpg"
    page_ = client.get(f"{address(served, 'page.html')}/media")
    assert page_.headers["content-disposition"].startswith("attachment")
    item = client.get(address(served, "a #1%.jpg")).json()
    assert item["path"] == "s3://box/in/a #1%.jpg"
    harmless(sent)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_player_reads_the_ranges_that_it_asks_for(
    served: Service, client: TestClient, objects: ObjectStore, ranges: bool
) -> None:
    objects.ranges = ranges
    whole = objects.buckets["box"]["in/long.wav"]
    media = f"{address(served, 'long.wav')}/media"
    place = 2 * BLOCK + 17
    for asked, part in (
        ("bytes=5-9", whole[5:10]),
        (f"bytes={place}-{place + 99}", whole[place : place + 100]),
        ("bytes=-7", whole[-7:]),
    ):
        sent = client.get(media, headers={"range": asked})
        assert (sent.status_code, sent.content) == (206, part)
    if ranges:
        assert all(asked for _, _, asked in reads(objects))
        assert len(reads(objects)) <= 6  # its beginning, which says what it is, and the range
    problem(client.get(media, headers={"range": f"bytes={len(whole)}-"}), "range", 416)
    assert client.get(media).content == whole
    assert client.head(media).headers["content-length"] == str(len(whole))


def test_what_a_client_has_is_not_sent_again_until_it_is_replaced(
    served: Service, client: TestClient, objects: ObjectStore
) -> None:
    media = f"{address(served, 'a #1%.jpg')}/media"
    tag = client.get(media).headers["etag"]
    assert entity_tag(picture(10)) not in tag
    assert client.get(media, headers={"if-none-match": tag}).status_code == 304
    objects.buckets["box"]["in/a #1%.jpg"] = picture(10)[:-2] + b"\xff\xd9"[::-1]
    assert client.get(media, headers={"if-none-match": tag}).status_code == 200


def test_pictures_sounds_and_web_versions_of_objects(served: Service, client: TestClient, objects: ObjectStore) -> None:
    picture_of = f"{address(served, 'a #1%.jpg')}/thumbnail"
    thumbnail = client.get(picture_of)
    assert (thumbnail.status_code, thumbnail.headers["content-type"]) == (200, "image/jpeg")
    objects.asked.clear()
    assert client.get(picture_of).content == thumbnail.content
    assert reads(objects) == []
    peaks = client.get(f"{address(served, 'long.wav')}/waveform").json()
    assert peaks["seconds"] == pytest.approx(60.0, abs=0.1)
    shown = client.get(f"{address(served, 'old.tiff')}/media/web")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    objects.buckets["box"]["in/a #1%.jpg"] = picture(200)
    assert client.get(picture_of).content != thumbnail.content


def test_export_holds_objects_and_a_playlist_leaves_them_out(served: Service, client: TestClient) -> None:
    ids = [item.id for item in served.library.items()]
    zipped = zipfile.ZipFile(io.BytesIO(client.post("/api/v1/export", json={"ids": ids, "format": "zip"}).content))
    assert sorted(zipped.namelist()) == ["a #1%.jpg", "long.wav", "old.tiff", "page.html"]
    assert zipped.read("a #1%.jpg") == picture(10)
    playlist = client.post("/api/v1/export", json={"ids": ids, "format": "m3u8"}).text
    assert playlist.splitlines() == ["#EXTM3U", "# 1 left out: players do not open what lies in shards or buckets"]


@pytest.mark.parametrize(
    ("fault", "kind", "status"), [(403, "unopened", 403), (404, "not-found", 404), (503, "unopened", 403)]
)
def test_what_the_store_refuses_is_a_problem_without_keys(
    served: Service,
    client: TestClient,
    objects: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
    fault: int,
    kind: str,
    status: int,
) -> None:
    be_impatient(monkeypatch)
    objects.faults = {"in/a #1%.jpg": fault}
    for what in ("media", "thumbnail", "media/web"):
        answer = client.get(f"{address(served, 'a #1%.jpg')}/{what}")
        problem(answer, kind, status)
        harmless(answer)


def test_an_object_that_is_replaced_while_it_is_sent_is_no_mixture(
    served: Service, client: TestClient, objects: ObjectStore
) -> None:
    media = f"{address(served, 'long.wav')}/media"
    whole = objects.buckets["box"]["in/long.wav"]
    asked = objects.asked

    class Replacing(list):
        def append(self, one: tuple[str, str, str]) -> None:
            asked.append(one)
            if one[2] and not one[2].startswith("bytes=0-"):
                objects.buckets["box"]["in/long.wav"] = whole[::-1]

    objects.asked = Replacing()
    with pytest.raises(Exception), client.stream("GET", media) as sent:  # noqa: B017 - as the client sees it
        got = b"".join(sent.iter_raw())
        assert len(got) < len(whole)
        assert whole.startswith(got)
        raise ConnectionError


def test_members_of_shards_and_tables_in_buckets_are_sent(
    objects: ObjectStore, private_home: Path, tmp_path: Path
) -> None:
    shard = write_tar(tmp_path / "s.tar", [("cat.jpg", picture(10)), ("dog.jpg", picture(20))])
    table = write_table(tmp_path / "t.parquet", [cell(picture(40)), cell(picture(80))])
    objects.buckets["box"] = {"s.tar": shard.read_bytes(), "t.parquet": table.read_bytes()}
    with Library(private_home / "m.sonolux") as library:
        assert library.add("s3://box", spaces=["colour-histogram"], labels=False).added == 4
        service = Service(private_home / "m.sonolux", tmp_path, library)
        with service.client() as client:
            for name, content in (("s.tar#dog.jpg", picture(20)), ("t.parquet#1", picture(80))):
                media = f"/api/v1/items/{library.item(f's3://box/{name}').id}"
                sent = client.get(f"{media}/media")
                assert (sent.content, sent.headers["content-type"]) == (content, "image/jpeg")
                assert client.get(f"{media}/media", headers={"range": "bytes=5-9"}).content == content[5:10]
                shown = client.get(f"{media}/thumbnail")
                assert shown.status_code == 200, shown.text
            objects.asked.clear()
            dog = library.item("s3://box/s.tar#dog.jpg").id
            objects.buckets["box"]["s.tar"] = write_tar(tmp_path / "s.tar", [("cat.jpg", picture(1))]).read_bytes()
            problem(client.get(f"/api/v1/items/{dog}/media"), "not-found", 404)


def test_clients_add_no_buckets(private_home: Path) -> None:
    with pytest.raises(QueryError, match="cannot be added"):
        beneath_roots(["s3://box/photos"], [str(private_home)])


def test_a_page_of_hits_shows_urls_and_leads_nowhere(served: Service) -> None:
    shown = page([PageSection("colour", served.library.search(image="s3://box/in/a #1%.jpg"))], "hits")
    assert "s3:/<wbr>/<wbr>box/<wbr>in/<wbr>a #1%.jpg" in shown
    assert 'href="s3:' not in shown and 'href="file:' not in shown
    assert not any(one in shown for one in (KEY, SECRET, "127.0.0.1"))
