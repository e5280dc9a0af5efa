"""Decoded media in the form that an encoder takes."""

from __future__ import annotations

from typing import Any

from sonolux.encoders.base import Encoder
from sonolux.encoders.resize import reduced
from sonolux.media.segment import Audio, Content, Image


class EncoderInputs:
    """What encoders take of some contents, made once for all that take it alike; lives no longer than the contents."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int, int], Any] = {}

    def of(self, encoder: Encoder, content: Content) -> Any:
        """Return pixels (h, w, 3), reduced where the encoder says so, samples at its own rate, or a string."""
        form = id(content), encoder.side, encoder.sample_rate
        if form not in self._made:
            made: Any = content
            if isinstance(content, Image):
                made = reduced(content.pixels, encoder.side) if encoder.side else content.pixels
            elif isinstance(content, Audio):
                made = resampled(content, encoder.sample_rate)
            self._made[form] = made
        return self._made[form]


def resampled(audio: Audio, rate: int) -> Any:
    """Return the samples of a recording at a rate in hertz."""
    if audio.rate == rate or not len(audio.samples):
        return audio.samples
    import soxr

    return soxr.resample(audio.samples, audio.rate, rate)
