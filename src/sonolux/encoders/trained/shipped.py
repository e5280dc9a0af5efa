"""Encoders whose weights come with Sonolux: small, tuned here, useful where no model of the hub can be had.

One network for photographs, in the folder ``photo`` beside this file. Its ``model.json`` says on what it was trained,
how, from what weights, and under what terms; ``NOTICE`` repeats the terms of the weights that it started from. The 256
numbers that it ends in are a float descriptor, ``photo``; their signs are a 256-bit code, ``photo-code``. Neither name
depends on where Sonolux is installed.
"""

from __future__ import annotations

from pathlib import Path

from sonolux.encoders.base import Encoder
from sonolux.encoders.trained.encoder import TrainedEncoder
from sonolux.encoders.trained.layers import LayerEncoder

FOLDER = Path(__file__).parent / "photo"
UNITS = "2"
"""The projection, last link of the chain: as many numbers as the code, which keeps their signs, has bits."""


def photo() -> Encoder:
    """Return the float descriptor of photographs, 256 numbers compared by cosine."""
    code = TrainedEncoder(FOLDER)
    encoder = LayerEncoder(code, UNITS, dim=code.dim)
    encoder.name = encoder.space = encoder.spec = "photo"
    return encoder


def photo_code() -> Encoder:
    """Return the 256-bit code of photographs."""
    encoder = TrainedEncoder(FOLDER)
    encoder.name = encoder.space = encoder.spec = "photo-code"
    return encoder
