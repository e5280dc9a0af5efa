"""Listings of open files that hold media, remembered for as long as a file is as it was."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict

from sonolux.media.inside.listing import Listing
from sonolux.media.inside.names import holds_rows
from sonolux.media.inside.shards import list_shard
from sonolux.media.inside.tables import list_table
from sonolux.settings import settings

LISTINGS = 4
"""Files whose members are remembered."""

_listings: OrderedDict[tuple[int, ...], Listing] = OrderedDict()
_lock = threading.Lock()


def listing_of(descriptor: int, holder: str) -> Listing:
    """Return the media in an open file.

    Raises
    ------
    MediaError
        For what is no tar or table, or not one that can be read.
    """
    status = os.fstat(descriptor)
    state = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, settings().max_member)
    with _lock:
        known = _listings.get(state)
    if known is not None:
        return known
    listing = list_table(descriptor) if holds_rows(holder) else list_shard(descriptor, status.st_size)
    with _lock:
        _listings[state] = listing
        while len(_listings) > LISTINGS:
            _listings.popitem(last=False)
    return listing
