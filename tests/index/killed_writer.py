"""A process that writes to a library until it is killed; each line on stdout acknowledges one round.

Round n: write two points, change one, delete an older one, record n. Run as
``python killed_writer.py FOLDER FIRST_ROUND POINTS``; a segment is sealed after so many points.
"""

from __future__ import annotations

import sys
from itertools import count

import numpy as np

from contracts.index_oracle import id_of
from sonolux.index import open_shard, segments
from sonolux.index.base import Point
from sonolux.index.embedded import EmbeddedIndex


def write(folder: str, first: int, sealed: int) -> None:
    open_shard.UNFLUSHED = segments.UNSEALED = sealed
    segments.SEALED_KB = 1
    index = EmbeddedIndex(folder)
    for n in count(first):
        row = np.full(4, n + 1, np.float32)
        pair = [Point(id_of(2 * n + half), {"look": row}, {"n": n}) for half in (0, 1)]
        index.upsert(pair)
        index.update_vectors([Point(pair[0].id, {"look": -row})])
        index.set_payload([pair[0].id], {"changed": n})
        if n >= 10:
            index.delete([id_of(2 * (n - 10) + 1)])
        index.update_meta(lambda meta, n=n: {"round": n})
        print(n, flush=True)


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
