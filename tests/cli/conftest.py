"""The command line run in this process, and one real library of the sample for all tests of this folder."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sonolux.cli import main
from sonolux.library import Library
from sonolux.sample import write_sample


@dataclass(frozen=True)
class Ran:
    """What a command did: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


Cli = Callable[..., Ran]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    def run(*arguments: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["sonolux", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        code = stopped.value.code
        assert code is None or isinstance(code, int)
        return Ran(code or 0, out, err)

    return run


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


@pytest.fixture(scope="session")
def filled(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the sample; only to be read."""
    location = tmp_path_factory.mktemp("filled") / "library.sonolux"
    with Library(location) as library:
        summary = library.add(sample)
    assert not summary.failed
    return location


@pytest.fixture
def copied(filled: Path, private_home: Path) -> Path:
    """A library of the sample at the default place, to be changed."""
    return Path(shutil.copytree(filled, private_home / "library.sonolux"))


@pytest.fixture
def reading(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the library of the sample the default one; only to be read."""
    from sonolux.settings import settings

    monkeypatch.setenv("SONOLUX_LIBRARY", str(filled))
    settings.cache_clear()
    return filled
