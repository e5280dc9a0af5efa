"""A small folder of every modality, and a library of it, made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from making import fill
from sonolux.library import Library

FILES = 16


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("media") / "things")


@pytest.fixture(scope="session")
def built(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    location = tmp_path_factory.mktemp("built") / "things.sonolux"
    with Library(location) as library:
        summary = library.add(media)
    assert (summary.added, summary.failed) == (FILES, [])
    return location


@pytest.fixture(scope="module")
def library(built: Path) -> Iterator[Library]:
    """Return the shared library, to read only."""
    with Library(built) as opened:
        yield opened


@pytest.fixture
def own(media: Path, tmp_path: Path) -> Path:
    """Return a private copy of the folder, to change."""
    return Path(shutil.copytree(media, tmp_path / "own"))
