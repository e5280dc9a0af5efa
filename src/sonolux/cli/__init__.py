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
        _refuse(str(error))
    except ModuleNotFoundError as error:
        from sonolux.extras import missing_line, missing_package

        package = missing_package(error)
        if package is None:
            raise
        _refuse(missing_line("this command", package))


def _refuse(reason: str) -> None:
    from sonolux.cli.output import shown

    print(f"sonolux: {shown(reason)}", file=sys.stderr)
    sys.exit(REFUSED)
