"""Copies of texts: those with the same words, and those of which most phrases are the same.

A text is known by its shingles, every run of five words; a sketch keeps the 64 least of their hashes, and the share of
them that two texts have in common estimates that of all.

References
----------
A. Broder, "On the resemblance and containment of documents", SEQUENCES 1997.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import combinations

WORDS = 5
"""Words of a shingle."""

SKETCH = 64
"""Hashes of a sketch."""

NEAR = 0.5
"""Resemblance from which texts are near each other."""

COMMON = 50
"""Texts that share a shingle before it is a phrase of the trade, such as a licence's."""

FEWEST = 20
"""Words from which a text is known by its shingles."""

Sketch = tuple[int, ...]


def sketch(text: str) -> Sketch:
    """Return the sketch of a text, empty where it has too few words."""
    words = re.findall(r"\w+", text.casefold())
    if len(words) < FEWEST:
        return ()
    runs = {" ".join(words[i : i + WORDS]) for i in range(len(words) - WORDS + 1)}
    hashes = (int.from_bytes(blake2b(run.encode(), digest_size=8).digest(), "big") for run in runs)
    return tuple(sorted(hashes)[:SKETCH])


def near_texts(sketches: Mapping[str, Sketch]) -> Iterator[tuple[str, str, float]]:
    """Yield pairs of texts, by id, that resemble each other, with the share of their shingles that both have."""
    owners: dict[int, list[str]] = defaultdict(list)
    for text, hashes in sketches.items():
        for number in hashes:
            owners[number].append(text)
    shared: Counter[tuple[str, str]] = Counter()
    for texts in owners.values():
        if 2 <= len(texts) <= COMMON:
            shared.update(combinations(sorted(texts), 2))
    for first, second in shared:
        resemblance = _resemblance(sketches[first], sketches[second])
        if resemblance >= NEAR:
            yield first, second, resemblance


def _resemblance(first: Sketch, second: Sketch) -> float:
    least = sorted({*first, *second})[: max(len(first), len(second))]
    both = {*first} & {*second}
    return sum(one in both for one in least) / len(least)
