"""Validation of descriptors on held-out images that nothing was learned from; in [0, 1], higher is better.

With labels: precision@10 of held-out queries among the images learned from. Without: recall@1 of a held-out image among
all held-out images, with a random view of it as the query. The metrics are those of `sonolux.metrics.ranking`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from sonolux.metrics.ranking import paired_hits, precision_of_nearest

NEAREST = 10
"""Hits a query whose labels are looked at."""

MOST = 5_000
"""Images of a gallery, at most; more cost time and tell no more."""


def spread(n: int) -> torch.Tensor:
    """Return which of n images are looked at: all, or `MOST` at even distances, since files may be in classes."""
    return torch.linspace(0, n - 1, min(n, MOST)).long()


def label_precisions(
    queries: torch.Tensor, query_labels: torch.Tensor, gallery: torch.Tensor, gallery_labels: torch.Tensor
) -> NDArray[np.float64]:
    """Return the share of each query's ten nearest (fewer in a smaller gallery) that carry its label, by cosine, (m,).

    Parameters
    ----------
    queries : tensor, shape (m, dim)
    query_labels : tensor, shape (m,)
    gallery : tensor, shape (n, dim)
    gallery_labels : tensor, shape (n,)
    """
    asked, there, asked_labels, labels = (
        tensor.cpu().numpy() for tensor in (queries, gallery, query_labels, gallery_labels)
    )
    return np.asarray(precision_of_nearest(asked, there, asked_labels, labels, NEAREST), np.float64)


def views_found(views: torch.Tensor, images: torch.Tensor) -> NDArray[np.float64]:
    """Return 1 where row i of `images` is the nearest to row i of `views`, by cosine, else 0; both (n, dim)."""
    return paired_hits((functional.normalize(views) @ functional.normalize(images).T).cpu().numpy()).astype(float)
