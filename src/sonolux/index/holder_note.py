"""Holder note of a library: the process that has it open, for the message that a second process gets.

The lock is the truth and dies with its process; a note that a killed process left behind is harmless,
for it is read only where the lock is held, and the next holder writes its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

COMMAND_CHARS = 200


def write_note(path: Path) -> None:
    """Name this process as the holder."""
    note = {
        "pid": os.getpid(),
        "command": shlex.join(sys.argv)[:COMMAND_CHARS],
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    # A library on a full disk can still be searched: the note is a courtesy.
    with contextlib.suppress(OSError):
        path.write_text(json.dumps(note), encoding="utf-8")


def read_note(path: Path) -> str:
    """Return who holds the library, in words, on one line."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        words = f"process {note['pid']} on {note['host']} ({note['command']}) since {note['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
    return "".join(c if c.isprintable() else "?" for c in words)
