"""Downmix: the channels of a recording to one, their mean, without what cancels out there.

Where one channel is another upside down (a plug wired wrongly, a karaoke track, a widened synthesizer), their mean is
silence, though everybody hears it. Such a stretch is known by the power of the mean: it falls far below what channels
give that have nothing to do with each other. There, channels are turned so that none works against the loudest.
Anywhere else the result is the plain mean, to the last bit. The choice is made for a quarter of a second at a time, for
all frequencies alike; it changes over some milliseconds, without a click.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CANCELS = 0.1
"""Power of the mean, as a share of what unrelated channels give, below which channels are turned: -10 dB."""

AGREES = 0.3
"""The same, from which on the plain mean is right again; between the two, all stays as it is."""

QUIETEST = 1e-10
"""Power of a channel that nobody hears, -100 dB: there is nothing to choose by."""

BLOCK = 0.25
"""Seconds that are looked at for one choice."""

FADE = 0.02
"""Seconds that a change takes."""


class Downmix:
    """Mixes the blocks of one stream.

    Parameters
    ----------
    rate : int
        Hertz.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._fade = max(1, round(FADE * rate))
        self._signs: NDArray[np.float32] | None = None
        self._begun = False

    def mix(self, channels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a block of about `BLOCK` seconds, (channels, n), as (n,), both float32."""
        mean: NDArray[np.float32] = channels.mean(axis=0, dtype=np.float32)
        before, begins = self._signs, not self._begun
        if len(channels) == 1:
            return mean
        self._signs = after = self._chosen(channels, before)
        if before is None and after is None:
            return mean
        plain = np.ones(len(channels), np.float32)
        old, new = (plain if signs is None else signs for signs in (before, after))
        turned: NDArray[np.float32] = np.einsum("c,cn->n", new / len(channels), channels)
        if begins or np.array_equal(old, new):
            return turned
        length = min(self._fade, channels.shape[1])
        rise = np.arange(1, length + 1, dtype=np.float32) / (length + 1)
        weights = old[:, None] * (1 - rise) + new[:, None] * rise
        turned[:length] = (weights * channels[:, :length]).mean(axis=0)
        turned[length:] = mean[length:] if after is None else turned[length:]
        return turned

    def _chosen(self, channels: NDArray[np.float32], before: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
        """Return the signs of the channels, None for the plain mean."""
        products = np.nan_to_num(channels, posinf=0.0, neginf=0.0).astype(np.float64)
        products = products @ products.T / channels.shape[1]
        power = float(np.trace(products))
        if before is not None and len(before) != len(channels):
            before = None
        # The last few samples of a stream tell nothing by themselves.
        scrap = self._begun and channels.shape[1] < BLOCK * self.rate / 2
        self._begun = True
        if scrap or power <= QUIETEST * len(channels):
            return before
        agreement = float(products.sum()) / power
        if agreement >= AGREES or (before is None and agreement >= CANCELS):
            return None
        if before is not None and float(before @ products @ before) >= AGREES * power:
            return before
        loudest = int(np.argmax(np.diag(products)))
        return np.where(products[loudest] < 0, -1.0, 1.0).astype(np.float32)
