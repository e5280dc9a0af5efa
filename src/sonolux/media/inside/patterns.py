"""Names that stand for several: braces in any, and stars in the URLs of objects, which no shell expands."""

from __future__ import annotations

from sonolux.media.inside.braces import expand_braces
from sonolux.media.objects.urls import looks_like_url


def expand_names(path: str) -> list[str]:
    """Return the names that one stands for; QueryError for too many, or where a store cannot be asked."""
    names = expand_braces(path)
    if "*" not in path or not looks_like_url(path):
        return names
    from sonolux.media.objects.patterns import expand_stars  # it takes longer to import than a question

    return [url for name in names for url in expand_stars(name)]
