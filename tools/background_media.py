"""Media that shipped background models are learned from: pictures and sounds that are free, or made up here.

Pictures are cut from the photographs that come with scikit-image and scikit-learn, and composed from pieces of them:
surfaces that hide one another, their sizes spread by a power law, as in pictures of the world (Lee, Mumford and Huang
2001, "Occlusion models for natural images", International Journal of Computer Vision). Sounds are of the kinds of
`sonolux.sample.sounds` with other numbers, and noises, tones and babble. Everything follows from a seed.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
from numpy.typing import NDArray
from PIL.Image import Image
from scipy.signal import lfilter

from sonolux.sample import sounds
from sonolux.sample.photos import PHOTOS, write_photos

RATE = sounds.RATE
SECONDS = 5
SHAPES = ((256, 192), (192, 256), (256, 170), (224, 224))
"""Width and height of composed pictures."""

TINTED = 0.6
"""Share of surfaces in another colour than the photograph's."""

PLAIN = (0, 16, 128, 240, 250, 255)
"""Levels of blank pages and dark frames, which every collection holds; on some, a line or a speck."""


def make_pictures(count: int, seed: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield pictures (height, width, 3) uint8, each with the name of its family: two of one are no strangers."""
    random = np.random.default_rng(seed)
    with TemporaryDirectory() as folder:
        written = write_photos(Path(folder))
        photos = {name: PIL.Image.open(written[name]).convert("RGB") for name in PHOTOS}
    for name, photo in photos.items():
        for _ in range(2):
            yield name.removesuffix("_again"), np.asarray(_cut(photo, random))
    for number, level in enumerate(PLAIN):
        yield f"plain {number}", _page(level, random)
    for number in range(count - 2 * len(photos) - len(PLAIN)):
        yield f"composed {number}", np.asarray(_composed([*photos.values()], random))


def _cut(photo: Image, random: np.random.Generator) -> Image:
    """Cut a piece of at least a fifth of each side, upright or mirrored."""
    width, height = (int(side * random.uniform(0.2, 1)) for side in photo.size)
    left, top = (
        int(random.integers(0, whole - part + 1)) for whole, part in zip(photo.size, (width, height), strict=True)
    )
    piece = photo.crop((left, top, left + width, top + height))
    return piece.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else piece


def _page(level: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """A page or frame of one grey with a little noise, and a short line on it."""
    page = np.full((224, 224, 3), level) + random.normal(scale=1.0, size=(224, 224, 1))
    top, left = random.integers(10, 180, 2)
    page[top : top + 3, left : left + 30] = 255 - level
    return np.clip(page, 0, 255).astype(np.uint8)


def _composed(photos: list[Image], random: np.random.Generator) -> Image:
    """Compose a picture of pieces of photographs in other colours, the largest behind."""
    shape = SHAPES[random.integers(len(SHAPES))]
    light = random.uniform(0.6, 1.3)
    hues = random.random(3)

    def surface(size: tuple[int, int]) -> Image:
        piece = _cut(photos[random.integers(len(photos))], random).resize(size)
        return _coloured(piece, float(random.choice(hues)), light * random.uniform(0.7, 1.3), random)

    picture = surface(shape)
    sizes = np.minimum(0.2 * (1 + random.pareto(1.0, random.integers(3, 40))), 0.9)
    for size in np.sort(sizes)[::-1]:
        wide, high = (max(8, int(side * size * random.uniform(0.5, 1.5))) for side in shape)
        left, top = (int(random.integers(-part // 2, side)) for part, side in zip((wide, high), shape, strict=True))
        picture.paste(surface((wide, high)), (left, top), _outline((wide, high), random))
    return picture


def _coloured(piece: Image, hue: float, light: float, random: np.random.Generator) -> Image:
    """Make a piece darker or lighter, flatter or sharper, and most of them more or less of one colour."""
    pixels = np.asarray(piece, np.float64) / 255
    if random.random() < TINTED:
        tint = np.array(colorsys.hsv_to_rgb(hue, random.beta(1, 2), 1.0))
        own = random.random()
        pixels = own * pixels + (1 - own) * pixels.mean(axis=2, keepdims=True) * tint
    contrast = random.uniform(0.6, 1.3)
    pixels = light * (contrast * pixels + (1 - contrast) * pixels.mean(axis=(0, 1)))
    return PIL.Image.fromarray(np.uint8(255 * np.clip(pixels, 0, 1)))


def _outline(size: tuple[int, int], random: np.random.Generator) -> Image:
    """Draw the outline of a surface: an ellipse, a box or an uneven polygon, its edge more or less sharp."""
    mask = PIL.Image.new("L", size)
    draw = PIL.ImageDraw.Draw(mask)
    kind = random.integers(3)
    corners = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 9)))
    reach = random.uniform(0.25, 0.5, len(corners))
    if kind == 0:
        draw.ellipse((0, 0, size[0] - 1, size[1] - 1), fill=255)
    elif kind == 1:
        draw.rectangle((0, 0, size[0] - 1, size[1] - 1), fill=255)
    else:
        xs, ys = (0.5 + reach * np.cos(corners)) * size[0], (0.5 + reach * np.sin(corners)) * size[1]
        draw.polygon([*zip(xs.tolist(), ys.tolist(), strict=True)], fill=255)
    return mask.filter(PIL.ImageFilter.GaussianBlur(float(random.exponential(1.5))))


def make_sounds(count: int, seed: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield sounds (n,) at `RATE`, each with the name of its family."""
    random = np.random.default_rng(seed)
    kinds = (_tune, _drums, _birdsong, _waves, _bells, _noise, _tones, _babble, _mixture)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        sound = kind(random)
        yield f"{kind.__name__} {number}", np.asarray(0.7 * sound / np.abs(sound).max(), np.float32)


def _tune(random: np.random.Generator) -> Any:
    return sounds.synthesise_tune(random.integers(-20, 15, random.integers(3, 20)).tolist(), repeats=1)


def _drums(random: np.random.Generator) -> Any:
    drums = sounds.synthesise_drums(random.uniform(60, 180), bars=2)
    return lfilter([1.0], [1.0, -random.uniform(-0.8, 0.9)], drums)


def _birdsong(random: np.random.Generator) -> Any:
    song = sounds.synthesise_birdsong(SECONDS, seed=int(random.integers(2**31)))
    return lfilter([1.0], [1.0, -random.uniform(-0.5, 0.9)], song)


def _waves(random: np.random.Generator) -> Any:
    return sounds.synthesise_waves(SECONDS, int(random.integers(2**31)), period=random.uniform(0.3, 6))


def _bells(random: np.random.Generator) -> Any:
    bells = sounds.synthesise_bells(SECONDS, seed=int(random.integers(2**31)))
    step = random.uniform(0.4, 2)
    return np.interp(np.arange(0, len(bells) - 1, step), np.arange(len(bells)), bells)


def _noise(random: np.random.Generator) -> Any:
    """Noise through a resonance, in bursts or steady."""
    angle, radius = random.uniform(0.02, np.pi - 0.02), random.uniform(0, 0.98)
    noise = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], random.normal(size=SECONDS * RATE))
    return noise * _bursts(random)


