"""Uploads that are added to the library: kept below a root, safely named, never over another file, and found."""

from __future__ import annotations

import errno
import os
import unicodedata
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from serving import Service, problem
from sonolux.errors import LibraryError, QueryError
from sonolux.library import Library
from sonolux.server.jobs.params import check_params
from sonolux.server.jobs.table import Job, JobTable
from sonolux.server.jobs.worker import JobWorker
from sonolux.server.kept_uploads import keep_upload, kept_folder
from sonolux.server.media.file_names import ENDINGS, LONGEST, safe_name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(os.path.realpath(tmp_path))


@pytest.fixture
def kept(library: Library, copied: Path, root: Path) -> Service:
    """A service of a library of its own, with an empty root."""
    return Service(copied, root, library)


@pytest.fixture
def client(kept: Service) -> Iterator[TestClient]:
    with kept.client() as opened:
        yield opened


@pytest.fixture
def image(sample: Path) -> bytes:
    return next(sample.rglob("cat.jpg")).read_bytes()


def put(client: TestClient, content: bytes, name: str) -> str:
    told = client.put(f"/api/v1/uploads/{uuid.uuid4()}", content=content, params={"name": name})
    assert told.status_code == 201, told.text
    return str(told.json()["id"])


def keep(client: TestClient, *ids: str) -> dict[str, Any]:
    told = client.post("/api/v1/jobs", json={"kind": "add", "params": {"uploads": list(ids), "labels": False}})
    assert told.status_code == 202, told.text
    return dict(told.json())


def run_next(kept: Service) -> Job:
    """Run the job that waits, as the library process does."""
    table = JobTable(kept.state())
    worker = JobWorker(kept.library, table, [str(kept.media)])
    waiting = table.take(os.getpid())
    assert waiting is not None
    worker._run_job(waiting)
    return table.job(waiting.id)


def test_an_upload_that_is_kept_is_found(kept: Service, client: TestClient, image: bytes, root: Path) -> None:
    altered = image + b"\0"  # not the bytes of the sample's own
    id_ = put(client, altered, "My cat.jpg")
    keep(client, id_)
    done = run_next(kept)
    assert (done.state, done.failed) == ("done", [])
    assert (root / "uploads" / "My cat.jpg").read_bytes() == altered
    [told] = client.get(f"/api/v1/jobs/{done.id}").json()["summary"]["kept"]
    assert (told["upload"], told["path"]) == (id_, str(root / "uploads" / "My cat.jpg"))
    found = client.post("/api/v1/search", json={"parts": [{"kind": "upload", "upload": id_}], "limit": 5}).json()
    assert told["id"] in [hit["id"] for hit in found["hits"]]
    assert client.get(f"/api/v1/items/{told['id']}/media").content == altered
    # Others of this machine may read it as they read what else lies there.
    assert (root / "uploads" / "My cat.jpg").stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_nothing_is_overwritten(kept: Service, client: TestClient, image: bytes, root: Path) -> None:
    (root / "uploads").mkdir()
    (root / "uploads" / "cat.jpg").write_bytes(b"mine")
    (root / "elsewhere").write_bytes(b"of somebody")
    (root / "uploads" / "cat 2.jpg").symlink_to(root / "elsewhere")
    (root / "uploads" / "cat 3.jpg").mkdir()
    keep(client, put(client, image, "cat.jpg"))
    assert run_next(kept).state == "done"
    assert (root / "uploads" / "cat.jpg").read_bytes() == b"mine"
    assert (root / "uploads" / "cat 2.jpg").is_symlink()
    assert (root / "elsewhere").read_bytes() == b"of somebody"
    assert (root / "uploads" / "cat 4.jpg").read_bytes() == image


def test_what_is_kept_again_is_one_file(kept: Service, client: TestClient, image: bytes, root: Path) -> None:
    """Pressed twice, sent twice, or begun again after the process died with half of a copy written."""
    first, second = put(client, image, "cat.jpg"), put(client, image, "cat.jpg")
    keep(client, first, second)
    run_next(kept)
    (root / "uploads" / f".{first}.part").write_bytes(b"half")
    keep(client, first)
    done = run_next(kept)
    assert done.summary is not None
    assert (done.summary["unchanged"], done.summary["added"]) == (1, 0)
    assert sorted(path.name for path in (root / "uploads").iterdir()) == ["cat.jpg"]


