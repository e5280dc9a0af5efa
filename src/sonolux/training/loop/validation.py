"""How well descriptors retrieve, told from images that nothing was learned from; in [0, 1], higher is better.

With labels: precision@10 of held-out queries among the images learned from. Without: how often a held-out image is
the first of all held-out images when a random view of it is the query.
"""

from __future__ import annotations

import torch
from torch.nn import functional

NEAREST = 10
"""Hits a query whose labels are looked at."""

MOST = 5_000
"""Images of a gallery, at most; more cost time and tell no more."""


def spread(n: int) -> torch.Tensor:
    """Return which of n images are looked at: all, or `MOST` at even distances, since files may be in classes."""
    return torch.linspace(0, n - 1, min(n, MOST)).long()


def label_precision(
    queries: torch.Tensor, query_labels: torch.Tensor, gallery: torch.Tensor, gallery_labels: torch.Tensor
) -> float:
    """Return the share of a query's ten nearest (fewer in a smaller gallery) that carry its label, by cosine.

    Parameters
    ----------
    queries : tensor, shape (m, dim)
    query_labels : tensor, shape (m,)
    gallery : tensor, shape (n, dim)
    gallery_labels : tensor, shape (n,)
    """
    scores = functional.normalize(queries) @ functional.normalize(gallery).T
    nearest = scores.topk(min(NEAREST, len(gallery)), dim=1).indices
    return float((gallery_labels[nearest] == query_labels[:, None]).float().mean())


def view_recall(views: torch.Tensor, images: torch.Tensor) -> float:
    """Return how often row i of `images` is the nearest to row i of `views`, by cosine; both (n, dim)."""
    scores = functional.normalize(views) @ functional.normalize(images).T
    return float((scores.argmax(dim=1) == torch.arange(len(views), device=scores.device)).float().mean())
