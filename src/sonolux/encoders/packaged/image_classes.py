"""ImageNet's 1,000 classes and their hypernyms: what each is called, and what it is a kind of.

From WordNet 3.0 (C. Fellbaum, ed., "WordNet: An Electronic Lexical Database", MIT Press 1998), by
`tools/image_classes.py`; the table begins with WordNet's own notice. Names are as WordNet writes them. Of two classes
of one name (a crane is a bird and a machine) each says what it is a kind of.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "image_classes.tsv"

CLASSES = 1000


@dataclass(frozen=True, slots=True)
class ImageClasses:
    """The classes, then what is above them.

    Attributes
    ----------
    labels : tuple of str
        What each synset is called, unlike all others among the classes; the first `CLASSES` in the order of a
        network's outputs.
    names : tuple of tuple of str
        All words for each.
    parents : tuple of tuple of int
        Places of the synsets that each is a kind of.
    counts : tuple of int
        How often each occurs in the texts that WordNet's authors tagged: whether people speak of it.
    fields : tuple of int
        The file of WordNet in which each stands: 3 the most general, 5 animals, 6 artifacts, 13 food, 17 objects of
        nature, 18 people, 20 plants (WordNet 3.0, ``lexnames``).
    """

    labels: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    parents: tuple[tuple[int, ...], ...]
    counts: tuple[int, ...]
    fields: tuple[int, ...]

    def levels(self, place: int, depth: int) -> list[tuple[int, ...]]:
        """Return the hypernyms of a synset, nearest first: those one step above, two steps ..., each once."""
        known = {place}
        found: list[tuple[int, ...]] = []
        level: tuple[int, ...] = (place,)
        for _ in range(depth):
            level = tuple(dict.fromkeys(above for one in level for above in self.parents[one] if above not in known))
            known |= set(level)
            found.append(level)
        return found

    def kinds(self, place: int) -> set[int]:
        """Return everything that a synset is a kind of, itself left out."""
        found: set[int] = set()
        waiting = list(self.parents[place])
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.parents[one]
        return found


@cache
def image_classes() -> ImageClasses:
    """Read the table."""
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = [line.split("\t") for line in lines]
    places = {number: place for place, (number, *_) in enumerate(rows)}
    names = tuple(tuple(names.split("|")) for _, names, *_ in rows)
    parents = tuple(tuple(places[one] for one in above.split()) for _, _, above, *_ in rows)
    shared = Counter(words[0] for words in names[:CLASSES])
    labels = tuple(
        f"{words[0]} ({names[above[0]][0]})" if place < CLASSES and shared[words[0]] > 1 else words[0]
        for place, (words, above) in enumerate(zip(names, parents, strict=True))
    )
    return ImageClasses(labels, names, parents, tuple(int(row[3]) for row in rows), tuple(int(row[4]) for row in rows))
