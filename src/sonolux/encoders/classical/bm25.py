"""BM25: the words of a text, weighed by how often they occur in it; the index adds how rare each word is.

Words are numbered by a hash, so no vocabulary is kept and a library can grow for ever. Documents and questions are
encoded differently: a document's word weighs by its count, saturating, against the document's length; a question's
word weighs 1. Their scalar product, with the index's inverse document frequency, is the BM25 score.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from sonolux.checkpoints.digest import digest_of
from sonolux.encoders.base import Encoder
from sonolux.encoders.text import encodable
from sonolux.types import Modality

if TYPE_CHECKING:
    from qdrant_edge import Bm25 as Engine
    from qdrant_edge import SparseVector

SATURATION = 1.2  # k1: how fast a repeated word stops counting
LENGTH_WEIGHT = 0.75  # b: how much long texts are held back
TYPICAL_LENGTH = 100.0  # words that count, of a passage of 1,000 characters

UNSPACED = re.compile(
    "[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
"""Thai, Lao, kana, Han and Hangul: runs that words cannot be told from by spaces."""


class Bm25(Encoder):
    """Term weights of a text in 2**32 hashed dimensions, with English stop words and stems, accents folded.

    References
    ----------
    S. Robertson and H. Zaragoza, "The probabilistic relevance framework: BM25 and beyond", FnTIR 3(4), 2009.
    """

    name = spec = space = "bm25"
    modality = Modality.TEXT
    kind = "sparse"
    metric = "dot"
    dim = 2**32

    def __init__(self) -> None:
        self.digest = digest_of(self.name, 1, SATURATION, LENGTH_WEIGHT, TYPICAL_LENGTH, UNSPACED.pattern)

    def encode_batch(self, batch: Sequence[str]) -> csr_array:
        """Encode documents into rows (n, 2**32); an empty text is an empty row."""
        return self._rows(self._engine.embed_document, batch)

    def encode_queries(self, queries: Sequence[str]) -> csr_array:
        """Encode questions: each word that counts weighs 1."""
        return self._rows(self._engine.embed_query, queries)

    @cached_property
    def _engine(self) -> Engine:
        from qdrant_edge import Bm25, Bm25Config, TokenizerType

        return Bm25(
            Bm25Config(
                k=SATURATION,
                b=LENGTH_WEIGHT,
                avg_len=TYPICAL_LENGTH,
                tokenizer=TokenizerType.Word,
                language="english",
                ascii_folding=True,
            )
        )

    def _rows(self, embed: Callable[[str], SparseVector], texts: Sequence[str]) -> csr_array:
        vectors = [embed(words_apart(text)) for text in texts]
        ends = np.cumsum([0, *(len(vector.indices) for vector in vectors)], dtype=np.int64)
        terms = np.array([term for vector in vectors for term in vector.indices], dtype=np.int64)
        weights = np.array([weight for vector in vectors for weight in vector.values], dtype=np.float32)
        rows = csr_array((weights, terms, ends), shape=(len(texts), self.dim))
        rows.sort_indices()
        return rows


def words_apart(text: str) -> str:
    """Return the text with a space between words in every script, and every character in its plain form.

    Where a script sets no spaces between words, each character and each pair of neighbours counts as a word: such
    bigrams find words without a dictionary (K. L. Kwok, "Comparing representations in Chinese information
    retrieval", SIGIR 1997).
    """
    return UNSPACED.sub(_bigrams, unicodedata.normalize("NFKC", encodable(text)))


def _bigrams(run: re.Match[str]) -> str:
    characters = run[0]
    pairs = (characters[i : i + 2] for i in range(len(characters) - 1))
    return f" {' '.join([*characters, *pairs])} "
