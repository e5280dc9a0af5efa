"""BM25: the words of a text, weighed by how often they occur in it; the index adds how rare each word is.

Words are numbered by a hash, so no vocabulary is kept and a library can grow for ever. Documents and questions are
encoded differently: a document's word weighs by its count, saturating, against the document's length; a question's
word weighs 1. Their scalar product, with the index's inverse document frequency, is the BM25 score.

Stop words are terms of their own, asked only by questions that have no other words: "the who" finds what holds both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from sonolux.checkpoints.digest import digest_of
from sonolux.encoders.base import Encoder
from sonolux.encoders.text import UNSPACED
from sonolux.encoders.words import SPLITTER, words_of_text
from sonolux.types import Modality

if TYPE_CHECKING:
    from qdrant_edge import Bm25 as Engine
    from qdrant_edge import SparseVector

SATURATION = 1.2  # k1: how fast a repeated word stops counting
LENGTH_WEIGHT = 0.75  # b: how much long texts are held back
TYPICAL_LENGTH = 100.0  # words that count, of a passage of 1,000 characters

_SAID_OFTEN = (
    "a about above after again against ain all am an and any are aren as at be because been before being below between"
    " both but by can couldn d did didn do does doesn doing don down during each few for from further had hadn has hasn"
    " have haven having he her here hers herself him himself his how i if in into is isn it its itself just ll m ma me"
    " mightn more most mustn my myself needn no nor not now o of off on once only or other our ours ourselves out over"
    " own re s same shan she should shouldn so some such t than that the their theirs them themselves then there these"
    " they this those through to too under until up ve very was wasn we were weren what when where which while who whom"
    " why will with won wouldn y you your yours yourself yourselves"
    " aint arent cant couldnt didnt doesnt dont hadnt hasnt havent isnt mightnt mustnt neednt shant shouldnt wasnt"
    " werent wont wouldnt"
)
STOP_WORDS = frozenset(_SAID_OFTEN.split())
"""English words that say little of a text: those of Snowball, as NLTK lists them, and the contractions in one piece."""

STOP = "="
"""Stands before a stop word, so that no other word's stem is the same term."""


class Bm25(Encoder):
    """Term weights of a text in 2**32 hashed dimensions, with English stop words and stems, accents folded.

    References
    ----------
    S. Robertson and H. Zaragoza, "The probabilistic relevance framework: BM25 and beyond", FnTIR 3(4), 2009.
    """

    name = spec = space = "bm25"
    weight = 1.7
    modality = Modality.TEXT
    kind = "sparse"
    metric = "dot"
    dim = 2**32

    def __init__(self) -> None:
        weights = (SATURATION, LENGTH_WEIGHT, TYPICAL_LENGTH)
        self.digest = digest_of(self.name, *SPLITTER, *weights, *sorted(STOP_WORDS))
        # The first version left stop words out and split some words otherwise; what both split alike is the same term.
        self.reads = frozenset({digest_of(self.name, 1, *weights, UNSPACED.pattern)})

    def encode_batch(self, batch: Sequence[str]) -> csr_array:
        """Encode documents into rows (n, 2**32); an empty text is an empty row."""
        split = [_split(text) for text in batch]
        said = self._rows(self._engine.embed_document, [words for words, _ in split])
        # Stop words do not make a text longer: its other words weigh as if there were none.
        return csr_array(said + self._rows(self._engine.embed_document, [stops for _, stops in split]))

    def encode_queries(self, queries: Sequence[str]) -> csr_array:
        """Encode questions: each word that counts weighs 1; stop words count where there are no others."""
        return self._rows(self._engine.embed_query, [words or stops for words, stops in map(_split, queries)])

    @cached_property
    def _engine(self) -> Engine:
        from qdrant_edge import Bm25, Bm25Config, StopwordsSet, TokenizerType

        return Bm25(
            Bm25Config(
                k=SATURATION,
                b=LENGTH_WEIGHT,
                avg_len=TYPICAL_LENGTH,
                tokenizer=TokenizerType.Whitespace,
                language="english",
                ascii_folding=True,
                stopwords=StopwordsSet(),
            )
        )

    def _rows(self, embed: Callable[[str], SparseVector], texts: Sequence[str]) -> csr_array:
        vectors = [embed(text) for text in texts]
        ends = np.cumsum([0, *(len(vector.indices) for vector in vectors)], dtype=np.int64)
        terms = np.array([term for vector in vectors for term in vector.indices], dtype=np.int64)
        weights = np.array([weight for vector in vectors for weight in vector.values], dtype=np.float32)
        rows = csr_array((weights, terms, ends), shape=(len(texts), self.dim))
        rows.sort_indices()
        return rows


def _split(text: str) -> tuple[str, str]:
    """Return the words of a text that count, and its stop words marked as such, with spaces between them."""
    words = words_of_text(text)
    counted = (word for word in words if word not in STOP_WORDS)
    return " ".join(counted), " ".join(f"{STOP}{word}" for word in words if word in STOP_WORDS)
