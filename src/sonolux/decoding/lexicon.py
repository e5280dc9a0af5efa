"""Pronunciation lexicon: a prefix tree of units, letters or phones, whose paths are words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class LexiconNode:
    """A place in the tree: where each unit leads, and the words that end here."""

    next: dict[int, LexiconNode] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


def build_tree(lexicon: Mapping[str, Iterable[tuple[str, ...]]], units: tuple[str, ...]) -> LexiconNode:
    """Return the root of the tree of a lexicon.

    Parameters
    ----------
    lexicon : mapping
        Of each word, all ways to pronounce it, in units.
    units : tuple of str
        All of them, in the order of a network's outputs.

    Raises
    ------
    ValueError
        For a pronunciation that is empty, or in units that there are not.
    """
    numbers = {unit: number for number, unit in enumerate(units)}
    root = LexiconNode()
    for word, ways in lexicon.items():
        for way in ways:
            if not way or not set(way) <= numbers.keys():
                raise ValueError(f"{word} is pronounced {' '.join(way) or 'not at all'}: units are {' '.join(units)}")
            node = root
            for unit in way:
                node = node.next.setdefault(numbers[unit], LexiconNode())
            if word not in node.words:
                node.words.append(word)
    return root
