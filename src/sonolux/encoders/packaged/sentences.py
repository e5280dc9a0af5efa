"""Sentences by meaning through all-MiniLM-L6-v2, which a package brings: 384 numbers, compared by cosine.

W. Wang et al., "MiniLM", NeurIPS 2020; N. Reimers and I. Gurevych, "Sentence-BERT", EMNLP 2019. The folder in the
package is a sentence-transformers checkpoint, read as one of the hub is once its files are known to be the pinned ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import Encoder
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.encoders.hub.sentence import SentenceText
from sonolux.encoders.packaged.package import Package
from sonolux.encoders.packaged.packages import MINILM, SENTENCES

DIM = 384


class PackagedSentences(SentenceText):
    """Text through a sentence model of a package.

    Parameters
    ----------
    package : Package
    folder : str
        Of the checkpoint in the package.
    dim : int
    name : str
    """

    def __init__(self, package: Package, folder: str, dim: int, name: str) -> None:
        super().__init__(Checkpoint(Path(folder), name, name), dim)
        self.package = package
        self.inside = folder
        self.name = name
        self.licence = package.licence
        self.weight = 3.9
        self._last: tuple[tuple[str, ...], NDArray[np.float32]] = (), np.empty((0, dim), np.float32)

    @property
    def digest(self) -> str:  # type: ignore[override]
        """Of the pinned files; none is read."""
        return self.package.digest

    def encode_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions into rows (n, dim) of length 1; `sonolux.encoders.packaged.concepts` asks the same ones."""
        asked, known = self._last
        if asked != tuple(queries):
            known = super().encode_queries(queries)
            self._last = tuple(queries), known
        return known.copy()

    def _loaded(self) -> Any:
        folder = self.package.folder(f"{self.inside}config.json")
        self.checkpoint = Checkpoint(folder, self.name, self.spec)
        return super()._loaded()


@cache
def sentences() -> Encoder:
    """Return the sentence model of the default installation, one for all libraries of a process."""
    return PackagedSentences(SENTENCES, MINILM, DIM, "sentences")
