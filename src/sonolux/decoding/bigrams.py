"""Bigram language model: the probability of a word after another, with Witten-Bell smoothing.

I. H. Witten and T. C. Bell, "The zero-frequency problem: estimating the probabilities of novel events in adaptive text
compression", IEEE Transactions on Information Theory 37(4), 1991.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import log

BEGIN, END = "<s>", "</s>"


class WordBigrams:
    """Bigrams of words, counted in sentences.

    Parameters
    ----------
    sentences : iterable of sequence of str
    words : iterable of str
        The whole vocabulary, with words that occur in no sentence.
    """

    def __init__(self, sentences: Iterable[Sequence[str]], words: Iterable[str]) -> None:
        self.vocabulary = {*words, END}
        self.pairs: dict[str, Counter[str]] = defaultdict(Counter)
        self.single: Counter[str] = Counter()
        for sentence in sentences:
            for before, word in zip([BEGIN, *sentence], [*sentence, END], strict=True):
                self.pairs[before][word] += 1
                self.single[word] += 1

    def log_probability(self, word: str, before: str = BEGIN) -> float:
        """Return the natural logarithm of the probability of a word after another."""
        return log(self._after(word, before))

    def _after(self, word: str, before: str) -> float:
        followers = self.pairs.get(before)
        if not followers:
            return self._alone(word)
        seen, kinds = followers.total(), len(followers)
        return (followers[word] + kinds * self._alone(word)) / (seen + kinds)

    def _alone(self, word: str) -> float:
        seen, kinds = self.single.total(), len(self.single)
        uniform = 1 / len(self.vocabulary)
        return (self.single[word] + max(kinds, 1) * uniform) / (seen + max(kinds, 1))
