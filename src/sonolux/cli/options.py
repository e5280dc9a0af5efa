"""Options that commands share: the same name, the same meaning everywhere."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

LibraryOption = Annotated[
    str | None,
    typer.Option(
        "--library",
        metavar="PATH|URL",
        envvar="SONOLUX_LIBRARY",
        help="A folder, or http://host:6333/name on a Qdrant cluster; library.sonolux by default.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", metavar="", help="Print JSON, one object a line.")]
QuietOption = Annotated[bool, typer.Option("--quiet", metavar="", help="No progress and no remarks on stderr.")]
SpacesOption = Annotated[
    list[str] | None,
    typer.Option("--space", metavar="NAME", help="Only this space; may be repeated.", show_default=False),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="KEY=VALUE",
        help="Only items that satisfy this, such as artist=Quesabe, date>=2020, duration<60, modality=image,video"
        " or folder=PATH; may be repeated.",
        show_default=False,
    ),
]
CopiesOption = Annotated[
    int | None,
    typer.Option(
        "--copies",
        metavar="N",
        min=1,
        help="Nodes of a cluster that hold each part of a new library; two by default, where there are two.",
        show_default=False,
    ),
]
ShardsOption = Annotated[
    int | None,
    typer.Option(
        "--shards",
        metavar="N",
        min=1,
        help="Parts into which a cluster divides a new library.",
        show_default=False,
    ),
]
OnOption = Annotated[
    Literal["ray"] | None,
    typer.Option(
        "--on",
        metavar="ray",
        help="Decode and encode on the Ray cluster of RAY_ADDRESS, or a local one, instead of in this machine's"
        " processes.",
        show_default=False,
    ),
]
CompressOption = Annotated[
    Literal["int8", "binary"] | None,
    typer.Option(
        "--compress",
        metavar="int8|binary",
        help="Keep the descriptors of a new library on a cluster in memory in a quarter of their size, or in a"
        " thirty-second; they are compared roughly first, then exactly.",
        show_default=False,
    ),
]
