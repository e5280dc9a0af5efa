"""Holder note of a library: the process that has it open, for the message that a second process gets.

The lock is the truth and dies with its process; a note that a killed process left behind is harmless,
for it is read only where the lock is held, and the next holder writes its own. Where the holder answers calls at a
socket, the note names it under ``socket``, and only its owner may read the note.
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
from typing import Any

FILE = "holder.json"

COMMAND_CHARS = 200

_sockets: dict[Path, str] = {}
"""Where this process answers calls, by the note that says so: a library may be opened anew meanwhile."""


def write_note(path: Path) -> None:
    """Name this process as the holder."""
    note = {
        "pid": os.getpid(),
        "command": shlex.join(sys.argv)[:COMMAND_CHARS],
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if path in _sockets:
        note["socket"] = _sockets[path]
    # A library on a full disk can still be searched: the note is a courtesy.
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if path in _sockets else 0o666)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(note, file)


def announce(path: Path, place: Path | None) -> None:
    """Name the socket at which this process answers calls on a library that it holds; None for no longer."""
    if place is None:
        _sockets.pop(path, None)
    else:
        _sockets[path] = os.fspath(place)
    if _note(path).get("pid") == os.getpid():
        write_note(path)


def read_note(path: Path) -> str:
    """Return who holds the library, in words, on one line."""
    try:
        note = _note(path)
        words = f"process {note['pid']} on {note['host']} ({note['command']}) since {note['since']}"
    except KeyError:
        return "another process"
    return "".join(c if c.isprintable() else "?" for c in words)


def read_socket(path: Path) -> Path | None:
    """Return where the holder answers calls; None where it does not say so, or is not this user.

    Another user who can write into the folder of the library could else have his own socket asked.
    """
    try:
        ours = path.stat().st_uid == os.getuid()
    except OSError:
        return None
    place = _note(path).get("socket") if ours else None
    return Path(place) if isinstance(place, str) and place.startswith("/") else None


def _note(path: Path) -> dict[str, Any]:
    """Return what a note says; nothing where there is none that can be read."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}
