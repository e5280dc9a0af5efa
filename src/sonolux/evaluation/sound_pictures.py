"""Sound figures: waveform, spectrograms, cepstra, scalogram and chroma over one axis of time."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from sonolux.errors import SonoluxError
from sonolux.evaluation.spectrogram_columns import RANGE, WAVELET_RANGE, SeenSound
from sonolux.extras import extras_named
from sonolux.features.constant_q import LOWEST
from sonolux.features.mel_scale import hertz_to_mel
from sonolux.media.paths import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DRAWN_BY = "sonolux look"
"""Software tag of the image, by which it is recognised."""

HEAD = 4_096
"""Bytes of an image that hold the tag."""

DOTS = 100
"""Pixels an inch."""

WIDTH = 16.0
HEIGHTS = {"waveform": 0.8, "spectrogram": 2.1, "mel": 1.9, "cepstra": 1.1, "scalogram": 2.1, "chroma": 1.4}
"""Inches of the image, and of what is in it."""

LEFT, RIGHT, TOP, BOTTOM, GAP = 0.75, 0.8, 0.4, 0.5, 0.32
"""Inches around the panels, and between them."""

SHADES = {"magma": 168, "berlin": 64, "gray": 24}
"""The 256 colours of the PNG: so many of each colour map."""

LEVELS, SIGNED = "magma", "berlin"
"""Perceptually uniform: dark for quiet; dark for 0, blue below, red above."""

WAVE = "#3b0f70"
"""One of the colours of `LEVELS`."""

TICKS = 16
"""Of time, at most."""

CLOSEST = 0.06
"""Of a panel's height between two marks."""

DEVIATIONS = 3.0
"""Of a cepstral coefficient, to the end of the colours."""

OCTAVE = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
HERTZ = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)

LONGEST_TITLE = 130
"""Characters."""


def draw_sound(sound: SeenSound, title: str, file: Path, start: float = 0.0) -> None:
    """Draw a sound into a PNG file.

    Parameters
    ----------
    sound : SeenSound
    title : str
        Any text.
    file : Path
    start : float
        Seconds, where the sound begins in its file.

    Raises
    ------
    SonoluxError
        Where there is no matplotlib, or something else is there already.
    """
    if file.exists() and not is_drawn(file):
        raise SonoluxError(f"{file} is there already and no picture of `sonolux look`: choose another name with --out")
    with extras_named("a picture"):
        from matplotlib.figure import Figure
    height = TOP + BOTTOM + sum(HEIGHTS.values()) + GAP * len(HEIGHTS)
    figure = Figure(figsize=(WIDTH, height), dpi=DOTS)
    title = printable(title)
    title = title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…"
    figure.text(LEFT / WIDTH, 1 - 0.16 / height, title, size=14, weight="bold", va="top", parse_math=False)
    panels = _panels(figure, sound, start)
    _draw_waveform(panels["waveform"], sound, start)
    _draw_frequencies(panels, sound, start)
    _draw_cepstra(panels["cepstra"], sound, start)
    _draw_pitches(panels, sound, start)
    _save(figure, file)


def is_drawn(file: Path) -> bool:
    """Tell whether a file is an image that `draw_sound` has drawn."""
    with file.open("rb") as opened:
        return DRAWN_BY.encode() in opened.read(HEAD)


def _panels(figure: Figure, sound: SeenSound, start: float) -> dict[str, Axes]:
    """Put the axes under each other, all of one width and over one axis of time."""
    height = figure.get_figheight()
    panels: dict[str, Axes] = {}
    top = height - TOP
    for name, tall in HEIGHTS.items():
        top -= GAP + tall
        place = (LEFT / WIDTH, top / height, (WIDTH - LEFT - RIGHT) / WIDTH, tall / height)
        axes = figure.add_axes(place, xlim=(start, start + sound.seconds))
        axes.tick_params(labelsize=8, labelbottom=False)
        axes.locator_params(axis="x", nbins=TICKS)
        panels[name] = axes
    axes.tick_params(labelbottom=True)
    axes.set_xlabel("time (s)", size=9)
    return panels


def _draw_waveform(axes: Axes, sound: SeenSound, start: float) -> None:
    lowest, highest = sound.waveform
    times = start + sound.first + sound.column * (np.arange(len(lowest)) + 0.5)
    axes.fill_between(times, lowest, highest, color=WAVE, linewidth=0.5)
    axes.set_ylim(1.05 * min(float(lowest.min()), -0.01), 1.05 * max(float(highest.max()), 0.01))
    _name(axes, "waveform", "amplitude")


