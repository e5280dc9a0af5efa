"""A process that keeps interactions until it is killed; each line on stdout acknowledges one call of two rows.

Run as ``python killed_player.py FOLDER USER``.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from sonolux.index.interactions import FolderInteractions, Interaction


def play(folder: str, user: str) -> None:
    kept = FolderInteractions(Path(folder))
    for n in count():
        kept.add([Interaction(user, f"{n} {half}") for half in (0, 1)])
        print(n, flush=True)


if __name__ == "__main__":
    play(sys.argv[1], sys.argv[2])
