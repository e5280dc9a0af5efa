"""``sonolux import-weights``: a torch checkpoint becomes a model folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sonolux.cli.options import JsonOption
from sonolux.cli.output import Output, shown_path

IMAGENET_MEAN, IMAGENET_DEVIATION = "0.485,0.456,0.406", "0.229,0.224,0.225"
"""Of red, green and blue in ImageNet, by which most published weights were trained."""


def import_weights(  # noqa: PLR0913 - one parameter an option
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Torch checkpoint: .th, .pt or .pth.")],
    *,
    network: Annotated[str, typer.Option(metavar="NAME", help="Architecture, such as resnet20.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the model to be.")],
    arguments: Annotated[str, typer.Option(metavar="JSON", help="Arguments of the architecture.")] = "{}",
    image_size: Annotated[
        int, typer.Option("--image-size", "--side", min=1, help="Pixels, height and width, that the network takes.")
    ] = 32,
    mean: Annotated[
        str, typer.Option(metavar="R,G,B", help="Taken off pixels in [0, 1]; one number makes them grey.")
    ] = IMAGENET_MEAN,
    deviation: Annotated[
        str, typer.Option(metavar="R,G,B", help="By which they are divided then.")
    ] = IMAGENET_DEVIATION,
    layer: Annotated[
        str, typer.Option(metavar="LAYER", help="Layer that describes pictures.", show_default="its output")
    ] = "",
    licence: Annotated[str, typer.Option(help="Licence of the weights, for the card.", show_default=False)] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a model folder of a torch checkpoint, whose network Sonolux can build.

    No code of the checkpoint is run. The folder works like one that was trained here, each of its layers a descriptor:
    `add --space FOLDER@LAYER`; see `layers`.
    """
    from sonolux.checkpoints.folder import Architecture
    from sonolux.checkpoints.importing import import_weights as import_from
    from sonolux.checkpoints.inputs import Preprocessing

    talk = Output(as_json=as_json)
    colours = _numbers(mean, "--mean"), _numbers(deviation, "--deviation")
    if {len(numbers) for numbers in colours} not in ({1}, {3}):
        raise typer.BadParameter("--mean and --deviation are three numbers each, or one for grey")
    if min(colours[1]) <= 0:
        raise typer.BadParameter("--deviation is above 0")
    saved = import_from(
        file,
        out,
        Architecture(name=network, arguments=_arguments(arguments)),
        Preprocessing(
            width=image_size,
            height=image_size,
            channels="rgb" if len(colours[0]) == 3 else "grey",
            mean=colours[0],
            deviation=colours[1],
        ),
        layer=layer,
        licence=licence,
    )
    if as_json:
        talk.record({"model": str(saved.path), "digest": saved.digest, "dim": saved.descriptor.dim})
        return
    model = shown_path(str(saved.path))
    talk.line(f"{model}: {saved.descriptor.dim} numbers a picture; next: sonolux add FOLDER --space {model}")


def _numbers(text: str, option: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{option} takes numbers with commas between them, not {text!r}") from None


def _arguments(text: str) -> dict[str, Any]:
    try:
        arguments = json.loads(text)
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise typer.BadParameter(f"--arguments is a JSON object, not {text!r}")
    return arguments
