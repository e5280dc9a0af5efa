"""The command line: `main` is what ``sonolux`` runs; each file here is a group of commands, `app` gathers them.

stdout is data, stderr is talk. Importing this, and ``--help``, load nothing heavier than typer and rich: what a
command needs is imported when it runs.
"""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

from sonolux.cli.exit_codes import REFUSED


def main() -> None:
    """Run the command line on ``sys.argv`` and exit with its code."""
    from sonolux.cli.app import app
    from sonolux.errors import SonoluxError

    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal whose encoding lacks a letter of some name shows its number instead.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read stdout has seen enough; the interpreter must not flush to them again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(REFUSED)
    except (SonoluxError, OSError) as error:
        _refuse(error)


def _refuse(error: Exception) -> None:
    from sonolux.cli.output import shown

    print(f"sonolux: {shown(str(error))}", file=sys.stderr)
    sys.exit(REFUSED)
