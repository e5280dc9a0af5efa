"""Patterns of URLs: ``s3://bucket/train/*.tar`` stands for all objects called so; ``*`` goes to the next slash."""

from __future__ import annotations

import re

from sonolux.errors import MediaError, QueryError
from sonolux.media.objects.listing import ListedObject, list_objects
from sonolux.media.objects.refusals import GoneError
from sonolux.media.objects.statuses import object_status
from sonolux.media.objects.urls import checked_url, looks_like_url

MOST_URLS = 100_000
"""That one pattern may stand for."""


def expand_stars(path: str) -> list[str]:
    """Return the URLs of the objects that one with stars in it stands for; itself where there are none in it.

    Raises
    ------
    QueryError
        Where the store cannot be asked, or it stands for more than `MOST_URLS`.
    """
    if "*" not in path or not looks_like_url(path):
        return [path]
    url = checked_url(path)
    try:
        if _is_called_so(url):
            return [url]
        found = _matching(url)
    except MediaError as error:
        raise QueryError(f"{url} {error}") from None
    return found or [url]


def _is_called_so(url: str) -> bool:
    try:
        object_status(url)
    except GoneError:
        return False
    return True


def _matching(url: str) -> list[str]:
    pattern = re.compile("[^/]*".join(map(re.escape, url.split("*"))))
    found: list[str] = []
    for listed in list_objects(url.partition("*")[0].rpartition("/")[0]):
        if isinstance(listed, ListedObject) and pattern.fullmatch(listed.url):
            found.append(listed.url)
            if len(found) > MOST_URLS:
                raise QueryError(f"{url!r} stands for more than {MOST_URLS:,} objects: name their prefix instead")
    return found
