"""Connectionist temporal classification (CTC): greedy and prefix beam search decoding of frames into words.

Each frame has a probability for every unit and for the blank, number 0, which says that nothing new begins. A path of
frames means the units that are left when repetitions are merged and then blanks are taken out (A. Graves, S. Fernandez,
F. Gomez and J. Schmidhuber, "Connectionist temporal classification: labelling unsegmented sequence data with recurrent
neural networks", ICML 2006). Log probabilities are natural, float (frames, 1 + units).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log1p
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.decoding.bigrams import BEGIN, END, WordBigrams
from sonolux.decoding.lexicon import LexiconNode

BLANK = 0

SPACE = " "
"""Letter between words."""

SKIPPED = -9.0
"""Log probability of a unit below which no word is followed there."""


@dataclass(frozen=True, slots=True)
class BeamWeights:
    """What counts beside what is heard.

    Attributes
    ----------
    language : float
        Of the log probability of a word after another.
    word : float
        Added for each word: the more, the more and shorter words.
    beam : int
        Beginnings of sentences that are followed at once.
    """

    language: float = 1.0
    word: float = 0.0
    beam: int = 64


class Prefix(NamedTuple):
    """Of a sentence: the whole words, the place in the tree of the one that is being said, and the last unit."""

    words: tuple[str, ...]
    node: int
    last: int


def decode_greedy(log_probabilities: NDArray[np.floating]) -> list[int]:
    """Return the units of the likeliest path."""
    best = log_probabilities.argmax(axis=1)
    changes = np.append(True, best[1:] != best[:-1])
    return [int(unit) for unit in best[changes] if unit != BLANK]


def decode_beam(
    log_probabilities: NDArray[np.floating], tree: LexiconNode, bigrams: WordBigrams, weights: BeamWeights
) -> tuple[str, ...]:
    """Return the likeliest sentence of a lexicon; no words where silence is likelier.

    All paths that mean the same beginning count together, those that end in a blank apart from those that end in a unit
    (A. Y. Hannun, A. L. Maas, D. Jurafsky and A. Y. Ng, "First-pass large vocabulary continuous speech recognition
    using bi-directional recurrent DNNs", 2014).

    Parameters
    ----------
    log_probabilities : ndarray, shape (frames, 1 + units)
    tree : Node
        Of the lexicon, its units numbered from 0: output 1 of the network is unit 0.
    bigrams : WordBigrams
    weights : Weights
    """
    nodes: dict[int, LexiconNode] = {id(tree): tree}
    start = Prefix((), id(tree), BLANK)
    # Log probability of the paths that end in a blank, of those that end in the last unit, and what words add.
    beams: dict[Prefix, tuple[float, float, float]] = {start: (0.0, -inf, 0.0)}
    for frame in log_probabilities.tolist():
        grown: dict[Prefix, list[float]] = {}
        for beginning, (blank, unit, added) in beams.items():
            both = _plus(blank, unit)
            _more(grown, beginning, both + frame[BLANK], -inf, added)
            if beginning.last != BLANK:
                _more(grown, beginning, -inf, unit + frame[beginning.last], added)
            for number, node in nodes[beginning.node].next.items():
                output = number + 1
                if frame[output] < SKIPPED:
                    continue
                nodes[id(node)] = node
                reached = (blank if output == beginning.last else both) + frame[output]
                _more(grown, Prefix(beginning.words, id(node), output), -inf, reached, added)
                for word in node.words:
                    # The word may be over: what comes may be another, or a longer word that begins like it.
                    told = added + weights.language * bigrams.log_probability(word, _last(beginning)) + weights.word
                    _more(grown, Prefix((*beginning.words, word), id(tree), output), -inf, reached, told)
        ranked = sorted(grown.items(), key=lambda item: -(_plus(item[1][0], item[1][1]) + item[1][2]))
        beams = {beginning: (blank, unit, added) for beginning, (blank, unit, added) in ranked[: weights.beam]}
    return _best(beams, id(tree), bigrams, weights)


def split_words(units: Sequence[str]) -> tuple[str, ...]:
    """Return the words that letters spell, a space between them."""
    return tuple("".join(units).split())


def _best(
    beams: dict[Prefix, tuple[float, float, float]], root: int, bigrams: WordBigrams, weights: BeamWeights
) -> tuple[str, ...]:
    ended = {
        beginning.words: _plus(blank, unit) + added + weights.language * bigrams.log_probability(END, _last(beginning))
        for beginning, (blank, unit, added) in beams.items()
        if beginning.node == root
    }
    return max(ended, key=ended.__getitem__) if ended else ()


def _last(beginning: Prefix) -> str:
    """Return the last whole word."""
    return beginning.words[-1] if beginning.words else BEGIN


def _more(grown: dict[Prefix, list[float]], beginning: Prefix, blank: float, unit: float, added: float) -> None:
    there = grown.get(beginning)
    if there is None:
        grown[beginning] = [blank, unit, added]
    else:
        there[0], there[1] = _plus(there[0], blank), _plus(there[1], unit)


def _plus(first: float, second: float) -> float:
    """Return the logarithm of the sum of two probabilities."""
    if first < second:
        first, second = second, first
    return first if second == -inf else first + log1p(exp(second - first))
