"""A real library of the sample, with classical descriptors alone, and services over private copies of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sonolux.library import Library
from sonolux.sample import write_sample

SPACES = ("colour-histogram", "colour-layout", "mfcc", "bm25")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


@pytest.fixture(scope="session")
def filled(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the sample; only to be copied."""
    location = tmp_path_factory.mktemp("filled") / "library.sonolux"
    with Library(location) as library:
        summary = library.add(sample, spaces=SPACES, labels=False, fingerprints=False)
    assert not summary.failed
    return location


@pytest.fixture
def copied(filled: Path, private_home: Path) -> Path:
    """A library of the sample, to be served and changed."""
    return Path(shutil.copytree(filled, private_home / "library.sonolux"))


@pytest.fixture
def library(copied: Path) -> Iterator[Library]:
    with Library(copied) as opened:
        yield opened


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail where a test leaves a library process behind."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    before = library_processes()
    yield
    assert library_processes() <= before


def library_processes() -> set[int]:
    """Return the library processes that there are, of this test process and those it has started."""
    found = set()
    mark = os.environ["PYTEST_CURRENT_TEST"].partition("::")[0].encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:  # it has ended
            continue
        if b"sonolux.server.library_process" in command and mark in environment:
            found.add(int(folder.name))
    return found
