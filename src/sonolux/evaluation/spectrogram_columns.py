"""Spectrogram columns: representations of a recording, averaged to the width of an image.

Levels are decibels below the loudest of each; a constant offset is taken off, and a sound quieter than `QUIET` is not
turned up. What is computed frame by frame is averaged over the frames of a column, part by part of the sound, so that
memory does not grow with its length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import floor, log2

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.features.cepstrum import mfcc
from sonolux.features.constant_q import LOWEST, chroma, cqt
from sonolux.features.fourier import decibels, power_spectrogram
from sonolux.features.mel_scale import mel_filters
from sonolux.features.resampling import resample
from sonolux.features.scalogram import scalogram

COLUMNS = 1_400
"""At most."""

RANGE = 80.0
"""Decibels below the loudest at which nothing is seen any more."""

WAVELET_RANGE = 60.0
"""The same of wavelets: those of high pitch are wide, so that hiss is louder in them."""

QUIET = -70.0
"""Decibels that the loudest is taken for at least: the rounding of 16 bits is not turned up."""

FRAME_SECONDS = 0.05
"""Of a frame of the spectrogram; it has the power of two of samples that is next to it."""

FINEST = 0.001
"""Seconds from one frame to the next, at least."""

RARE = 0.01
"""Share of the columns that does not count: a click has all frequencies."""

BANDS, COEFFICIENTS = 128, 20

OCTAVES = 8
"""Of the constant-Q transform, where the rate is high enough; wavelets reach one further."""

MOST_FOR_PITCH = 24_000
"""Hertz; what has more samples is halved for constant Q and wavelets, whose pitches are lower."""

MARGIN = 0.5
"""Seconds that are heard on both sides of a part: more than half of the longest filter."""

PART = 20.0
"""Seconds of a part."""


@dataclass(frozen=True, slots=True)
class SeenSound:
    """A recording as it is drawn.

    Attributes
    ----------
    rate : int
        Hertz of the samples.
    seconds, first, column : float
        Length of the sound, where the first column begins (half a frame before it), and from one column to the next.
    waveform : ndarray of float32, shape (2, columns)
        Lowest and highest sample of each column.
    spectrogram, mel, scalogram : tensor, shape (columns, bins)
        Decibels, -80 (wavelets: -60) to 0: in even steps from 0 Hz to half the rate; in even steps of mel from 0 Hz to
        ``highest``; in semitones from `LOWEST` on.
    highest : float
        Hertz above which nothing is heard, in whole kilohertz.
    cepstra : tensor, shape (columns, COEFFICIENTS)
        Each coefficient of mean 0 and deviation 1 over time: else the first ones, so much larger, would be all.
    chroma : tensor, shape (columns, 12)
        C to B, 0 to 1; 0 where nothing sounds.
    """

    rate: int
    seconds: float
    first: float
    column: float
    waveform: NDArray[np.float32]
    spectrogram: torch.Tensor
    mel: torch.Tensor
    highest: float
    cepstra: torch.Tensor
    scalogram: torch.Tensor
    chroma: torch.Tensor


def compute_columns(samples: NDArray[np.float32], rate: int) -> SeenSound:
    """Return what is to be seen of a sound, float32 (n,), n > 0, of 8,000 to 48,000 Hz."""
    frame = int(2 ** round(log2(FRAME_SECONDS * rate)))
    halved = 2 if rate > MOST_FOR_PITCH else 1
    hop = min(max(len(samples) // COLUMNS, round(FINEST * rate)), frame // 4) // halved * halved
    together = -(-(1 + len(samples) // hop) // COLUMNS)
    sound = torch.from_numpy(samples - samples.mean(dtype=np.float64).astype(np.float32))
    power = average_columns(lambda part: power_spectrogram(part, frame, hop), sound, rate, hop, together)
    pitched = average_columns(_pitches(rate, hop, halved), sound, rate, hop, together)
    bins = _bins(rate // halved)
    spectrogram = _below_loudest(power)
    highest = _highest(spectrogram, rate)
    mel = power @ torch.from_numpy(mel_filters(rate, frame, BANDS, highest=highest).T)
    return SeenSound(
        rate=rate,
        seconds=len(samples) / rate,
        first=-hop / rate / 2,
        column=hop * together / rate,
        waveform=_envelope(samples, hop, hop * together, len(power)),
        spectrogram=spectrogram,
        mel=_below_loudest(mel),
        highest=highest,
        cepstra=_standardised(mfcc(mel, COEFFICIENTS, RANGE)),
        scalogram=_below_loudest(pitched[:, bins:].square(), WAVELET_RANGE),
        chroma=_audible(chroma(pitched[:, :bins]), pitched[:, :bins].square().sum(dim=1)),
    )


def average_columns(
    of: Callable[[torch.Tensor], torch.Tensor], sound: torch.Tensor, rate: int, hop: int, together: int
) -> torch.Tensor:
    """Return a representation of a sound (n,), float (frames / together, bins), each so many frames' mean.

    It is made part by part, each with a margin: what comes out is the same as of the whole.
    """
    frames = 1 + len(sound) // hop
    margin = -(-round(MARGIN * rate) // hop)
    length = max(round(PART * rate) // hop // together, 1) * together
    rows = []
    for first in range(0, frames, length):
        before = min(first, margin)
        part = of(sound[(first - before) * hop : (first + length + margin) * hop])
        rows.append(_means(part[before : before + min(length, frames - first)], together))
    return torch.cat(rows)


def _means(frames: torch.Tensor, together: int) -> torch.Tensor:
    """Return the mean of every so many frames; the last ones may be fewer."""
    return torch.stack([some.mean(dim=0) for some in torch.split(frames, together)])


def _pitches(rate: int, hop: int, halved: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return what makes the absolute values of constant Q of a sound, and beside them those of wavelets."""
    lower = rate // halved

    def of(part: torch.Tensor) -> torch.Tensor:
        sound = resample(part, rate, lower)
        notes = cqt(sound, lower, hop // halved, bins=_bins(lower)).abs()
        waves = scalogram(sound, lower, hop // halved, lowest=LOWEST, octaves=OCTAVES + 1)
        frames = 1 + len(part) // hop
        return torch.cat([notes, waves], dim=1)[:frames]

    return of


def _bins(rate: int) -> int:
    """Return how many semitones of constant Q there is room for."""
    return min(12 * OCTAVES, floor(12 * log2(0.47 * rate / LOWEST)))


def _below_loudest(power: torch.Tensor, reach: float = RANGE) -> torch.Tensor:
    levels = decibels(power, reach=None, least=10 ** ((QUIET - reach) / 10))
    return (levels - levels.max().clamp(min=QUIET)).clamp(min=-reach)


def _standardised(numbers: torch.Tensor) -> torch.Tensor:
    return (numbers - numbers.mean(dim=0)) / numbers.std(dim=0, correction=0).clamp(min=0.1)


def _highest(spectrogram: torch.Tensor, rate: int) -> float:
    """Return the first whole kilohertz, at most half the rate, above which hardly any column is more than the least."""
    used = torch.nonzero((spectrogram > -RANGE).float().mean(dim=0) > RARE)
    top = float(used.max()) / (spectrogram.shape[1] - 1) * rate / 2 if len(used) else 0.0
    return float(min(max(np.ceil(top / 1000), 2) * 1000, rate / 2))


def _audible(pitches: torch.Tensor, power: torch.Tensor) -> torch.Tensor:
    """Take out the pitches of columns that are too quiet to have any: hiss would be as loud as music."""
    return pitches * (_below_loudest(power[:, None]) > -RANGE / 2)


def _envelope(samples: NDArray[np.float32], hop: int, width: int, count: int) -> NDArray[np.float32]:
    """Return the lowest and the highest sample of each column of `width`, the first from half a hop before 0."""
    after = max(count * width - len(samples) - hop // 2, 0)
    whole = np.pad(samples, (hop // 2, after), mode="edge")[: count * width].reshape(count, width)
    return np.stack([whole.min(axis=1), whole.max(axis=1)])
