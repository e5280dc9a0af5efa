"""Connectionist temporal classification (CTC): greedy and prefix beam search decoding of frames into words.

Each frame has a probability for every unit and for the blank, number 0, which means that nothing new begins. A path of
frames stands for the units that are left when repetitions are merged and then blanks are taken out (A. Graves, S.
Fernandez, F. Gomez and J. Schmidhuber, "Connectionist temporal classification: labelling unsegmented sequence data with
recurrent neural networks", ICML 2006). Log probabilities are natural, float (frames, 1 + units).
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
    """Weights of the language model beside the acoustic one, and the width of the beam.

    Attributes
    ----------
    language : float
        Of the log probability of a word after another.
    word : float
        Added for each word: the more, the more and shorter words.
    beam : int
        Prefixes that are followed at once.
    """

    language: float = 1.0
    word: float = 0.0
    beam: int = 64


class Prefix(NamedTuple):
    """Beginning of a sentence: its whole words, the node in the lexicon of the word after them, and the last unit."""

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

    All paths that mean the same prefix count together, those that end in a blank apart from those that end in a unit
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
        for prefix, (blank, unit, added) in beams.items():
            both = _log_add(blank, unit)
            _accumulate(grown, prefix, both + frame[BLANK], -inf, added)
            if prefix.last != BLANK:
                _accumulate(grown, prefix, -inf, unit + frame[prefix.last], added)
            for number, node in nodes[prefix.node].next.items():
                output = number + 1
                if frame[output] < SKIPPED:
                    continue
                nodes[id(node)] = node
                reached = (blank if output == prefix.last else both) + frame[output]
                _accumulate(grown, Prefix(prefix.words, id(node), output), -inf, reached, added)
                for word in node.words:
                    # The word may be over: what comes may be another, or a longer word that begins like it.
                    ended = added + weights.language * bigrams.log_probability(word, _last(prefix)) + weights.word
                    _accumulate(grown, Prefix((*prefix.words, word), id(tree), output), -inf, reached, ended)
        ranked = sorted(grown.items(), key=lambda item: -(_log_add(item[1][0], item[1][1]) + item[1][2]))
        beams = {prefix: (blank, unit, added) for prefix, (blank, unit, added) in ranked[: weights.beam]}
    return _best(beams, id(tree), bigrams, weights)


def split_words(units: Sequence[str]) -> tuple[str, ...]:
    """Return the words that letters spell, a space between them."""
    return tuple("".join(units).split())


def _best(
    beams: dict[Prefix, tuple[float, float, float]], root: int, bigrams: WordBigrams, weights: BeamWeights
) -> tuple[str, ...]:
    ended = {
        prefix.words: _log_add(blank, unit) + added + weights.language * bigrams.log_probability(END, _last(prefix))
        for prefix, (blank, unit, added) in beams.items()
        if prefix.node == root
    }
    return max(ended, key=ended.__getitem__) if ended else ()


def _last(prefix: Prefix) -> str:
    """Return the last whole word."""
    return prefix.words[-1] if prefix.words else BEGIN


def _accumulate(grown: dict[Prefix, list[float]], prefix: Prefix, blank: float, unit: float, added: float) -> None:
    there = grown.get(prefix)
    if there is None:
        grown[prefix] = [blank, unit, added]
    else:
        there[0], there[1] = _log_add(there[0], blank), _log_add(there[1], unit)


def _log_add(first: float, second: float) -> float:
    """Return the logarithm of the sum of two probabilities."""
    if first < second:
        first, second = second, first
    return first if second == -inf else first + log1p(exp(second - first))
