"""Families of hub models: a checkpoint is assigned to one by its configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sonolux.encoders.base import Encoder
from sonolux.encoders.hub import clap, clip, convolutional, dino, sentence, siglip
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.encoders.hub.state import snapshot
from sonolux.errors import EncoderError

FAMILIES: dict[str, Callable[[Checkpoint], list[Encoder]]] = {
    "clip": clip.encoders,
    "siglip": siglip.encoders,
    "siglip2": siglip.encoders,
    "clap": clap.encoders,
    "dinov2": dino.dinov2_encoders,
    "dinov2_with_registers": dino.dinov2_encoders,
    "dinov3_vit": dino.dinov3_encoders,
    "dinov3_convnext": dino.dinov3_convnext_encoders,
    "resnet": convolutional.resnet_encoders,
    "convnext": convolutional.convnext_encoders,
    "convnextv2": convolutional.convnext_encoders,
}
"""By ``model_type`` of ``config.json``; a sentence model has a ``modules.json`` instead."""


def is_checkpoint(folder: Path) -> bool:
    """Tell whether a folder looks like a checkpoint in the hub's format."""
    return (folder / "modules.json").is_file() or (folder / "config.json").is_file()


def encoders_in(folder: Path) -> list[Encoder]:
    """Return the encoders of a checkpoint folder."""
    folder = folder.resolve()
    return _encoders(Checkpoint(folder, folder.name, str(folder)))


def encoders_called(name: str) -> list[Encoder]:
    """Return the encoders of a checkpoint of the hub, ``org/name``; it is downloaded where it is not cached."""
    return _encoders(Checkpoint(snapshot(name), name, name))


def _encoders(checkpoint: Checkpoint) -> list[Encoder]:
    if checkpoint.has("modules.json"):
        return sentence.encoders(checkpoint)
    family = FAMILIES.get(str(checkpoint.config.get("model_type")))
    if family is None:
        raise EncoderError(
            f"model {checkpoint.name} is of type {checkpoint.config.get('model_type')!r}; "
            f"supported are {', '.join(FAMILIES)} and sentence-transformers folders"
        )
    checkpoint.require_safetensors()
    try:
        return family(checkpoint)
    except (AttributeError, TypeError, ValueError) as error:
        raise EncoderError(f"model {checkpoint.name}: config.json is not as expected: {error}") from error
