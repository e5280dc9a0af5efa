"""Files are read on Ray as they are here, whatever becomes of the workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import rays
from media import faulty
from sonolux.errors import SonoluxError
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Image, Probe, Segment
from sonolux.media.workers import ray_decoder
from sonolux.media.workers.pool import DecoderPool
from sonolux.media.workers.ray_cluster import RayCluster
from sonolux.media.workers.ray_decoder import AHEAD, PACKET, RayDecoder
from sonolux.media.workers.worker import DecodeEvent, Finished, Reader
from sonolux.types import Failure

pytestmark = pytest.mark.long

MIB = 2**20


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayCluster]:
    with rays.local_ray(tmp_path_factory.mktemp("ray")) as cluster:
        yield cluster


def decoder(cluster: RayCluster, reader: Reader = rays.read) -> RayDecoder:
    return RayDecoder(cluster, ReadOptions(), timeout=2.0, memory=512 * MIB, reader=reader)


def files(folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).write_text(name)
    return [str(folder / name) for name in names]


def by_name(events: Iterator[tuple[str, DecodeEvent]]) -> dict[str, list[DecodeEvent]]:
    found: dict[str, list[DecodeEvent]] = {}
    for path, event in events:
        found.setdefault(Path(path).name, []).append(event)
    return found


def described(events: list[DecodeEvent]) -> list[object]:
    """Return what can be compared of events: not who read them."""
    return [
        "probe" if isinstance(event, Probe) else str(event.content) if isinstance(event, Segment) else event
        for event in events
    ]


def test_files_are_read_as_they_are_here(cluster: RayCluster, tmp_path: Path) -> None:
    paths = [*files(tmp_path, *(f"{n}.txt" for n in range(40)), "segfault.x", "hang.x", "killed.x", "refuse.x")]
    with DecoderPool(2, ReadOptions(), timeout=2.0, memory=512 * MIB, reader=rays.read) as pool:
        here = by_name(pool.read(paths))
    there = by_name(decoder(cluster).read(paths))
    assert here.keys() == there.keys() and len(here) == 44
    assert {name: described(events) for name, events in here.items()} == {
        name: described(events) for name, events in there.items()
    }
    assert sum(isinstance(events[-1], Failure) for events in there.values()) == 4


def test_arrays_can_be_written_to(cluster: RayCluster, tmp_path: Path) -> None:
    events = decoder(cluster, faulty.many).read(files(tmp_path, "a.png"))
    images = [event for _, event in (next(events) for _ in range(8)) if isinstance(event, Segment)]
    events.close()
    assert len(images) == 7
    for image in images:
        assert isinstance(image.content, Image)
        np.add(image.content.pixels, 1, out=image.content.pixels)


def test_what_is_read_ahead_is_bounded_by_bytes(cluster: RayCluster, tmp_path: Path) -> None:
    [path] = files(tmp_path, "a.png")
    events = decoder(cluster, faulty.many).read([path])
    size = 500 * 500 * 3
    most = (AHEAD + 2) * (PACKET // size + 1) + 8
    for taken, _ in enumerate(events):
        assert int((tmp_path / "a.count").read_text() or 0) <= taken + most
        if taken == 60:
            break
    events.close()


def test_files_that_end_their_workers(cluster: RayCluster, tmp_path: Path) -> None:
    paths = files(tmp_path, *(f"{number}.txt" for number in range(8)), "twice.png", "poison.png", "changed.png")
    found = by_name(decoder(cluster).read(paths))
    # Once: it comes once, and whole, though its first worker had told most of it.
    probe, *shots, end = found.pop("twice.png")
    assert isinstance(probe, Probe) and isinstance(end, Finished)
    assert [int(shot.content.pixels[0, 0, 0]) for shot in shots] == list(range(8))
    # Each time: it is named.
    assert found.pop("poison.png")[-1] == Failure(paths[-2], "has ended its Ray worker 2 times: left out")
    # Of one that is another for its second worker, the two halves are not put together.
    assert found.pop("changed.png")[-1] == Failure(paths[-1], "changed while it was read: try again")
    assert all(len(events) == 3 and isinstance(events[-1], Finished) for events in found.values()) and len(found) == 8


def test_workers_of_another_version_are_refused(
    cluster: RayCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_decoder, "own_version", lambda: "0.0.1")
    with pytest.raises(SonoluxError, match=r"^the Ray node [\d.]+ has Sonolux .*, this process 0\.0\.1: install the"):
        list(decoder(cluster).read(files(tmp_path, "a.txt")))


def test_who_stops_early_leaves_no_task(cluster: RayCluster, tmp_path: Path) -> None:
    reading = decoder(cluster, faulty.many).read(files(tmp_path, "a.png", "b.png", "c.png"))
    next(reading)
    reading.close()
    # On two processors: tasks that still ran would keep this one waiting without end.
    assert len(by_name(decoder(cluster).read(files(tmp_path, "1.txt", "2.txt", "3.txt")))) == 3
