"""``sonolux sample``: a small folder of every modality, to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sonolux.cli.options import JsonOption, QuietOption
from sonolux.cli.output import Output, shown_path


def sample(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to write to; made if need be.")],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a small folder of every modality, to try things on.

    Photos that come with scikit-image and scikit-learn, synthesised sounds, a video and a few texts.
    """
    from sonolux.sample import write_sample

    out = Output(as_json=as_json, quiet=quiet)
    written = write_sample(folder)
    for path in written:
        if as_json:
            out.record({"path": str(path)})
        else:
            out.line(shown_path(str(path)))
    out.say(f"{len(written)} files in {folder}; next: sonolux add {folder}")
