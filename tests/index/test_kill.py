"""kill -9 at any moment: every acknowledged write is there, and the library opens."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from contracts.index_oracle import id_of
from sonolux.index.embedded import EmbeddedIndex
from sonolux.types import Space

WRITER = Path(__file__).with_name("killed_writer.py")

LEAST = 16
"""Rounds that are written before a writer is killed, however slow the disk is."""


@pytest.mark.parametrize("kills", [2, pytest.param(30, marks=pytest.mark.long)])
@pytest.mark.parametrize("sealed", [1_000_000, 64])
def test_acknowledged_writes_survive(tmp_path: Path, kills: int, sealed: int) -> None:
    folder, rng, first = tmp_path / "trips.sonolux", random.Random(0), 0
    with EmbeddedIndex(str(folder)) as index:
        index.create()
        index.add_space(Space("look", 4, "dot"))
    for _ in range(kills):
        last = _write_and_be_killed(folder, first, sealed, seconds=rng.uniform(0.05, 0.4))
        with EmbeddedIndex(str(folder)) as index:
            _check(index, last)
            index.delete([id_of(2 * (last + 1)), id_of(2 * (last + 1) + 1)])
            index.update_meta(lambda meta, last=last: {"round": last})
        first = last + 1
    assert first >= LEAST * kills
    assert (len(list(folder.glob("shard/segments/*/segment.json"))) > 1) == (sealed == 64)


def _write_and_be_killed(folder: Path, first: int, sealed: int, seconds: float) -> int:
    """Return the last round that was acknowledged."""
    command = [sys.executable, str(WRITER), str(folder), str(first), str(sealed)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        for number in range(LEAST):
            assert int(child.stdout.readline()) == first + number
        time.sleep(seconds)
        child.kill()
        rest = child.stdout.read()
    return int(rest.rpartition(b"\n")[0].rpartition(b"\n")[2] or first + LEAST - 1)


def _check(index: EmbeddedIndex, last: int) -> None:
    assert index.read_meta()["round"] in (last, last + 1)
    points = {point.id: point for point in index.scroll(spaces=["look"])}
    for n in range(last + 1):
        changed = points.pop(id_of(2 * n))
        assert changed.payload == {"n": n, "changed": n}
        np.testing.assert_array_equal(changed.vectors["look"], np.full(4, -n - 1))
        partner = points.pop(id_of(2 * n + 1), None)
        if n < last - 10:
            assert partner is None
        elif n > last - 9:
            assert partner is not None
            assert partner.payload == {"n": n}
    # The round that was cut short: both points of its one upsert, or neither.
    half_done = {id_of(2 * (last + 1)), id_of(2 * (last + 1) + 1)}
    assert set(points) in (set(), half_done)
