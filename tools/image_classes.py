"""Make the table of ImageNet's classes and what they are kinds of: ``python -m tools.image_classes SAMPLE WORDNET``.

SAMPLE is a folder of one photo a class, whose names begin with the number of the class in WordNet 3.0; WORDNET the
folder of its data files (``data.noun``, ``index.sense``). Writes ``image_classes.tsv`` beside the photo encoder: of
each synset its number, its names, the numbers of its hypernyms, how often it occurs in the texts that WordNet's authors
tagged, and in which of their files it stands (05 animals, 06 artifacts ...); the 1,000 classes first, in the order of
the outputs of networks (ILSVRC 2012), then everything above them, with the notice that WordNet asks for.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sonolux.encoders.packaged.image_classes import TABLE

HYPERNYMS = ("@", "@i")
"""Pointers of WordNet to what something is a kind, or an instance, of."""

PREAMBLE = 29
"""Lines before the data, each numbered: the licence."""


@dataclass(frozen=True, slots=True)
class Synset:
    """Words that mean one thing, the file they stand in, and the numbers of what it is a kind of."""

    number: str
    field: str
    names: tuple[str, ...]
    hypernyms: tuple[str, ...]


def read_synsets(file: Path) -> tuple[str, dict[str, Synset]]:
    """Return the notice of WordNet and its nouns by number, from ``data.noun``."""
    lines = file.read_text(encoding="ascii").splitlines()
    notice = "\n".join(re.sub(r"^\s*\d+\s?", "", line).rstrip() for line in lines[:PREAMBLE])
    return notice, {synset.number: synset for synset in map(_synset, lines[PREAMBLE:])}


def read_counts(file: Path) -> Counter[str]:
    """Return how often each noun synset was tagged, from ``index.sense``."""
    counts: Counter[str] = Counter()
    for line in file.read_text(encoding="ascii").splitlines():
        sense, number, _, tagged = line.split()
        if "%1:" in sense:
            counts[number] += int(tagged)
    return counts


def table_of(classes: Iterable[str], synsets: dict[str, Synset]) -> Iterator[Synset]:
    """Yield the synset of each class, then all that are above them, each once."""
    waiting = list(classes)
    known = set(waiting)
    while waiting:
        above: dict[str, None] = {}
        for number in waiting:
            yield synsets[number]
            above |= dict.fromkeys(one for one in synsets[number].hypernyms if one not in known)
        known |= above.keys()
        waiting = list(above)


def _synset(line: str) -> Synset:
    fields = line.partition("|")[0].split()
    count = int(fields[3], 16)
    names = tuple(fields[4 + 2 * n].replace("_", " ") for n in range(count))
    pointers = fields[5 + 2 * count :]
    above = (number for kind, number in zip(pointers[::4], pointers[1::4], strict=False) if kind in HYPERNYMS)
    return Synset(fields[0], fields[1], names, tuple(above))


def write_table(sample: Path, wordnet: Path) -> int:
    """Write the table; return how many synsets it holds."""
    classes = sorted(file.name[1:9] for file in sample.glob("n????????_*.jpg"))
    notice, synsets = read_synsets(wordnet / "data.noun")
    rows, counts = list(table_of(classes, synsets)), read_counts(wordnet / "index.sense")
    head = "".join(f"# {line}".rstrip() + "\n" for line in notice.splitlines())
    body = "".join(
        f"{row.number}\t{'|'.join(row.names)}\t{' '.join(row.hypernyms)}\t{counts[row.number]}\t{row.field}\n"
        for row in rows
    )
    TABLE.write_text(head + body, encoding="utf-8")
    return len(rows)


if __name__ == "__main__":
    print(f"{write_table(Path(sys.argv[1]), Path(sys.argv[2]))} synsets in {TABLE}")
