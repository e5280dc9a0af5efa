"""Explanation of hits: which spaces brought each, by which words, which example, and where in its file.

Nothing here is computed unless it is asked (`Query.explain`), and then for the hits that are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import Encoder
from sonolux.encoders.text import UNSPACED
from sonolux.encoders.words import words_of_text
from sonolux.index import Index, Point
from sonolux.index.payload import SPAN_KEYS, region_of, span_of
from sonolux.retrieval.examples import own_vectors, span_vectors
from sonolux.retrieval.places import Place, Witness
from sonolux.retrieval.query import Query
from sonolux.retrieval.similarity import similarities
from sonolux.retrieval.space_query import SpaceQuery
from sonolux.types import Hit, Modality, Reason, Region, Space, Span

KEYS = (*SPAN_KEYS, "kind", "region", "annotations")
"""What is read of an item that was matched."""

Asker = Callable[[str, Modality], Encoder | None]
"""Gives the encoder of a space for questions of a modality."""

Terms = frozenset[int]


@dataclass
class Explainer:
    """Says why the hits of one question were found.

    Attributes
    ----------
    index : Index
    query : Query
    questions : sequence of SpaceQuery
        As planned; the numbers of witnesses are theirs.
    asker : Asker
    examples : mapping, optional
        Descriptors of the examples by space and by example, where they are at hand.
    """

    index: Index
    query: Query
    questions: Sequence[SpaceQuery]
    asker: Asker
    examples: Mapping[str, Mapping[str, list[Any]]] | None = None

    def explain(self, found: Sequence[tuple[Place, Hit]]) -> list[Hit]:
        """Return hits that say why they were found, the strongest reason first."""
        chosen = [self._strongest(place.seen) for place, _ in found]
        items = list({one.item: None for witnesses in chosen for one in witnesses})
        points = {point.id: point for point in self.index.fetch(items, spaces=self._spaces_read, keys=KEYS)}
        return [
            hit._replace(why=tuple(self._reason(one, points[one.item]) for one in witnesses if one.item in points))
            for (_, hit), witnesses in zip(found, chosen, strict=True)
        ]

    def _strongest(self, seen: Sequence[Witness]) -> list[Witness]:
        """Return the strongest witness of each part and space."""
        best: dict[tuple[int, str], Witness] = {}
        for one in sorted(seen, key=lambda one: (one.chance, one.rank)):
            asked = self.questions[one.question]
            best.setdefault((asked.part, asked.space.name), one)
        return list(best.values())

    @cached_property
    def _spaces_read(self) -> list[str]:
        """Spaces of which descriptors are looked at: of words, and of several examples."""
        several = len(self.query.like) > 1
        return list(
            {
                one.space.name: None
                for one in self.questions
                if (one.words and one.space.kind == "sparse") or (several and self._is_example(one))
            }
        )

    def _is_example(self, asked: SpaceQuery) -> bool:
        return asked.part == len(self.query.parts)

    def _reason(self, witness: Witness, point: Point) -> Reason:
        asked = self.questions[witness.question]
        words, said = self._words_held(witness.question, point)
        if said is None and point.payload.get("kind") == "region":
            said = next(iter(point.payload.get("annotations") or ()), None)
        span, region = _place_of(point, said)
        return Reason(
            space=asked.space.name,
            asked="like" if self._is_example(asked) else self.query.parts[asked.part].kind,
            part=asked.part,
            rank=witness.rank,
            chance=witness.chance,
            item=witness.item,
            span=span,
            region=region,
            words=words,
            label=said["label"] if said else "",
            example=self._example(asked, point),
        )

    def _words_held(self, number: int, point: Point) -> tuple[tuple[str, ...], Mapping[str, Any] | None]:
        """Return the words of a question that an item holds, and the annotation that holds most of them."""
        asked = self.questions[number]
        if not asked.words or asked.space.name not in point.vectors or asked.space.kind != "sparse":
            return (), None
        held = Terms(_terms(point.vectors[asked.space.name]) & _terms(asked.vector))
        words = tuple(word for word, terms in self._terms_of_words[number].items() if terms & held)
        annotations = point.payload.get("annotations") or []
        if not held or not annotations:
            return words, None
        shared = [len(terms & held) for terms in self._encoded(asked.space, [one["label"] for one in annotations])]
        best = max(range(len(annotations)), key=lambda i: (shared[i], annotations[i].get("probability", 0.0)))
        return words, annotations[best] if shared[best] else None

    @cached_property
    def _terms_of_words(self) -> dict[int, dict[str, Terms]]:
        """The terms of each word that a question asks a space of words with."""
        found = {}
        for number, asked in enumerate(self.questions):
            if asked.words and asked.space.kind == "sparse":
                words = list(dict.fromkeys(_words(asked.words)))
                found[number] = dict(zip(words, self._encoded(asked.space, words), strict=True))
        return found

    def _encoded(self, space: Space, texts: Sequence[str]) -> list[Terms]:
        """Return the terms of some texts as a question to a space asks with them."""
        encoder = self.asker(space.name, Modality.TEXT)
        if encoder is None or not texts:
            return [Terms()] * len(texts)
        rows: Any = encoder.encode_queries(list(texts))
        return [_terms(rows[[i]]) for i in range(len(texts))]

    def _example(self, asked: SpaceQuery, point: Point) -> str:
        """Return the example that an item resembles most, in the space that matched; empty where none was given."""
        if not self._is_example(asked):
            return ""
        if len(self.query.like) == 1:
            return self.query.like[0]
        vector = point.vectors.get(asked.space.name)
        rows = self._rows_of_examples[asked.space.name]
        if vector is None or not rows:
            return ""
        if asked.space.kind == "sparse":
            terms: Any = vector
            return max(rows, key=lambda example: max(float(terms.multiply(row).sum()) for row in rows[example]))
        owners, stacked = self._stacked_examples[asked.space.name]
        return owners[int(similarities(asked.space, np.asarray(vector)[None], stacked)[0].argmax())]

    @cached_property
    def _stacked_examples(self) -> dict[str, tuple[list[str], NDArray[Any]]]:
        """The descriptors of all examples of each dense space, (n, dim), and the example that each is of."""
        stacked = {}
        for name, rows in self._rows_of_examples.items():
            every = [(item, row) for item, each in rows.items() for row in each]
            if every and isinstance(every[0][1], np.ndarray):
                stacked[name] = ([item for item, _ in every], np.stack([row for _, row in every]))
        return stacked

    @cached_property
    def _rows_of_examples(self) -> Mapping[str, Mapping[str, list[Any]]]:
        """The descriptors of each example, by space; of a file without one, those of its spans."""
        if self.examples is not None:
            return self.examples
        found: dict[str, dict[str, list[Any]]] = {}
        for space in {asked.space.name: asked.space for asked in self.questions if self._is_example(asked)}.values():
            own = own_vectors(self.index, space, self.query.like)
            rows = {
                item: [own[item]] if item in own else span_vectors(self.index, space, item) for item in self.query.like
            }
            found[space.name] = {item: each for item, each in rows.items() if each}
        return found


def _place_of(point: Point, said: Mapping[str, Any] | None) -> tuple[Span | None, Region | None]:
    """Return where in a file an item is, or what was said of it where that has a place of its own."""
    stored = point.payload
    span = span_of(stored)
    region = region_of(stored["region"]) if "region" in stored else None
    if said is not None:
        span = Span(said["start"], said["end"], said.get("unit", "seconds")) if "start" in said else span
        region = region_of(said) or region
    return span, region


def _words(text: str) -> list[str]:
    """Return the words of a question as they are written; where no spaces are set, as they are looked for."""
    found: list[str] = []
    for piece in text.split():
        tokens = words_of_text(piece)
        if UNSPACED.search(piece):
            found += tokens
        elif tokens:
            found.append(piece.strip("".join({sign for sign in piece if not sign.isalnum() and sign not in "+#"})))
    return found


def _terms(row: Any) -> Terms:
    """Return the numbers of the terms of a sparse descriptor."""
    return Terms(row.indices.tolist())