def _draw_frequencies(panels: dict[str, Axes], sound: SeenSound, start: float) -> None:
    """Draw the spectrogram over hertz and over mel."""
    bins, bands = sound.spectrogram.shape[1], sound.mel.shape[1]
    half = sound.rate / 2 / (bins - 1) / 2
    axes = panels["spectrogram"]
    ends = (-half / 1000, (sound.rate / 2 + half) / 1000)
    _key(axes, _image(axes, sound, start, sound.spectrogram, ends), "dB")
    axes.set_ylim(0, sound.highest / 1000)
    _name(axes, "spectrogram", "frequency (kHz)")
    axes = panels["mel"]
    top = float(hertz_to_mel(np.array([sound.highest]))[0])
    step = top / (bands + 1)
    _key(axes, _image(axes, sound, start, sound.mel, (step / 2, top - step / 2)), "dB")
    _mark_hertz(axes, {hertz: float(hertz_to_mel(np.array([float(hertz)]))[0]) for hertz in HERTZ})
    _name(axes, f"mel spectrogram, {bands} bands", "Hz, as far apart as heard")


def _draw_cepstra(axes: Axes, sound: SeenSound, start: float) -> None:
    """Draw all coefficients but the first, which is loudness."""
    cepstra = sound.cepstra[:, 1:]
    image = _image(axes, sound, start, cepstra, (0.5, cepstra.shape[1] + 0.5), SIGNED, (-DEVIATIONS, DEVIATIONS))
    _key(axes, image, "deviations")
    axes.set_yticks([1, 5, 10, 15])
    _name(axes, f"mel-frequency cepstral coefficients 1 to {cepstra.shape[1]}", "coefficient")


def _draw_pitches(panels: dict[str, Axes], sound: SeenSound, start: float) -> None:
    """Draw the scalogram and the chroma."""
    axes = panels["scalogram"]
    bins = sound.scalogram.shape[1]
    ends = (-0.5, bins - 0.5)
    _key(axes, _image(axes, sound, start, sound.scalogram, ends, LEVELS, (-WAVELET_RANGE, 0)), "dB")
    _mark_hertz(axes, {hertz: 12 * float(np.log2(hertz / LOWEST)) for hertz in HERTZ})
    _name(axes, "scalogram: Morlet's wavelets, a semitone apart", "frequency (Hz)")
    axes = panels["chroma"]
    _key(axes, _image(axes, sound, start, sound.chroma, (-0.5, 11.5), LEVELS, (0, 1)), "share")
    axes.set_yticks(range(12), OCTAVE, size=7)
    _name(axes, "chroma of the constant-Q transform", "note")


def _image(
    axes: Axes,
    sound: SeenSound,
    start: float,
    rows: torch.Tensor,
    ends: tuple[float, float],
    colours: str = LEVELS,
    limits: tuple[float, float] = (-RANGE, 0),
) -> Any:
    left = start + sound.first
    extent = (left, left + sound.column * len(rows), *ends)
    shown = axes.imshow(
        rows.T.numpy(), colours, aspect="auto", origin="lower", extent=extent, vmin=limits[0], vmax=limits[1]
    )
    axes.set_xlim(start, start + sound.seconds)
    return shown


def _key(axes: Axes, image: Any, unit: str) -> None:
    """Draw what the colours mean, beside the panel."""
    figure, place = axes.figure, axes.get_position()
    beside = figure.add_axes((place.x1 + 0.08 / WIDTH, place.y0, 0.1 / WIDTH, place.height))
    key = figure.colorbar(image, cax=beside)
    key.ax.tick_params(labelsize=7, length=2)
    key.set_label(unit, size=8, labelpad=2)
    key.outline.set_visible(False)


def _mark_hertz(axes: Axes, places: dict[int, float]) -> None:
    """Mark these places, from the highest down, but for those that would be too close to the one above."""
    low, high = axes.get_ylim()
    marked: dict[int, float] = {}
    for hertz, place in sorted(places.items(), reverse=True):
        above = min(marked.values(), default=np.inf)
        if low <= place <= high and above - place > CLOSEST * (high - low):
            marked[hertz] = place
    axes.set_yticks(list(marked.values()), [f"{hertz:,}" for hertz in marked])


def _name(axes: Axes, name: str, unit: str) -> None:
    axes.set_title(name, loc="left", size=9.5, pad=3)
    axes.set_ylabel(unit, size=8.5)
    axes.yaxis.set_label_coords(-0.55 / (WIDTH - LEFT - RIGHT), 0.5)


def _save(figure: Figure, file: Path) -> None:
    """Write a PNG of the colours of our maps alone, a third the size of one of all."""
    from matplotlib import colormaps
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    drawn = BytesIO()
    with warnings.catch_warnings():
        # The font lacks letters of some languages: they are shown as boxes.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(drawn, format="png")
    tags = PngInfo()
    tags.add_text("Software", DRAWN_BY)
    shades = [colormaps[name](np.linspace(0, 1, count), bytes=True)[:, :3] for name, count in SHADES.items()]
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.concatenate(shades).tobytes())
    picture = Image.open(drawn).convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
    picture.save(file, "PNG", pnginfo=tags, optimize=True)
