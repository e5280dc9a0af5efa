"""Names of encoders: what one is found by in another process, so that weights cross no pipe and no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sonolux.encoders.base import Encoder
from sonolux.encoders.registry import resolve
from sonolux.errors import EncoderError


@dataclass(frozen=True, slots=True)
class EncoderName:
    """What an encoder is found by in another process; `digest` tells that it is the same there."""

    spec: str
    name: str
    digest: str


def names_of(encoders: Sequence[Encoder]) -> tuple[EncoderName, ...]:
    """Return what encoders are found by elsewhere."""
    return tuple(EncoderName(encoder.spec, encoder.name, encoder.digest) for encoder in encoders)


def encoder_named(wanted: EncoderName, place: str, instead: str) -> Encoder:
    """Return the encoder of a name.

    Parameters
    ----------
    wanted : EncoderName
    place, instead : str
        For messages: what this process is to who asks, and what would do without it.

    Raises
    ------
    EncoderError
        Where there is none of that name here, or another one.
    """
    try:
        encoders = resolve(wanted.spec)
    except EncoderError as error:
        raise EncoderError(
            f"{error} ({place} finds what is installed or in a folder, not what a program registered: {instead})"
        ) from error
    for encoder in encoders:
        if encoder.name == wanted.name and encoder.digest == wanted.digest:
            return encoder
    raise EncoderError(f"{wanted.spec} gives another {wanted.name} in {place} than here")
