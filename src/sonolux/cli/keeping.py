"""``sonolux remove`` and ``export``: out of the library."""

from __future__ import annotations

from typing import Annotated

import typer

from sonolux.cli.options import JsonOption, LibraryOption, QuietOption, SpacesOption
from sonolux.cli.output import Output


def remove(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET", help="Ids, files, or folders with all in them.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Remove items from the library; the files stay."""
    from sonolux.library import Library

    out = Output(as_json=as_json, quiet=quiet)
    with Library(library) as opened:
        removed = opened.remove(*targets)
    if as_json:
        out.record({"removed": removed})
    else:
        out.line(f"{removed:,} removed")


def export(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="New folder to write to.")],
    library: LibraryOption = None,
    space: SpacesOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write items and descriptors to a folder, in plain formats.

    Items as JSON lines; the descriptors of each space as a NumPy array, beside a list of their items.
    """
    from sonolux.library import Library

    out = Output(as_json=as_json, quiet=quiet)
    with Library(library) as opened:
        items = opened.export(folder, spaces=space)
    if as_json:
        out.record({"items": items, "folder": folder})
    else:
        out.line(f"{items:,} items in {folder}")
