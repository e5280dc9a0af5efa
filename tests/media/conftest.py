"""Files of every format, made once."""

from __future__ import annotations

import pytest

from media.specimens import write_all
from sonolux.media.reading import ReadOptions


@pytest.fixture(scope="session")
def specimens(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Paths of small good files of every format, by name."""
    return {path.name: str(path) for path in write_all(tmp_path_factory.mktemp("specimens"))}


@pytest.fixture
def options() -> ReadOptions:
    return ReadOptions(image_side=64, audio_window=1.0, audio_hop=0.5, passage_chars=200)
