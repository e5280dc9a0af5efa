"""Which files are opened: those of items, without following a link out of their roots."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from serving import Service, problem
from sonolux.library import Library
from sonolux.server.media.opening import open_item
from sonolux.server.problems import ProblemError

SECRET = b"secret words of another folder"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A root with a file in a folder, and a secret beside the root."""
    root = tmp_path.resolve() / "root"
    (root / "inner").mkdir(parents=True)
    (root / "inner" / "item.txt").write_bytes(b"words of an item")
    (tmp_path / "secret.txt").write_bytes(SECRET)
    return root


def read(path: Path, *roots: Path) -> bytes:
    descriptor = open_item(str(path), roots)
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def refused(path: Path, *roots: Path) -> str:
    with pytest.raises(ProblemError) as caught:
        open_item(str(path), roots)
    return caught.value.kind.name


def test_a_file_is_opened(tree: Path) -> None:
    assert read(tree / "inner" / "item.txt", tree) == read(tree / "inner" / "item.txt") == b"words of an item"


def test_a_file_that_became_a_link_out_of_its_root_is_not_opened(tree: Path) -> None:
    item = tree / "inner" / "item.txt"
    item.unlink()
    item.symlink_to(tree.parent / "secret.txt")
    assert refused(item, tree) == refused(item) == "unopened"


def test_a_folder_that_became_a_link_is_not_followed(tree: Path) -> None:
    (tree / "inner").rename(tree.parent / "moved")
    (tree / "inner").symlink_to(tree.parent / "moved")
    assert refused(tree / "inner" / "item.txt", tree) == "unopened"


def test_a_link_to_a_file_of_the_same_root_is_followed(tree: Path) -> None:
    link = tree / "annexed.txt"
    link.symlink_to("inner/item.txt")
    assert read(link, tree) == b"words of an item"
    assert refused(link) == "unopened"  # without a root nothing says how far it may lead


def test_a_link_by_way_of_another_out_of_the_root_is_not_followed(tree: Path) -> None:
    (tree / "first").symlink_to(tree / "second")
    (tree / "second").symlink_to(tree.parent / "secret.txt")
    assert refused(tree / "first", tree) == "unopened"


def test_pipes_devices_and_folders_are_not_opened(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    for path in (tree / "pipe", tree / "inner", Path("/dev/null"), Path("/dev/zero")):
        assert refused(path, tree) == "unopened"
    assert refused(tree / "gone.txt", tree) == "not-found"
    assert refused(tree / "inner" / ".." / ".." / "secret.txt", tree) == "unopened"


def test_no_descriptor_is_left_behind(tree: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in (tree / "inner", tree / "gone", Path("/dev/null"), tree / "a" / "b" / "c"):
        refused(path, tree)
    read(tree / "inner" / "item.txt", tree)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_an_item_that_became_a_link_is_sent_by_no_route(tree: Path, tmp_path: Path) -> None:
    """Media, thumbnail, waveform, zip: checked again when opened, whatever it was when it was added."""
    import numpy as np
    import PIL.Image

    from making import tone, write_wav

    rng = np.random.default_rng(0)
    PIL.Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(tree / "a.png")
    write_wav(tree / "a.wav", tone(440.0, 2.0))
    for name in ("a.png", "a.wav"):
        (tmp_path / name).write_bytes((tree / name).read_bytes())
    with Library(tmp_path / "l.sonolux") as library:
        library.add(tree, spaces=["colour-histogram", "mfcc", "bm25"], fingerprints=False)
        served = Service(tmp_path / "l.sonolux", tree, library)
        routes = {
            "item.txt": ["media"], "a.png": ["media", "thumbnail"], "a.wav": ["media", "waveform", "spectrogram"],
        }  # fmt: skip
        with served.client() as client:
            for name, every in routes.items():
                address = f"/api/v1/items/{served.id_of(name)}"
                assert [client.get(f"{address}/{route}").status_code for route in every] == [200] * len(every), name
            for path in (tree / "inner" / "item.txt", tree / "a.png", tree / "a.wav"):
                path.unlink()
                path.symlink_to(tmp_path / ("secret.txt" if path.suffix == ".txt" else path.name))
            for name, every in routes.items():
                id_ = served.id_of(name)
                for route in every:
                    told = client.get(f"/api/v1/items/{id_}/{route}")
                    problem(told, "unopened", 403)
                    assert SECRET not in told.content
                zipped = client.post("/api/v1/export", json={"ids": [id_], "format": "zip"})
                problem(zipped, "unopened", 403)


def test_a_path_in_a_request_opens_nothing(client: TestClient) -> None:
    for address in (
        "/api/v1/items/%2fetc%2fpasswd/media",
        "/api/v1/items/..%2f..%2fetc%2fpasswd/media",
        "/api/v1/uploads/..%2fservice.sqlite",
        "/..%2f..%2fapp.py",
        "/%2e%2e/app.py",
        "//etc/passwd",
    ):
        assert client.get(address).status_code in (404, 422), address
    asked = {"parts": [{"kind": "upload", "upload": "../../etc/passwd"}]}
    problem(client.post("/api/v1/search", json=asked), "invalid", 422)
    asked = {"parts": [{"kind": "upload", "path": "/etc/passwd", "modality": "text"}]}
    problem(client.post("/api/v1/search", json=asked), "invalid", 422)


def test_a_path_of_an_item_is_no_id(service: Service, client: TestClient) -> None:
    path = next(iter(service.library.items())).path
    for body in ({"parts": [{"kind": "item", "item": path}]},):
        problem(client.post("/api/v1/search", json=body), "invalid", 422)


@pytest.mark.parametrize(
    "path", ["/etc", "relative", "{root}/../..", "{root}x", "{root}/\0", "http://example.org/a.jpg"]
)
def test_nothing_outside_the_roots_is_added(service: Service, client: TestClient, path: str) -> None:
    """No address is ever fetched either: it is a path like any other, below no root."""
    given = path.format(root=service.media)
    told = client.post("/api/v1/jobs", json={"kind": "add", "params": {"paths": [str(service.media), given]}})
    problem(told, "outside-roots", 403)
    assert [job["kind"] for job in client.get("/api/v1/jobs").json()["jobs"]] == []


def test_a_link_out_of_a_root_is_not_added(service: Service, tmp_path: Path) -> None:
    with service.client(roots=(tmp_path.resolve(),)) as client:
        (tmp_path / "link").symlink_to("/etc")
        told = client.post("/api/v1/jobs", json={"kind": "add", "params": {"paths": [str(tmp_path / "link")]}})
        problem(told, "outside-roots", 403)


def test_without_a_root_nothing_is_added(service: Service) -> None:
    with service.client(roots=()) as client:
        told = client.post("/api/v1/jobs", json={"kind": "add", "params": {"paths": [str(service.media)]}})
        problem(told, "outside-roots", 403)


def test_a_read_only_service_changes_nothing(service: Service) -> None:
    with service.client(read_only=True) as client:
        image = service.first("image")
        problem(client.post("/api/v1/jobs", json={"kind": "optimize"}), "read-only", 403)
        problem(client.delete(f"/api/v1/items/{image}"), "read-only", 403)
        problem(client.post("/api/v1/judgements", json={"text": "a", "liked": [image]}), "read-only", 403)
        assert client.get(f"/api/v1/items/{image}").status_code == 200
