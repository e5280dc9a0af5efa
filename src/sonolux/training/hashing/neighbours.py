"""Database-side augmentation: several descriptors side by side, averaged over the nearest neighbours of each image.

Descriptors that err in different ways find better neighbours together than any of them alone. The mean of an image's
neighbours says what they have in common, and says it better than the image itself: what is by chance in one is not
in the others (database-side augmentation: P. Turcot and D. Lowe, "Better matching with fewer features", ICCV Workshops
2009; R. Arandjelović and A. Zisserman, "Three things everyone should know to improve object retrieval", CVPR 2012).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from sonolux.training.projections.pca import principal_axes

MOST = 256
"""Principal components of a descriptor, and of what comes of all of them, at most."""

COMPARED = 1_000
"""Images that are compared with all others at once."""


def side_by_side(learned: Sequence[NDArray[np.float32]], asked: Sequence[NDArray[np.float32]]) -> list[torch.Tensor]:
    """Return all descriptors of each image as one, of length 1: for the images learned from, and for others.

    Each descriptor counts the same. It is projected on its principal axes and divided by the fourth root of their
    variances, halfway from principal components to whitened ones: the first axes, which are mostly light and colour, no
    longer decide alone, and the last are not made large.

    Parameters
    ----------
    learned, asked : sequence of ndarray, shape (n, d) and (m, d)
        By descriptor; axes are those of the first.

    Returns
    -------
    rows : [tensor of float32, shape (n, dim), tensor of float32, shape (m, dim)]
    """
    parts = [_halfway(rows, others) for rows, others in zip(learned, asked, strict=True)]
    return [functional.normalize(torch.cat(one, dim=1)) for one in zip(*parts, strict=True)]


def averaged(rows: torch.Tensor, gallery: torch.Tensor, neighbours: int) -> torch.Tensor:
    """Return the mean of the nearest rows of a gallery to each row, which may be one of them; all are of length 1."""
    parts = [
        gallery[(part @ gallery.T).topk(neighbours, dim=1).indices].mean(dim=1) for part in torch.split(rows, COMPARED)
    ]
    return torch.cat(parts)


def principal(learned: torch.Tensor, asked: torch.Tensor) -> list[torch.Tensor]:
    """Return both on the principal axes of the first, about its mean, scaled to length 1."""
    mean, axes, _ = principal_axes(learned.numpy(), MOST)
    about, along = torch.from_numpy(mean).float(), torch.from_numpy(np.ascontiguousarray(axes)).float()
    return [functional.normalize((rows - about) @ along) for rows in (learned, asked)]


def _halfway(learned: NDArray[np.float32], asked: NDArray[np.float32]) -> list[torch.Tensor]:
    mean, axes, variances = principal_axes(learned, MOST)
    scaled = axes / np.maximum(variances, 1e-6 * variances[0]) ** 0.25
    return [
        functional.normalize(torch.from_numpy(((rows - mean) @ scaled).astype(np.float32))) for rows in (learned, asked)
    ]
