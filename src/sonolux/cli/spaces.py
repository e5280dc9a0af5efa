"""``sonolux spaces``: where the descriptors of the library are compared, and what writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output

if TYPE_CHECKING:
    from sonolux.library import Library

DIGEST = 12
"""Characters of a digest that are shown: enough to tell encoders apart."""


def spaces(
    library: LibraryOption = None,
    drop: Annotated[
        list[str] | None,
        typer.Option("--drop", metavar="NAME", help="Remove this space and its descriptors; items stay. Repeatable."),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List the spaces of the library, and what writes into each."""
    from sonolux.library import Library

    out = Output(as_json=as_json, quiet=quiet)
    with Library(library) as opened:
        for name in drop or ():
            opened.drop_space(name)
            out.say(f"dropped {name}")
        found = [_space_as_data(opened, name) for name in opened.spaces.names()]
    if as_json:
        for space in found:
            out.record(space)
        return
    columns = ("space", "kind", "metric", ">dim", ">count", "from", "digest", "licence", "encoder")
    out.table(columns, [row for space in found for row in _rows(space)])


def _space_as_data(library: Library, name: str) -> dict[str, Any]:
    space = library.spaces.by_name(name)
    encoders = [
        {
            "modality": str(entry.modality),
            "name": entry.name,
            "spec": entry.spec,
            "digest": entry.digest[:DIGEST],
            "licence": entry.licence,
        }
        for entry in library.spaces.entries[name]
    ]
    return {
        "space": name,
        "kind": space.kind,
        "metric": space.metric,
        "dim": space.dim,
        "count": library.index.count(space=name),
        "encoders": encoders,
    }


def _rows(space: dict[str, Any]) -> list[tuple[str, ...]]:
    """One row an encoder; what they share stands in the first."""
    dim = "terms" if space["kind"] == "sparse" else f"{space['dim']:,}"
    shared = (space["space"], space["kind"], space["metric"], dim, f"{space['count']:,}")
    own = [
        (encoder["modality"], encoder["digest"], encoder["licence"], encoder["name"]) for encoder in space["encoders"]
    ]
    rows = own or [("", "", "", "interactions")]
    return [(*(shared if number == 0 else ("",) * len(shared)), *one) for number, one in enumerate(rows)]
