from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sonolux.media.probing import probe
from sonolux.sample import photos, write_sample


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_every_time(sample: Path, tmp_path: Path) -> None:
    write_sample(tmp_path)
    assert digests(tmp_path) == digests(sample)


def test_every_modality_is_there_and_says_what_it_is(sample: Path) -> None:
    probes = {path: probe(str(path)) for path in sample.rglob("*") if path.is_file()}
    counts = {kind: sum(p.modality == kind for p in probes.values()) for kind in ("image", "audio", "video", "text")}
    assert counts == {"image": 20, "audio": 10, "video": 1, "text": 6}
    assert all(found.metadata.get("title") for found in probes.values() if found.modality != "text")
    assert {path.suffix for path, found in probes.items() if found.modality == "audio"} == {
        ".wav", ".flac", ".ogg", ".mp3",
    }  # fmt: skip
    assert sum(path.stat().st_size for path in probes) < 5 * 2**20


def test_turned_copy_stands_upright(sample: Path) -> None:
    turned, upright = (probe(str(sample / "photos" / name)) for name in ("pagoda_turned.jpg", "pagoda.jpg"))
    assert turned.metadata["width"] == upright.metadata["width"]


def test_command(cli, tmp_path: Path) -> None:
    ran = cli("sample", tmp_path / "new", "--json")
    assert len(ran.records) == 37 and "next: sonolux add" in ran.err
    assert all(Path(record["path"]).is_file() for record in ran.records)
    (tmp_path / "file").write_text("in the way")
    refused = cli("sample", tmp_path / "file")
    assert refused.code == 1 and refused.err.count("\n") == 1


def test_without_any_photographs_it_says_so(tmp_path: Path, cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "PHOTOS", {"gone": photos.Photo("skimage/data/gone.png", "Gone")})
    ran = cli("sample", tmp_path)
    assert ran.code == 1 and "no photographs are installed" in ran.err
