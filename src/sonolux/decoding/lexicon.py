"""Words by their sounds: a tree of units, letters or phones, whose paths are the words that there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Node:
    """A place in the tree: where each unit leads, and the words that end here."""

    next: dict[int, Node] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


def tree_of(lexicon: Mapping[str, Iterable[tuple[str, ...]]], units: tuple[str, ...]) -> Node:
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
    root = Node()
    for word, ways in lexicon.items():
        for way in ways:
            if not way or not set(way) <= numbers.keys():
                raise ValueError(f"{word} is pronounced {' '.join(way) or 'not at all'}: units are {' '.join(units)}")
            node = root
            for unit in way:
                node = node.next.setdefault(numbers[unit], Node())
            if word not in node.words:
                node.words.append(word)
    return root
