"""``sonolux look``: a picture of what is heard in a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sonolux.cli.options import JsonOption, QuietOption
from sonolux.cli.output import Output, shown_path

LONGEST = 600.0
"""Seconds of a picture; more would be too fine to see, and take more memory than is nice."""


def look(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A recording, or a video with sound.")],
    *,
    image: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PICTURE.png",
            help="Picture to write; by default the name of FILE with -look.png, in the current folder.",
            show_default=False,
        ),
    ] = None,
    start: Annotated[float, typer.Option(metavar="S", min=0, help="Seconds where the picture begins.")] = 0.0,
    seconds: Annotated[float, typer.Option(metavar="S", min=0.01, max=LONGEST, help="Seconds, at most.")] = 30.0,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Draw what is heard in a recording: waveform, spectrogram, mel spectrogram, MFCC, scalogram and chroma.

    All six are over the same axis of time. A picture that this has drawn before is drawn anew; any other file that has
    the name already stays as it is.
    """
    from sonolux.evaluation.sound_pictures import draw_sound
    from sonolux.evaluation.spectrogram_columns import compute_columns
    from sonolux.media.excerpt import excerpt

    out = Output(as_json=as_json, quiet=quiet)
    target = image or Path(f"{Path(file).stem}-look.png")
    if target.suffix.lower() != ".png":
        raise typer.BadParameter(f"the picture is a PNG file: name it {target.with_suffix('.png').name}")
    found, sound = excerpt(file, start, seconds)
    said = found.metadata.get("title")
    end = start + len(sound.samples) / sound.rate
    draw_sound(
        compute_columns(sound.samples, sound.rate), " · ".join(filter(None, (Path(file).name, said))), target, start
    )
    if as_json:
        drawn = {"picture": str(target), "path": file, "title": said, "start": start, "end": end, "rate": sound.rate}
        out.record(drawn)
        return
    out.line(shown_path(str(target)))
    whole = found.metadata.get("duration", end)
    out.say(f"{start:.1f} to {end:.1f} s of {max(whole, end):.1f} s, heard at {sound.rate:,} samples a second")
