"""The API says what the library says, of every kind of medium, in documents that keep their form."""

from __future__ import annotations

import io
import uuid
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from starlette.testclient import TestClient

from serving import Service, problem
from sonolux.library.projection import SpaceProjection
from sonolux.presentation.data import annotation_as_data, hit_as_data, item_as_data, part_as_data

NOBODY = "00000000-0000-4000-8000-00000000dead"


FACTS = {"width", "height", "duration", "date", "copies"}
"""Of the file of a hit, which the service tells with it."""


def own_of(hits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    assert all(hit.keys() >= FACTS for hit in hits)
    return [{key: hit[key] for key in hit if key not in FACTS} for hit in hits]


def test_search_says_what_the_library_says(service: Service, client: TestClient) -> None:
    found = client.post("/api/v1/search", json={"parts": [{"kind": "text", "text": "rain"}], "limit": 5}).json()
    hits = service.library.search("rain", k=5)
    assert own_of(found["hits"]) == [hit_as_data(hit) for hit in hits]
    assert found["total"] >= len(hits) and found["spaces"] == list(hits.spaces)


def test_search_by_an_item_a_filter_and_a_space(service: Service, client: TestClient) -> None:
    image = service.first("image")
    asked = {"parts": [{"kind": "item", "item": image}], "where": {"modality": "image"}, "spaces": ["colour-histogram"]}
    found = client.post("/api/v1/search", json=asked).json()
    hits = service.library.search(like=image, where={"modality": "image"}, spaces="colour-histogram", k=20)
    assert own_of(found["hits"]) == [hit_as_data(hit) for hit in hits] and found["hits"]


def test_a_ranking_is_read_page_by_page_and_expires(service: Service, client: TestClient) -> None:
    asked = {"parts": [{"kind": "item", "item": service.first("image")}], "limit": 2}
    first = client.post("/api/v1/search", json=asked).json()
    pages = [client.get(f"/api/v1/rankings/{first['ranking']}?offset={n}&limit=2").json() for n in (0, 2)]
    assert pages[0]["hits"] == first["hits"] and pages[1]["hits"]
    assert not {hit["id"] for hit in pages[0]["hits"]} & {hit["id"] for hit in pages[1]["hits"]}
    problem(client.get("/api/v1/rankings/nothing-of-that-name"), "expired", 410)


def test_items_are_listed_once_each_by_cursors(service: Service, client: TestClient) -> None:
    seen, cursor = [], ""
    while True:
        page = client.get("/api/v1/items", params={"limit": 7, "cursor": cursor}).json()
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = page["next"]
    every = {item.id: item_as_data(item) for item in service.library.items()}
    assert {item["id"]: item for item in seen} == every and len(seen) == len(every)
    problem(client.get("/api/v1/items?cursor=bm9wZQ"), "invalid", 422)


def test_an_item_has_its_spans_and_annotations(service: Service, client: TestClient) -> None:
    for modality in ("image", "audio", "video", "text"):
        id_ = service.first(modality)
        told = client.get(f"/api/v1/items/{id_}").json()
        spans, said = told.pop("spans"), told.pop("annotations")
        assert told == item_as_data(service.library.item(id_))
        assert spans == [part_as_data(part) for part in service.library.spans_of(id_)]
        assert said == [annotation_as_data(one) for one in service.library.annotations(id_)]
        assert client.get(f"/api/v1/items/{id_}/annotations").json() == {"annotations": said}
    problem(client.get(f"/api/v1/items/{NOBODY}"), "not-found", 404)


def test_a_text_is_read(service: Service, client: TestClient) -> None:
    id_ = service.id_of("a_day_out.srt")
    passages = client.get(f"/api/v1/items/{id_}/text").json()["passages"]
    assert [one["text"] for one in passages] == [part.text for part in service.library.spans_of(id_)]
    assert passages[0]["unit"] == "seconds"


def test_neighbours_and_copies(service: Service, client: TestClient) -> None:
    id_ = service.first("image")
    found = client.get(f"/api/v1/items/{id_}/neighbours?space=colour-layout&k=3").json()["hits"]
    hits = service.library.search(like=id_, spaces="colour-layout", k=3)
    assert found == [hit_as_data(hit) for hit in hits]
    problem(client.get(f"/api/v1/items/{id_}/neighbours?space=nowhere"), "question", 422)
    assert client.get(f"/api/v1/items/{id_}/copies").json() == {"total": 0, "groups": []}
    assert client.get("/api/v1/copies").json() == {"total": 0, "groups": []}


def test_spaces_have_their_models(service: Service, client: TestClient) -> None:
    found = {one["space"]: one for one in client.get("/api/v1/spaces").json()["spaces"]}
    assert set(found) == set(service.library.spaces.names())
    assert all({"name", "digest", "licence"} <= set(encoder) for one in found.values() for encoder in one["encoders"])


def test_info_counts_and_says_what_is_allowed(service: Service, client: TestClient) -> None:
    told = client.get("/api/v1/info").json()
    assert told.items() >= service.library.info().items()
    assert told["read_only"] is False and told["roots"] == [str(service.media)]


@pytest.mark.parametrize("width", [160, 320])
def test_a_thumbnail_is_as_wide_as_is_asked(service: Service, client: TestClient, width: int) -> None:
    for name in ("coffee.jpg", "a_day_out.mp4"):
        sent = client.get(f"/api/v1/items/{service.id_of(name)}/thumbnail?width={width}")
        assert sent.headers["content-type"] == "image/jpeg", sent.text
        assert max(PIL.Image.open(io.BytesIO(sent.content)).size) == width
    problem(client.get(f"/api/v1/items/{service.first('image')}/thumbnail?width=77"), "invalid", 422)
    problem(client.get(f"/api/v1/items/{service.first('text')}/thumbnail"), "nothing-to-show", 404)


def test_sound_has_peaks_and_a_spectrogram(service: Service, client: TestClient) -> None:
    id_ = service.id_of("birdsong.ogg")
    told = client.get(f"/api/v1/items/{id_}/waveform?bins=100").json()
    assert len(told["peaks"]) == 100 and 0 < max(told["peaks"]) <= 1
    assert told["seconds"] == pytest.approx(8, abs=0.1)
    sent = client.get(f"/api/v1/items/{id_}/spectrogram?width=320")
    assert sent.status_code == 200, sent.text
    assert PIL.Image.open(io.BytesIO(sent.content)).size == (320, 128)
    problem(client.get(f"/api/v1/items/{service.first('image')}/waveform"), "nothing-to-show", 404)


def test_media_are_the_files(service: Service, client: TestClient) -> None:
    for item in service.library.items():
        sent = client.get(f"/api/v1/items/{item.id}/media")
        assert sent.content == Path(item.path).read_bytes()
        assert sent.headers["content-length"] == str(len(sent.content))


def test_one_range_of_a_file(service: Service, client: TestClient) -> None:
    address = f"/api/v1/items/{service.id_of('birdsong.ogg')}/media"
    whole = client.get(address).content
    for asked, part in (("bytes=5-9", whole[5:10]), ("bytes=100-", whole[100:]), ("bytes=-7", whole[-7:])):
        sent = client.get(address, headers={"range": asked})
        assert (sent.status_code, sent.content) == (206, part)
    assert client.get(address, headers={"range": "bytes=5-9"}).headers["content-range"] == f"bytes 5-9/{len(whole)}"
    beyond = client.get(address, headers={"range": f"bytes={len(whole)}-"})
    problem(beyond, "range", 416)
    assert beyond.headers["content-range"] == f"bytes */{len(whole)}"
    assert client.head(address).headers["content-length"] == str(len(whole))


def test_a_range_of_another_version_is_the_whole_file(service: Service, client: TestClient) -> None:
    address = f"/api/v1/items/{service.first('image')}/media"
    tag = client.get(address).headers["etag"]
    assert client.get(address, headers={"range": "bytes=0-0", "if-range": tag}).status_code == 206
    assert client.get(address, headers={"range": "bytes=0-0", "if-range": '"other"'}).status_code == 200


def test_what_is_known_is_not_sent_again(service: Service, client: TestClient) -> None:
    id_ = service.first("image")
    for address in (f"items/{id_}", f"items/{id_}/media", f"items/{id_}/thumbnail", "spaces", "items?limit=3"):
        tag = client.get(f"/api/v1/{address}").headers["etag"]
        again = client.get(f"/api/v1/{address}", headers={"if-none-match": f'"other", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), address


def test_saved_searches(client: TestClient) -> None:
    search = {"parts": [{"kind": "text", "text": "rain"}], "limit": 3}
    assert client.put("/api/v1/saved/wet days", json=search).json()["search"] == search
    assert [one["name"] for one in client.get("/api/v1/saved").json()["saved"]] == ["wet days"]
    again = client.post("/api/v1/search", json=client.get("/api/v1/saved/wet days").json()["search"])
    assert again.status_code == 200
    assert client.delete("/api/v1/saved/wet days").status_code == 204
    problem(client.get("/api/v1/saved/wet days"), "not-found", 404)
    problem(client.put("/api/v1/saved/x", json={"parts": []}), "invalid", 422)
    problem(client.put("/api/v1/saved/x", json={"parts": [], "where": {}}), "invalid", 422)


def test_a_saved_search_may_be_of_filters_alone(client: TestClient) -> None:
    for search in ({"where": {"modality": "image"}}, {"parts": [], "where": ["modality=image"], "fold": True}):
        assert client.put("/api/v1/saved/pictures", json=search).json()["search"] == search
    assert client.get("/api/v1/saved/pictures").status_code == 200
    # A question itself still has something to ask with.
    problem(client.post("/api/v1/search", json={"where": {"modality": "image"}}), "invalid", 422)
    assert client.delete("/api/v1/saved/pictures").status_code == 204


def test_judgements(service: Service, client: TestClient) -> None:
    image = service.first("image")
    assert client.post("/api/v1/judgements", json={"text": "a cup", "liked": [image]}).json() == {"kept": 1}
    assert [one["item"] for one in client.get("/api/v1/judgements").json()["judgements"]] == [image]
    undo = client.request("DELETE", "/api/v1/judgements", json={"text": "a cup", "liked": [image]})
    assert undo.json() == {"withdrawn": 1}
    assert client.get("/api/v1/judgements").json() == {"judgements": []}


def test_a_selection_is_exported(service: Service, client: TestClient) -> None:
    ids = [service.first(modality) for modality in ("image", "audio")]
    listed = client.post("/api/v1/export", json={"ids": ids, "format": "json"})
    assert [item["id"] for item in listed.json()["items"]] == ids
    lines = client.post("/api/v1/export", json={"ids": ids, "format": "m3u8"}).text.splitlines()
    assert lines[0] == "#EXTM3U" and lines[2] == Path(service.library.item(ids[1]).path).as_uri() and len(lines) == 3
    zipped = zipfile.ZipFile(io.BytesIO(client.post("/api/v1/export", json={"ids": ids, "format": "zip"}).content))
    assert zipped.testzip() is None
    paths = [Path(service.library.item(id_).path) for id_ in ids]
    assert {name: zipped.read(name) for name in zipped.namelist()} == {path.name: path.read_bytes() for path in paths}


def test_a_ranking_is_exported_whole(service: Service, client: TestClient) -> None:
    asked = {"parts": [{"kind": "item", "item": service.first("image")}], "limit": 1}
    first = client.post("/api/v1/search", json=asked).json()
    listed = client.post("/api/v1/export", json={"ranking": first["ranking"], "format": "json"}).json()
    assert len(listed["items"]) == first["total"] > 1


def test_there_is_a_map_once_it_is_drawn(service: Service, client: TestClient) -> None:
    problem(client.get("/api/v1/map"), "no-map", 404)
    problem(client.get("/api/v1/map?space=nowhere"), "question", 422)
    ids = [item.id for item in service.library.items({"modality": "image"})]
    path = service.library.cache_folder("projections") / "colour-layout.npz"
    SpaceProjection("colour-layout", ids, np.zeros((len(ids), 2), np.float32)).save(path)
    told = client.get("/api/v1/map?space=colour-layout").json()
    assert told["ids"][: len(ids)] == ids
    assert (told["space"], set(told["modality"][: len(ids)])) == ("colour-layout", {"image"})


def test_health_readiness_and_metrics(service: Service, client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}
    client.get(f"/api/v1/items/{service.first('image')}")
    text = client.get("/metrics").text
    assert 'sonolux_http_requests_total{method="GET",route="/api/v1/items/{id}",status="200"} 1.0' in text
    assert "sonolux_library_up 1.0" in text


def test_a_library_that_is_away_is_said_so(service: Service) -> None:
    from sonolux.server.calls.protocol import LibraryUnavailable

    class Away:
        async def call(self, name: str, /, *, deadline: float = 30.0, **params: object) -> object:
            raise LibraryUnavailable("the library process is not there")

    with service.client(calls=Away()) as client:
        for address in ("/readyz", "/api/v1/info"):
            told = client.get(address)
            problem(told, "unavailable", 503)
            assert int(told.headers["retry-after"]) > 0
        assert client.get("/healthz").status_code == 200
        assert "sonolux_library_up 0.0" in client.get("/metrics").text


def test_every_kind_of_problem_is_explained(client: TestClient) -> None:
    from sonolux.server.problems import KINDS

    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
    for name, kind in KINDS.items():
        assert client.get(f"/problems/{name}").json()["title"] == kind.title
        assert f"`{name}`" in page, f"docs/api.md does not explain {name}"


def test_what_is_not_there_is_a_problem_too(client: TestClient) -> None:
    problem(client.get("/api/v1/nothing"), "not-found", 404)
    told = client.delete("/api/v1/info")
    problem(told, "method", 405)
    assert told.headers["allow"] == "GET"
    told = client.get("/api/v1/search")
    problem(told, "method", 405)


def test_names_that_are_no_unicode_survive(tmp_path: Path, service: Service) -> None:
    """A name of any bytes is shown escaped; the file is found by its id all the same."""
    import os
    import shutil

    from sonolux.library import Library

    folder = tmp_path / "odd"
    folder.mkdir()
    odd = os.fsencode(folder) + b"/caf\xe9\n.txt"
    Path(os.fsdecode(odd)).write_bytes(b"words of an odd file, of which there is one")
    with Library(tmp_path / "odd.sonolux") as library:
        library.add(folder, spaces=["bm25"])
        with Service(tmp_path / "odd.sonolux", folder, library).client() as client:
            item = client.get("/api/v1/items").json()["items"][0]
            assert item["path"].endswith(r"caf\xe9\n.txt")
            sent = client.get(f"/api/v1/items/{item['id']}/media")
            assert sent.content.startswith(b"words")
            found = client.post("/api/v1/search", json={"parts": [{"kind": "text", "text": "odd"}]}).json()
            assert found["hits"][0]["path"].endswith(r"caf\xe9\n.txt")
            zipped = client.post("/api/v1/export", json={"ids": [item["id"]], "format": "zip"})
            assert len(zipfile.ZipFile(io.BytesIO(zipped.content)).namelist()) == 1
    shutil.rmtree(folder)


def test_jobs_are_queued_listed_followed_and_cancelled(service: Service, client: TestClient) -> None:
    queued = client.post("/api/v1/jobs", json={"kind": "optimize"})
    assert queued.status_code == 202 and queued.json()["state"] == "queued"
    id_ = queued.json()["id"]
    assert client.get(f"/api/v1/jobs/{id_}").json() == queued.json()
    removal = client.delete(f"/api/v1/items/{service.first('image')}")
    assert removal.status_code == 202
    assert removal.json()["params"] == {"ids": [service.first("image")]}
    assert [job["id"] for job in client.get("/api/v1/jobs").json()["jobs"]] == [removal.json()["id"], id_]
    for each in (id_, removal.json()["id"]):
        assert client.delete(f"/api/v1/jobs/{each}").json()["state"] == "cancelled"
    problem(client.get(f"/api/v1/jobs/{uuid.uuid4()}"), "not-found", 404)
    problem(client.post("/api/v1/jobs", json={"kind": "annotate", "params": {"odd": 1}}), "question", 422)
