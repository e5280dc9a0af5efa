"""The service's own socket: a Unix socket that only the user who serves the library can open (mode 0600).

Whoever comes by it could as well open the library's files: no token is asked of him, and he adds from any folder. The
holder note of the library names it (`sonolux.holder_note`), so that commands in a terminal find it.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

from starlette.types import Scope

WAITING = 64
"""Connections that wait to be taken."""


def listen_on_own(path: Path) -> socket.socket:
    """Open the socket, which only this user may use."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Made in a folder that nobody else can enter, so nobody comes in before its mode is set.
    listening.bind(os.fspath(path))
    path.chmod(0o600)
    listening.listen(WAITING)
    listening.set_inheritable(False)
    return listening


def came_by(scope: Scope, path: Path | None) -> bool:
    """Tell whether a request came by the socket at a path; None for a service that has none."""
    return path is not None and tuple(scope.get("server") or ()) == (os.fspath(path), None)
