"""A process that judges until it is killed; each line on stdout acknowledges one call.

Call n keeps two judgements. Run as ``python killed_judge.py FOLDER NAME``.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from sonolux.index.feedback import FolderFeedback, Judgement, now


def judge(folder: str, name: str) -> None:
    feedback = FolderFeedback(Path(folder))
    for n in count():
        feedback.add([Judgement("text", name, f"{n} {half}", bool(half), now()) for half in (0, 1)])
        print(n, flush=True)


if __name__ == "__main__":
    judge(sys.argv[1], sys.argv[2])
