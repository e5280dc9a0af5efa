"""All interactions of a library as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROW = np.dtype([("user", "i4"), ("item", "i4"), ("kind", "u1"), ("weight", "f4"), ("time", "f8")])


@dataclass(frozen=True, slots=True)
class InteractionTable:
    """All interactions as arrays, by user, item, kind and time.

    Attributes
    ----------
    users, items : list of str
        In the order of their names.
    user, item : ndarray of int32, shape (n,)
        Numbers of the user and the item of each row, in these lists.
    weight : ndarray of float32, shape (n,)
    time : ndarray of float64, shape (n,)
    kind : ndarray of uint8, shape (n,)
        Numbers in `KINDS`.
    """

    users: list[str]
    items: list[str]
    user: NDArray[np.int32]
    item: NDArray[np.int32]
    weight: NDArray[np.float32]
    time: NDArray[np.float64]
    kind: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.user)


def table_of(users: list[str], items: list[str], found: NDArray[Any]) -> InteractionTable:
    """Return rows, which number names as they are given, by the order of the names."""
    orders = [sorted(range(len(names)), key=names.__getitem__) for names in (users, items)]
    for column, order in zip(("user", "item"), orders, strict=True):
        places = np.empty(len(order), np.int32)
        places[order] = np.arange(len(order), dtype=np.int32)
        found[column] = places[found[column]]
    found = found[np.lexsort((found["time"], found["kind"], found["item"], found["user"]))]
    columns = {name: np.ascontiguousarray(found[name]) for name in ("user", "item", "weight", "time", "kind")}
    return InteractionTable([users[place] for place in orders[0]], [items[place] for place in orders[1]], **columns)
