"""The contract of every encoder: media in, descriptors out.

An encoder writes one method, `Encoder.encode_batch`; checks, batching and singles are the base's. Constructors store,
methods work: weights are loaded when the first batch comes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from sonolux.errors import EncoderError
from sonolux.types import DescriptorKind, Metric, Modality, Space

Descriptors: TypeAlias = NDArray[Any] | csr_array
"""Rows of a space: float32 (n, dim), uint8 (n, dim / 8) for binary codes, or CSR (n, dim) for term weights."""


LEARNED = 3.0
"""Weight of learned descriptors that nobody has measured: of four near neighbours, three are of the same sort."""


class Encoder(ABC):
    """Turns media of one modality into descriptors of one space.

    Attributes
    ----------
    name : str
        Unique among encoders, e.g. ``"colour-histogram"`` or ``"google/siglip2-base-patch16-224:text"``.
    spec : str
        What `sonolux.encoders.resolve` makes this encoder from again.
    modality : Modality
        What it takes: image, audio or text.
    space : str
        Name of the space it writes into.
    dim : int
        Length of a descriptor: numbers, or bits for ``kind == "binary"``.
    metric, kind
        How descriptors are compared, and what they are.
    digest : str
        Changes whenever the same input could encode differently.
    reads : frozenset of str
        Digests of its earlier versions whose descriptors answer its questions; a library's `add` has them renewed.
    supersedes : frozenset of str
        Digests of encoders of its name that are no longer there; what they wrote is kept, and not asked.
    licence : str
        Licence of the weights (SPDX where there is one), empty where there are none.
    sample_rate : int
        Hertz it wants audio at; 0 for other modalities.
    side : int
        Pixels a side of the square that an image may be reduced to before it comes (see `sonolux.encoders.resize`);
        0 where the encoder wants all of it.
    weight : float
        Strength of its space where several are fused: how many near neighbours are of the same sort to each that is
        not, those taken off that chance would give (`sonolux bench fusion` measures it). 1 where nobody has measured.
    asks : bool
        Whether questions of its modality, and items as examples, ask its space where nobody has named it; false where
        another space of every library answers these better.
    gpu_share : float
        How much of a GPU it needs where there is one; 0 where it knows how to use none.
    batch_size : int
        How many inputs `encode` hands to `encode_batch` at once.
    """

    name: str
    spec: str
    modality: Modality
    space: str
    dim: int
    metric: Metric = "cosine"
    kind: DescriptorKind = "float"
    digest: str
    reads: frozenset[str] = frozenset()
    supersedes: frozenset[str] = frozenset()
    licence: str = ""
    sample_rate: int = 0
    side: int = 0
    weight: float = 1.0
    asks: bool = True
    gpu_share: float = 0.0
    batch_size: int = 32

    @abstractmethod
    def encode_batch(self, batch: Sequence[Any]) -> Descriptors:
        """Encode at most `batch_size` inputs: pixels (h, w, 3) uint8, samples at `sample_rate`, or strings.

        Returns
        -------
        descriptors
            One row an input, in order; float rows of a cosine space need not be normalised.
        """

    def encode(self, inputs: Sequence[Any]) -> Descriptors:
        """Encode any number of inputs, in batches, and check what comes back.

        Returns
        -------
        descriptors
            One row an input; float rows are float32, finite, and of length 1 in a cosine space (a row of zeros,
            which has no direction, stays zero).

        Raises
        ------
        EncoderError
            Where the encoder breaks its contract: wrong shape, NaN or infinity.
        """
        starts = range(0, len(inputs), self.batch_size)
        batches = [self.encode_batch(inputs[s : s + self.batch_size]) for s in starts]
        return self._checked(batches, len(inputs))

    def encode_one(self, media: Any) -> Descriptors:
        """Encode a single input into one row of shape (1, dim)."""
        return self.encode([media])

    def encode_queries(self, queries: Sequence[Any]) -> Descriptors:
        """Encode questions; the same as `encode` except where an encoder treats questions differently."""
        return self.encode(queries)

    def judges(self, question: Any) -> float:
        """Return how much of a judgement of hits is to be what `chances` says, the rest being the background model's.

        From 0, for an encoder that does not know what its descriptors mean, to 1, for a question that it knows whole.
        """
        return 0.0

    def chances(self, question: Any, row: NDArray[Any], found: NDArray[Any]) -> NDArray[np.float64]:
        """Return p-values of items for a question, by an encoder that `judges` it.

        Parameters
        ----------
        question : object
            As `encode_queries` takes it.
        row : ndarray, shape (dim,)
            What that gave.
        found : ndarray, shape (n, dim)
            Descriptors of the items, of length 1 in a cosine space.

        Returns
        -------
        chances : ndarray, shape (n,)
            Probability that an item that does not answer the question looks as much as if it did, in (0, 1].
        """
        raise EncoderError(f"encoder {self.name} judges nothing")

    def as_space(self) -> Space:
        """Return the space that this encoder writes into."""
        return Space(self.space, self.dim, self.metric, self.kind)

    def _checked(self, batches: list[Descriptors], n: int) -> Descriptors:
        width = self.dim // 8 if self.kind == "binary" else self.dim
        rows: Any
        if self.kind == "sparse":
            rows = vstack(batches, format="csr") if batches else csr_array((0, width))
        else:
            number = np.uint8 if self.kind == "binary" else np.float32
            rows = np.concatenate(batches) if batches else np.empty((0, width))
            rows = rows.astype(number, copy=False)
        if rows.shape != (n, width):
            raise EncoderError(f"encoder {self.name} gave {rows.shape}, not {(n, width)}")
        if self.kind != "float":
            return rows
        if not np.isfinite(rows).all():
            raise EncoderError(f"encoder {self.name} gave NaN or infinity")
        return normalised(rows) if self.metric == "cosine" else rows


def split_rows(descriptors: Descriptors) -> list[Any]:
    """Split descriptors into single ones as an index takes them; None for those that hold nothing and match nothing."""
    if isinstance(descriptors, csr_array):
        terms = [descriptors[[i]] for i in range(descriptors.shape[0])]
        return [row if row.nnz else None for row in terms]
    if descriptors.dtype == np.uint8:
        return list(descriptors)
    return [row if row.any() else None for row in descriptors]


def normalised(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to length 1; rows of zeros stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))
