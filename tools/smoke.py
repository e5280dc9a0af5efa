"""Smoke test of an installed Sonolux: ``python tools/smoke.py .venv-wheel/bin/sonolux``.

What a newcomer does first, through the installed command, in an empty home and without a hub: a sample, a library,
words, an image, a recording, and a question without an answer. It needs nothing but Python, so it runs in a bare
environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

STEPS: tuple[tuple[str, str], ...] = (
    ("--version", "sonolux"),
    ("--help", "search"),
    ("sample things", "37 files in things"),
    ("add things", "37 added"),
    ("search a cup of coffee -k 2", "coffee.jpg"),
    ("search --image things/photos/pagoda_turned.jpg -k 3", "pagoda.jpg"),
    ("search --audio things/sounds/bells.mp3 -k 2", "bells.mp3"),
    ("identify things/video/a_day_out.mp4", "a_day_out.mp4"),
    ("search zeppelin xylophone --confident", "nothing found"),
    ("doctor", "nothing is broken"),
)
"""Arguments of a command, and what it has to print, on stdout or stderr."""

LIMIT = 300
"""Seconds that a command may take: the first one compiles every module of the bare environment."""


def run(command: Sequence[str]) -> int:
    """Run every step with a command in front, and return how many failed."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SONOLUX_")}
        environment |= {"HOME": folder, "XDG_CACHE_HOME": f"{folder}/cache", "SONOLUX_HUB": "off"}
        for arguments, wanted in STEPS:
            ran = subprocess.run(
                [*command, *arguments.split()],
                cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT,
            )  # fmt: skip
            printed = ran.stdout + ran.stderr
            good = ran.returncode in (0, 3 if wanted == "nothing found" else 0) and wanted in printed
            print(f"{'ok  ' if good else 'FAIL'}  sonolux {arguments}", flush=True)
            if not good:
                failed += 1
                print(f"exit {ran.returncode}, {wanted!r} not printed in:\n{printed}", flush=True)
    return failed


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("name the installed command: python tools/smoke.py .venv-wheel/bin/sonolux")
    # As an absolute path, because the steps run in a folder of their own; a link is kept, for it tells the environment.
    sys.exit(run([str(Path(sys.argv[1]).absolute()), *sys.argv[2:]]))