def test_names_make_no_paths_and_lie_about_no_content(
    kept: Service, client: TestClient, image: bytes, root: Path
) -> None:
    names = {
        "../../evil.html": "evil.html.jpg",
        "C:\\Users\\me\\cat.JPEG": "cat.JPEG",
        ".hidden": "hidden.jpg",
        "<script>alert(1)</script>.png": "script.png.jpg",
        "cat\u202egpj.exe": "catgpj.exe.jpg",
        "": "upload.jpg",
        "nul.jpg": "_nul.jpg",
        "a.jpg.json": "a.jpg.json.jpg",
        "#1 100%?.jpg": "#1 100%.jpg",
    }
    keep(client, *[put(client, image + bytes([n]), name) for n, name in enumerate(names)])
    done = run_next(kept)
    assert done.failed == []
    assert sorted(path.name for path in (root / "uploads").iterdir()) == sorted(names.values())


def test_names_that_differ_in_case_alone_are_two(kept: Service, client: TestClient, image: bytes, root: Path) -> None:
    """As on a phone's `a.jpg` and `A.JPG`: a folder that is synchronised to another system loses neither."""
    keep(client, *[put(client, image + bytes([n]), name) for n, name in enumerate(("cat.jpg", "CAT.JPG", "Cat.jpeg"))])
    assert run_next(kept).failed == []
    names = sorted(path.name for path in (root / "uploads").iterdir())
    assert names == ["CAT 2.JPG", "Cat.jpeg", "cat.jpg"]


def test_long_names_and_letters_of_several_bytes(kept: Service, client: TestClient, image: bytes, root: Path) -> None:
    names = ["水" * 250 + ".jpg", "💫.jpg", "_Like A Royal Bengal Tiger...__ Mamata.jpg"]
    keep(client, *[put(client, image + bytes([n]), name) for n, name in enumerate(names)])
    assert run_next(kept).failed == []
    found = sorted(path.name for path in (root / "uploads").iterdir())
    assert found == sorted(["水" * 58 + ".jpg", *names[1:]])


def test_a_text_is_kept_by_its_form(kept: Service, client: TestClient, root: Path) -> None:
    document = root / "letter"
    with zipfile.ZipFile(document, "w") as package:
        body = "<w:p><w:r><w:t>A letter about zeppelins</w:t></w:r></w:p>"
        name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        package.writestr("word/document.xml", f'<w:document xmlns:w="{name}"><w:body>{body}</w:body></w:document>')
    described = b"photoTakenTime: {}, title: not of yours\n"
    keep(
        client,
        put(client, document.read_bytes(), "letter.exe"),
        put(client, b"# Notes\n\nOf a day at sea.\n", "notes.md"),
        put(client, described, "cat.jpg.json"),  # a sidecar, were it called so
    )
    assert run_next(kept).failed == []
    names = sorted(path.name for path in (root / "uploads").iterdir())
    assert names == ["cat.jpg.json.txt", "letter.exe.docx", "notes.md"]


def test_what_has_gone_meanwhile_is_named_and_the_rest_is_kept(
    kept: Service, client: TestClient, image: bytes, root: Path
) -> None:
    gone, there = put(client, image, "gone.jpg"), put(client, image, "there.jpg")
    keep(client, gone, there)
    client.delete(f"/api/v1/uploads/{gone}")
    done = run_next(kept)
    assert [one["path"] for one in done.failed] == [gone]
    assert [path.name for path in (root / "uploads").iterdir()] == ["there.jpg"]


