"""Names of what is kept of files: another name once the file has changed."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path

from sonolux.errors import MediaError
from sonolux.media.inside.members import state_of
from sonolux.media.inside.names import holder_of
from sonolux.media.objects.urls import is_url


def file_key(path: str, *told: object) -> str | None:
    """Return the name under which something that is made of a file is kept: another where the file has changed.

    Parameters
    ----------
    path : str
    *told
        What it is, by its ``repr``, which says all that it depends on.

    Returns
    -------
    name : str or None
        None for what is no regular file, or not there.
    """
    try:
        if not is_url(path) and not Path(holder_of(path)).is_file():
            return None
        found = state_of(path)
    except (MediaError, OSError, ValueError):
        return None
    every = (found.size, found.mtime_ns, *filter(None, [found.etag]), *told)
    return blake2b(os.fsencode(path) + b"\0" + repr(every).encode(), digest_size=16).hexdigest()
