"""The fingerprint catalog: what goes in comes out, whoever is killed, whatever is broken."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from contracts.recordings_contract import RecordingsContract, kept, prints, same
from sonolux.errors import LibraryError
from sonolux.fingerprints.catalog import AT_ONCE, FingerprintCatalog
from sonolux.fingerprints.segment import ARRAYS, CatalogSegment, Fingerprint, Track

ADDER = Path(__file__).with_name("killed_catalog.py")


class TestFingerprintCatalog(RecordingsContract):
    """The catalog in a folder keeps the contract."""

    @pytest.fixture(scope="class")
    @classmethod
    def opened(cls, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], FingerprintCatalog]:
        folder = tmp_path_factory.mktemp("catalogs")
        return lambda name: FingerprintCatalog(folder / name)

    @pytest.fixture
    def fresh(self) -> Callable[[], str]:
        return lambda: str(uuid.uuid4())

    @pytest.fixture
    def write_format(self) -> Callable[[FingerprintCatalog, object], None]:
        def write(catalog: FingerprintCatalog, version: object) -> None:
            said = json.dumps({**manifest_of(catalog), "format": version})
            (catalog.folder / "manifest.json").write_text(said)

        return write


def test_times_go_beyond_a_day(tmp_path: Path) -> None:
    day = 24 * 3600 * 125 // 4
    late = Fingerprint(
        day, np.array([7], np.uint32), np.array([day - 1]), np.array([day - 1]), np.array([3.25], np.float32)
    )
    catalog = FingerprintCatalog(tmp_path)
    catalog.add([(str(number), "a.wav", late) for number in range(30)])
    assert all(same(one, late) for one in kept(catalog).values())


def test_segments_are_in_order_and_few(tmp_path: Path) -> None:
    catalog = FingerprintCatalog(tmp_path)
    for number in range(3 * AT_ONCE):
        catalog.add([(str(number), f"{number}.wav", prints(number, landmarks=number))])
    assert len(catalog) == 3 * AT_ONCE
    assert len(catalog.segments) < AT_ONCE
    for segment in catalog.segments:
        assert np.all(np.diff(segment.hashes.astype(np.int64)) >= 0)
        assert np.all(np.diff(segment.times.astype(np.int64)) >= 0)
        assert np.all(np.diff(segment.firsts) > 0)
    assert {entry.name for entry in catalog.folder.iterdir() if entry.is_dir()} == {
        one["name"] for one in manifest_of(catalog)["segments"]
    }


def test_what_is_deleted_is_dropped_by_the_next_merge(tmp_path: Path) -> None:
    catalog = FingerprintCatalog(tmp_path)
    for number in range(AT_ONCE - 1):
        catalog.add([(str(number), "a.wav", prints(number))])
    catalog.delete(["2"])
    catalog.add([("last", "a.wav", prints(99))])
    [segment] = catalog.segments
    assert [track.id for track in segment.tracks] == ["0", "1", "3", "4", "5", "6", "last"]
    assert catalog.gone == [set()]


def test_codes_of_another_encoder_leave_with_the_next_merge(tmp_path: Path) -> None:
    catalog = FingerprintCatalog(tmp_path)
    for number in range(AT_ONCE - 1):
        catalog.add([(str(number), "a.wav", prints(4, encoder="old"))])
    catalog.add([("last", "a.wav", prints(3, encoder="new"))])
    [segment] = catalog.segments
    assert segment.encoder == "new"
    assert {name: len(one.codes) for name, one in kept(catalog).items()} == {
        **{str(number): 0 for number in range(AT_ONCE - 1)},
        "last": 3,
    }
    assert all(len(one.hashes) == 200 for one in kept(catalog).values())


def test_a_catalog_from_before_there_were_codes_is_read_and_added_to(tmp_path: Path) -> None:
    catalog = FingerprintCatalog(tmp_path)
    catalog.add([("1", "a.wav", prints(1)._replace(codes=np.zeros((0, 0), np.uint8), encoder=""))])
    manifest = manifest_of(catalog)
    manifest["format"] = 1
    [said] = manifest["segments"]
    del said["encoder"], said["files"]["codes.npy"]
    folder = catalog.folder / said["name"]
    (folder / "codes.npy").unlink()
    tracks = json.loads((folder / "tracks.json").read_text())
    for track in tracks:
        del track["codes"]
    (folder / "tracks.json").write_text(json.dumps(tracks))
    said["files"]["tracks.json"] = (folder / "tracks.json").stat().st_size
    (catalog.folder / "manifest.json").write_text(json.dumps(manifest))
    old = FingerprintCatalog(tmp_path)
    assert len(kept(old)["1"].codes) == 0 and len(kept(old)["1"].hashes) == 200
    old.add([("2", "b.wav", prints(2))])
    assert manifest_of(old)["format"] == 2
    assert {name: len(one.codes) for name, one in kept(old).items()} == {"1": 0, "2": 2}


@pytest.mark.parametrize("name", [*(f"{name}.npy" for name in ARRAYS), "tracks.json"])
@pytest.mark.parametrize("how", ["cut", "gone", "longer"])
def test_broken_files_are_refused_in_one_line(tmp_path: Path, name: str, how: str) -> None:
    catalog = FingerprintCatalog(tmp_path)
    catalog.add([("1", "a.wav", prints(1))])
    path = catalog.folder / "00000000" / name
    content = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes(content[: len(content) // 2] if how == "cut" else content + b"\0")
    with pytest.raises(LibraryError, match=r"^the fingerprints in [^\n]* are damaged \([^\n]*\): remove that folder"):
        len(catalog)


def test_a_broken_manifest_is_refused_in_one_line(tmp_path: Path) -> None:
    catalog = FingerprintCatalog(tmp_path)
    catalog.add([("1", "a.wav", prints(1))])
    for text in ("", "{", "[]", "{}", '{"format": 1}', '{"format": 1, "segments": [{}]}'):
        (catalog.folder / "manifest.json").write_text(text)
        with pytest.raises(LibraryError, match=r"^[^\n]*damaged[^\n]*$"):
            len(catalog)


@pytest.mark.parametrize("kills", [4, pytest.param(30, marks=pytest.mark.long)])
def test_acknowledged_recordings_survive_kill_9(tmp_path: Path, kills: int) -> None:
    chance, total = random.Random(0), 0
    for kill in range(kills):
        last = killed(tmp_path, f"round {kill}", chance.uniform(0.05, 0.4))
        mine = {track.id for track in FingerprintCatalog(tmp_path).tracks() if track.id.startswith(f"round {kill} ")}
        added = {int(name.split()[2]) for name in mine}
        # A call that was cut short left both of its recordings, or neither.
        assert last <= max(added) <= last + 1
        assert added == set(range(max(added) + 1))
        assert {f"round {kill} {n} 0" for n in added} <= mine
        assert not {f"round {kill} {n} 1" for n in range(last - 2)} & mine
        total += len(mine)
    catalog = FingerprintCatalog(tmp_path)
    assert len(catalog) == total
    catalog.add([("after", "a.wav", prints(1))])
    assert len(catalog) == total + 1


def test_opening_ten_thousand_recordings_maps_their_landmarks_and_reads_none(tmp_path: Path) -> None:
    catalog = FingerprintCatalog(tmp_path)
    catalog.add([(f"{number:036d}", f"/music/{number}.wav", prints(number % 7)) for number in range(10_000)])
    catalog.close()
    (segment,) = catalog.segments
    assert len(segment.tracks) == 10_000
    assert all(isinstance(getattr(segment, name).base, np.memmap) for name in ARRAYS)


def test_a_segment_may_be_empty() -> None:
    assert CatalogSegment([], {name: np.zeros(0, kind) for name, kind in ARRAYS.items()}).axis == 0
    assert Track("1", "a.wav", 0, 5).frames == 5


def manifest_of(catalog: FingerprintCatalog) -> dict:
    return json.loads((catalog.folder / "manifest.json").read_text())


def killed(folder: Path, name: str, seconds: float) -> int:
    """Let a process add for some time and kill it; return the last call that was acknowledged."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(ADDER), str(folder), name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        assert int(child.stdout.readline()) == 0
        time.sleep(seconds)
        child.kill()
        rest = child.stdout.read()
    return int(rest.rpartition(b"\n")[0].rpartition(b"\n")[2] or 0)
