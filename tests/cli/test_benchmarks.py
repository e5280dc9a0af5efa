from __future__ import annotations

from pathlib import Path

import pytest

from sonolux.evaluation.benchmarks import startup
from sonolux.evaluation.benchmarks.report import Report

REPORT = Report("startup", "Start", "sonolux bench startup", "About.", ("command",), [["python"]])


def test_table_is_printed_and_written(cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "benchmark_startup", lambda: REPORT)
    ran = cli("bench", "startup", "--page", tmp_path / "page.md")
    assert ran.code == 0 and "## Start" in ran.out
    assert "## Start" in (tmp_path / "page.md").read_text()


def test_folder_without_photos_is_refused(cli, tmp_path: Path) -> None:
    ran = cli("bench", "add", "--data", tmp_path, "--page", tmp_path / "page.md")
    assert ran.code == 1 and "no JPEG files" in ran.err