def _tones(random: np.random.Generator) -> Any:
    """Notes of an instrument that is bowed or blown: harmonics with a slope of their own, with vibrato."""
    time = np.arange(SECONDS * RATE) / RATE
    base = 55 * 2 ** (random.choice(12, random.integers(1, 5)) / 12 + random.integers(0, 5))
    note = np.resize(np.repeat(base, RATE // random.integers(1, 6)), len(time))
    phase = 2 * np.pi * np.cumsum(note * (1 + 0.01 * np.sin(2 * np.pi * random.uniform(3, 8) * time))) / RATE
    slope, odd = random.uniform(0.3, 2.5), random.random()
    harmonics = [n for n in range(1, 20) if (n + 1) * note.max() < RATE / 2]
    out = sum(n**-slope * (odd if n % 2 == 0 else 1) * np.sin(n * phase) for n in harmonics)
    return out * _bursts(random) + random.exponential(0.02) * random.normal(size=len(time))


def _babble(random: np.random.Generator) -> Any:
    """Speech-like babble: pulses through three formants that glide from vowel to vowel, with hisses between."""
    length, pitch = RATE // 8, random.uniform(80, 320)
    out = []
    for _ in range(8 * SECONDS):
        pulses = np.zeros(length)
        pulses[:: max(1, int(RATE / (pitch * random.uniform(0.8, 1.2))))] = 1
        source = 0.1 * random.normal(size=length) if random.random() < 0.25 else pulses
        for formant in random.uniform((250, 800, 2200), (850, 2200, 3200)):
            angle = 2 * np.pi * formant / RATE
            source = lfilter([1.0], [1.0, -1.92 * np.cos(angle), 0.9216], source)
        out.append(source * np.hanning(length) * (random.random() < 0.85))
    return np.concatenate(out) + 1e-4 * random.normal(size=8 * SECONDS * length)


def _mixture(random: np.random.Generator) -> Any:
    """Two or three of the other kinds at once."""
    chosen = random.choice(np.array([_tune, _drums, _birdsong, _noise, _tones, _babble]), random.integers(2, 4))
    parts = [part / np.abs(part).max() for part in (kind(random) for kind in chosen)]
    shortest = min(map(len, parts))
    return sum((random.uniform(0.2, 1) * part[:shortest] for part in parts), np.zeros(shortest))


def _bursts(random: np.random.Generator) -> Any:
    """A loudness over time: steady, swelling, or in bursts that die away."""
    time = np.arange(SECONDS * RATE) / RATE
    rate, decay = random.uniform(0.2, 6), random.choice([0.0, random.uniform(1, 25)])
    return np.exp(-decay * (time * rate % 1) / rate) * (1 + random.random() * np.sin(2 * np.pi * rate * time))
