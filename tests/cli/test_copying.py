from __future__ import annotations

from pathlib import Path

import pytest

from sonolux.settings import settings

pytestmark = pytest.mark.usefixtures("copied")


def test_a_library_is_copied_and_told_of(cli, tmp_path: Path) -> None:
    source, target = Path(settings().library), tmp_path / "copy"
    ran = cli("copy", source, target)
    points = cli("copy", source, tmp_path / "again", "--json").records[0]["points"]
    first, *_ = ran.out.splitlines()
    assert first.startswith(f"{points} points in ") and f"compared, {points} of them written now" in first
    assert cli("search", "coffee", "--library", target, "--json").records
    refused = cli("copy", source, target)
    assert refused.code == 1 and refused.err.count("\n") == 1 and "there is another library at" in refused.err


def test_what_is_no_library_is_not_copied(cli, tmp_path: Path) -> None:
    ran = cli("copy", tmp_path / "nothing", tmp_path / "copy")
    assert ran.code == 1 and "there is no library at" in ran.err
    assert list(tmp_path.glob("copy*")) == []
