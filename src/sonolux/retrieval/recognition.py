"""Recognition: what an encoder itself knows of how surely an item answers, beside what stands out in the library.

The background model of a space says how near a match is for an item of this library; where half of it shows what is
asked for, nothing stands out, and where nothing does, something is always nearest. An encoder that knows what its
descriptors mean (`Encoder.chances`) says whether the thing is there at all. Where it knows the question whole, it alone
is asked; else both p-values make one by weighted Bonferroni (C. Genovese, K. Roeder and L. Wasserman, "False discovery
control with p-value weighting", Biometrika 2006).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sonolux.index import Index
from sonolux.retrieval.space_query import SpaceQuery


def recognise(index: Index, asked: SpaceQuery, items: Sequence[str], chances: Sequence[float]) -> list[float | None]:
    """Return the p-values of matches with what the encoder of their space knows; None for items that are gone.

    Parameters
    ----------
    index : Index
    asked : SpaceQuery
    items : sequence of str
        Ids of the matches.
    chances : sequence of float
        P-values by the background model of the space.
    """
    if asked.judge is None or asked.plain or not items:
        return list(chances)
    space = asked.space.name
    points = index.fetch(items, spaces=[space], keys=())
    rows = {point.id: point.vectors[space] for point in points if space in point.vectors}
    known = dict(zip(rows, asked.judge.chances(np.stack(list(rows.values()))).tolist(), strict=True)) if rows else {}
    if asked.judge.weight == 1:
        return [known.get(item) for item in items]
    return [
        min(1.0, known[item] / asked.judge.weight, chance / (1 - asked.judge.weight)) if item in known else None
        for item, chance in zip(items, chances, strict=True)
    ]
