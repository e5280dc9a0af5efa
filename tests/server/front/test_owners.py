"""What only whoever serves the library may ask for, and only by the service's own socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving import Service, problem
from sonolux.media.paths import to_stored
from sonolux.server.security.own_socket import came_by


@pytest.mark.parametrize("more", [{"anywhere": True}, {"spaces": ["org/name"]}, {"anywhere": True, "spaces": ["hog"]}])
def test_others_add_neither_from_anywhere_nor_by_other_encoders(
    client: TestClient, service: Service, more: dict[str, Any]
) -> None:
    for path in ("/etc", str(service.media)):
        body = {"kind": "add", "params": {"paths": [path], **more}}
        assert "only `sonolux add`" in problem(client.post("/api/v1/jobs", json=body), "outside-roots", 403)["detail"]
    assert client.get("/api/v1/jobs").json()["jobs"] == []


def test_a_header_makes_nobody_the_owner(service: Service) -> None:
    place = Path("/run/front")
    assert not came_by({"type": "http", "server": ("127.0.0.1", 8000)}, place)
    assert not came_by({"type": "http", "server": None}, place)
    assert not came_by({"type": "http", "server": (str(place), None)}, None)
    assert came_by({"type": "http", "server": (str(place), None)}, place)
    with service.client(own_socket=place) as client:
        body = {"kind": "add", "params": {"paths": ["/etc"], "anywhere": True}}
        problem(client.post("/api/v1/jobs", json=body, headers={"host": "localhost"}), "outside-roots", 403)


def test_stored_text_does_not_lead_out_of_the_roots(client: TestClient, service: Service) -> None:
    for path in (to_stored("/etc/\udcff"), to_stored(f"{service.media}/../\udcff"), "\0%2Fetc"):
        body = {"kind": "add", "params": {"paths": [path]}}
        problem(client.post("/api/v1/jobs", json=body), "outside-roots", 403)


def test_paths_that_cannot_be_shown_are_told_exactly(client: TestClient, service: Service, tmp_path: Path) -> None:
    name = "two\nlines \udcff.txt"
    (tmp_path / name).write_text("A pelican.")
    service.library.add(tmp_path, labels=False, fingerprints=False)
    hit = client.post("/api/v1/search", json={"parts": [{"kind": "text", "text": "pelican"}]}).json()["hits"][0]
    assert hit["path"] == f"{tmp_path}/two\\nlines \\xff.txt"
    assert hit["exact_path"] == to_stored(str(tmp_path / name))
    service.library.remove(tmp_path)
