"""``sonolux layers``: what the layers of a network give, and what each of them takes for alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.exit_codes import SOME_FAILED
from sonolux.cli.options import JsonOption, QuietOption
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from sonolux.encoders import Encoder
    from sonolux.encoders.trained.layer_shapes import Layer
    from sonolux.types import Failure

    Pixels = NDArray[np.uint8]

SIDE = 256
"""Pixels of the longer side of pictures, at most."""

THUMBNAIL, GAP, TEXT = 72, 4, 12
"""Pixels of the grid: a side of a picture, between pictures, and the size of letters."""

Near = Sequence[tuple[str, float]]
"""Paths and scores of pictures, the nearest first."""


def layers(  # noqa: PLR0913 - one parameter an option
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Model folder, or a checkpoint folder or org/name.")],
    image: Annotated[
        str | None, typer.Argument(metavar="IMAGE", help="Picture to find others like it.", show_default=False)
    ] = None,
    *,
    data: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Pictures among which to look.", show_default=False)
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--layer", metavar="NAME", help="Only this layer; may be repeated.", show_default=False),
    ] = None,
    pooling: Annotated[str, typer.Option(help="avg, max, gem or flatten.")] = "avg",
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="Nearest pictures a layer.")] = 5,
    grid: Annotated[Path, typer.Option(metavar="FILE", help="Picture of them to write.")] = Path("layers.png"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List the layers of a network; with a picture and a folder, what is near to it layer by layer.

    Each layer is a descriptor: `add --space MODEL@LAYER` makes a space of it. Layers come in the order in which
    they are done, with the size of what they give for one picture: channels x height x width, or tokens x numbers.
    """
    from sonolux.encoders.registry import network_called
    from sonolux.encoders.trained.layers import encoder_at, layers_of

    out = Output(as_json=as_json, quiet=quiet)
    if (image is None) != (data is None):
        raise typer.BadParameter("IMAGE and --data go together: a picture, and where to look for others like it")
    whole = network_called(model)
    listed = _chosen(layers_of(whole), only or [], model)
    if image is None or data is None:
        _print(listed, {}, out)
        return
    encoders = {layer.name: encoder_at(whole, layer.name, pooling) for layer in listed}
    question, gallery, failed = _read(image, data, out)
    out.say(f"{len(gallery):,} pictures, {len(listed)} layers")
    near = {name: _nearest(encoder, question, gallery)[:k] for name, encoder in encoders.items()}
    _print(listed, near, out)
    _drawn(question, {name: [gallery[path] for path, _ in found] for name, found in near.items()}).save(grid)
    out.say(f"drawn: {shown_path(str(grid.absolute()))}")
    if failed:
        raise typer.Exit(SOME_FAILED)


def _chosen(listed: Sequence[Layer], only: Sequence[str], model: str) -> list[Layer]:
    from sonolux.errors import SonoluxError

    known = {layer.name: layer for layer in listed}
    for name in only:
        if name not in known:
            raise SonoluxError(f"{model}: no layer {name!r}: there are {', '.join(known)}")
    return [layer for layer in listed if not only or layer.name in only]


def _read(image: str, data: str, out: Output) -> tuple[Pixels, dict[str, Pixels], int]:
    """Return the picture asked with, those of the folder by path, and how many files of it are left out."""
    from sonolux.errors import SonoluxError
    from sonolux.media.finding import find
    from sonolux.media.paths import absolute
    from sonolux.types import Failure

    asked = absolute(image)
    found = [one for one in find([absolute(data)]) if one != asked]
    paths = [one for one in found if isinstance(one, str)]
    images, failures = _decoded([asked, *paths])
    failures += [one for one in found if isinstance(one, Failure)]
    for failure in failures:
        if failure.path == asked:
            raise SonoluxError(f"{image}: {failure.reason}")
        out.complain(f"left out: {shown_path(failure.path)}: {failure.reason}")
    gallery = {path: images[path] for path in paths if path in images}
    if not gallery:
        raise SonoluxError(f"{data} holds no other picture")
    return images[asked], gallery, len(failures)


