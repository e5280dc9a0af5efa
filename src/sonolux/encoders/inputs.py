"""Decoded media in the form that an encoder takes."""

from __future__ import annotations

from typing import Any

from sonolux.encoders.base import Encoder
from sonolux.media.piece import Audio, Content, Image


def encoder_input(encoder: Encoder, content: Content) -> Any:
    """Return pixels (h, w, 3), samples at the encoder's own rate, or a string."""
    if isinstance(content, Image):
        return content.pixels
    if isinstance(content, Audio):
        return resampled(content, encoder.sample_rate)
    return content


def resampled(audio: Audio, rate: int) -> Any:
    """Return the samples of a recording at a rate in hertz."""
    if audio.rate == rate or not len(audio.samples):
        return audio.samples
    import soxr

    return soxr.resample(audio.samples, audio.rate, rate)