def test_an_upload_that_is_not_there_is_refused(client: TestClient) -> None:
    asked = {"kind": "add", "params": {"uploads": [str(uuid.uuid4())]}}
    problem(client.post("/api/v1/jobs", json=asked), "not-found", 404)
    for wrong in ("../etc", 5, None, ""):
        asked["params"] = {"uploads": [wrong]}
        problem(client.post("/api/v1/jobs", json=asked), "question", 422)
    problem(client.post("/api/v1/jobs", json={"kind": "add", "params": {}}), "question", 422)
    problem(client.post("/api/v1/jobs", json={"kind": "add", "params": {"uploads": "all"}}), "question", 422)
    assert client.get("/api/v1/jobs").json()["jobs"] == []


def test_without_a_root_or_the_right_to_write_nothing_is_kept(kept: Service, image: bytes) -> None:
    for more, kind in (({"roots": ()}, "outside-roots"), ({"read_only": True}, "read-only")):
        with kept.client(**more) as client:
            id_ = put(client, image, "cat.jpg")
            told = client.post("/api/v1/jobs", json={"kind": "add", "params": {"uploads": [id_]}})
            problem(told, kind, 403)


def test_a_folder_that_leads_out_of_the_root_takes_nothing(
    kept: Service, client: TestClient, image: bytes, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (root / "uploads").symlink_to(outside)
    keep(client, put(client, image, "cat.jpg"))
    done = run_next(kept)
    assert done.state == "failed"
    assert "cannot be added" in done.reason
    assert list(outside.iterdir()) == []
    (root / "uploads").unlink()
    (root / "uploads").write_text("a file")
    with pytest.raises(QueryError, match="cannot be kept"):
        kept_folder([str(root)])


def test_an_upload_is_kept_in_the_root_that_is_named(
    kept: Service, client: TestClient, image: bytes, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    id_ = put(client, image + b"\0", "cat.jpg")
    asked = {"kind": "add", "params": {"uploads": [id_], "into": str(other)}}
    told = problem(client.post("/api/v1/jobs", json=asked), "outside-roots", 403)
    assert told["field"] == "params.into"
    with pytest.raises(QueryError, match="a root of the service, which"):
        kept_folder([str(root)], str(other))
    link = root / "link"
    link.symlink_to(other)
    assert kept_folder([str(root), str(other)], str(link)) == Path(os.path.realpath(other)) / "uploads"
    assert kept_folder([str(root), str(other)], f"{other}/") == Path(os.path.realpath(other)) / "uploads"


def test_a_full_disk_costs_the_file_that_was_coming(
    kept: Service, client: TestClient, image: bytes, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sonolux.server import kept_uploads

    id_ = put(client, image, "cat.jpg")
    folder = kept_folder([str(root)])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kept_uploads.shutil, "copyfileobj", full)
    with pytest.raises(LibraryError, match="No space left"):
        keep_upload(kept.state(), id_, folder)
    assert list(folder.iterdir()) == []


def test_a_file_system_without_hard_links(
    kept: Service, client: TestClient, image: bytes, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    id_ = put(client, image, "cat.jpg")
    monkeypatch.setattr(Path, "hardlink_to", none)
    folder = kept_folder([str(root)])
    (folder / "cat.jpg").write_bytes(b"mine")
    assert keep_upload(kept.state(), id_, folder) == folder / "cat 2.jpg"
    assert (folder / "cat.jpg").read_bytes() == b"mine"
    assert (folder / "cat 2.jpg").read_bytes() == image
    assert len(list(folder.iterdir())) == 2


@given(st.text(max_size=300), st.sampled_from(sorted(ENDINGS)))
def test_a_safe_name_is_one_and_stays_what_it_is(name: str, kind: str) -> None:
    found = safe_name(name.encode("utf-8", "replace").decode(), kind, "")
    assert safe_name(found, kind, "") == found
    assert found == unicodedata.normalize("NFC", Path(found).name) == found.strip(". ")
    assert not set(found) & set('/\\<>:"|?*\0\n\r')
    assert all(unicodedata.category(one) not in ("Cc", "Cf", "Cs") for one in found)
    assert found.rpartition(".")[2].lower() in ENDINGS[kind]
    assert len(found.encode()) <= LONGEST + 1


def test_a_job_has_something_to_add() -> None:
    with pytest.raises(QueryError, match="paths or uploads"):
        check_params("add", {"paths": []})
