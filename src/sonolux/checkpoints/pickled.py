"""Pickled weights, which run whatever code their author put in when they are read, and so never are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

ENDINGS = {".bin", ".pt", ".pth", ".ckpt", ".pkl"}


def refusal_of_pickled(files: Iterable[Path], wanted: str) -> str | None:
    """Return why weights among the files are refused, or None where none are pickled."""
    pickled = sorted(file.name for file in files if file.suffix in ENDINGS)
    if not pickled:
        return None
    return f"the weights in {pickled[0]} are pickled and could run code; convert them to {wanted}"
