"""Fixtures for the whole suite: every user directory is temporary, nothing reaches a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import hypothesis
import pytest

from object_store import ObjectStore, serving_objects, use_store
from s3_server import S3Server, serving_s3
from shard_copies import copying

# Tests run side by side, so the time of an example tells nothing of it.
hypothesis.settings.register_profile("side-by-side", deadline=None)
hypothesis.settings.load_profile("side-by-side")

# One thread a process, before numpy and torch are loaded, and one decoding process: tests run side by side.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("SONOLUX_WORKERS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["SONOLUX_HUB"] = "off"


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return names of folders in one: pytest looks through all of its own for the next number."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def private_home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Move home, caches and the default library into a temporary folder."""
    from sonolux.settings import settings

    home = next(homes)
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.setenv("SONOLUX_CACHE", str(home / "cache"))
    monkeypatch.setenv("SONOLUX_LIBRARY", str(home / "library.sonolux"))
    settings.cache_clear()
    yield home
    shutil.rmtree(home / "library.sonolux", ignore_errors=True)  # half a gigabyte, and there are thousands of tests


@pytest.fixture(scope="session", autouse=True)
def copied_shards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Make new libraries of this process start from copies of one shard."""
    from sonolux.index import folder

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "make_shard", copying(folder.make_shard, tmp_path_factory.mktemp("shard")))
        yield


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real data; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("SONOLUX_DATA", "../shared/data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set SONOLUX_DATA")
    return folder


@pytest.fixture(scope="session")
def cases() -> Path:
    """Folder of files of the kinds that people have, with the right answers; skipped where it is absent."""
    folder = Path(os.environ.get("SONOLUX_CASES", "../shared/cases")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no cases at {folder}: set SONOLUX_CASES")
    return folder


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 on loopback, one for all tests; each makes a bucket of its own in its folder."""
    folder = tmp_path_factory.mktemp("s3") / "buckets"
    folder.mkdir()
    with serving_s3(folder) as server:
        yield server


@pytest.fixture
def objects(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """A store of the tests' own that this process reads, empty but for the bucket ``box``."""
    with serving_objects() as store:
        store.buckets["box"] = {}
        use_store(monkeypatch, store.url)
        yield store