def _decoded(paths: Sequence[str]) -> tuple[dict[str, Pixels], list[Failure]]:
    from sonolux.media.reading import ReadOptions
    from sonolux.media.segment import Image as Decoded
    from sonolux.media.segment import Segment
    from sonolux.media.workers.pool import DecoderPool
    from sonolux.settings import settings
    from sonolux.types import Failure

    limits = settings()
    options = ReadOptions(image_side=SIDE, max_pixels=limits.max_pixels, max_text=limits.max_text)
    images: dict[str, Pixels] = {}
    failures: list[Failure] = []
    with DecoderPool(limits.workers, options, timeout=limits.decode_seconds, memory=limits.decode_memory) as pool:
        for path, event in pool.read(paths):
            if isinstance(event, Failure):
                failures.append(event)
            elif isinstance(event, Segment) and event.kind == "image" and isinstance(event.content, Decoded):
                images.setdefault(path, event.content.pixels)
    known = {*images, *(failure.path for failure in failures)}
    return images, [*failures, *(Failure(path, "holds no picture") for path in paths if path not in known)]


def _nearest(encoder: Encoder, question: Pixels, gallery: Mapping[str, Pixels]) -> Near:
    """Return all pictures of a gallery with their scores, best first."""
    import numpy as np

    from sonolux.retrieval.similarity import similarities

    rows = np.asarray(encoder.encode(list(gallery.values())))
    [scores] = similarities(encoder.as_space(), np.asarray(encoder.encode_one(question)), rows)
    paths = list(gallery)
    return [(paths[row], float(scores[row])) for row in np.argsort(-scores, kind="stable")]


def _print(listed: Sequence[Layer], near: Mapping[str, Near], out: Output) -> None:
    if out.as_json:
        for layer in listed:
            found = [
                {"rank": rank, "path": path, "score": score}
                for rank, (path, score) in enumerate(near.get(layer.name, ()), 1)
            ]
            nearest = {"nearest": found} if near else {}
            out.record({"layer": layer.name, "output": layer.shape, "parameters": layer.parameters, **nearest})
        return
    columns = ["layer", "output", ">parameters"]
    rows = [[layer.name, " x ".join(map(str, layer.shape)), f"{layer.parameters:,}"] for layer in listed]
    if near:
        columns.append("nearest")
        for row in rows:
            row.append(", ".join(shown_path(path) for path, _ in near[row[0]]))
    out.table(columns, rows)


def _drawn(question: Pixels, found: Mapping[str, Sequence[Pixels]]) -> Image:
    """Draw the picture asked with in the first row, and below it a row a layer: its name, then the nearest first."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(TEXT)
    left = GAP * 3 + max(int(font.getlength(name)) + 1 for name in found)
    step = THUMBNAIL + GAP
    most = max(len(images) for images in found.values())
    sheet = Image.new("RGB", (left + most * step, (len(found) + 1) * step + GAP), "white")
    pen = ImageDraw.Draw(sheet)
    sheet.paste(_thumbnail(question), (left, GAP))
    for number, (name, images) in enumerate(found.items(), 1):
        top = GAP + number * step
        pen.text((GAP, top + (THUMBNAIL - TEXT) // 2), name, fill="black", font=font)
        for place, thumbnail in enumerate(map(_thumbnail, images)):
            sheet.paste(thumbnail, (left + place * step, top))
    return sheet


def _thumbnail(pixels: Pixels) -> Image:
    from PIL import Image, ImageOps

    picture = Image.fromarray(pixels)
    method = Image.Resampling.NEAREST if max(picture.size) < THUMBNAIL else Image.Resampling.LANCZOS
    return ImageOps.pad(picture, (THUMBNAIL, THUMBNAIL), method, color="white")
