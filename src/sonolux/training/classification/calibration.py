"""Calibration of a classifier: its temperature fitted on one part of the items, and all of it judged on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.familiarity import Familiarity
from sonolux.metrics.classification import expected_calibration_error
from sonolux.training.classification.temperature import fitted_temperature, probabilities
from sonolux.training.loop.trained import KnownItems
from sonolux.training.scoring.labelled import score_predictions


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a network makes of items with labels.

    Attributes
    ----------
    scores : ndarray of float, shape (n, classes)
    rows : ndarray of float, shape (n, dim)
        Of the layer that is the descriptor.
    labels : ndarray of int, shape (n,)
    """

    scores: NDArray[np.floating]
    rows: NDArray[np.floating]
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, both: NDArray[np.floating], labels: NDArray[np.int64], classes: int) -> Outputs:
        """Return both, given side by side, (n, classes + dim)."""
        return cls(both[:, :classes], both[:, classes:], labels)


def calibrate(
    choosing: Outputs,
    scoring: Outputs,
    classes: Sequence[str],
    usual: int,
    groups: NDArray[np.integer] | None = None,
) -> tuple[float, dict[str, Any]]:
    """Fit the temperature to the items that choose, and judge the network by those that score.

    Parameters
    ----------
    choosing, scoring : Outputs
        Of items that nothing was learned from.
    classes : sequence of str
    usual : int
        The largest class of what was learned from.
    groups : ndarray of int, or None
        Which of the items that score belong together.

    Returns
    -------
    temperature : float
    scores : dict
        See `sonolux.training.scoring.labelled.score_predictions`; with ``ece-before``, the expected calibration error
        without the temperature, and ``ece-after``.
    """
    temperature = fitted_temperature(choosing.scores, choosing.labels)
    calibrated = probabilities(scoring.scores, temperature)
    before = expected_calibration_error(probabilities(scoring.scores), scoring.labels)
    scores = score_predictions(calibrated, scoring.labels, classes, usual, groups)
    after = scores.pop("ece")
    return round(temperature, 4), scores | {"ece-before": round(before, 4), "ece-after": after}


def known_items(learned: Outputs, choosing: Outputs) -> KnownItems:
    """Return where learned items lie, and how unfamiliar those are that choose, from which nothing was learned."""
    # A class may be in the parts alone that choose and score: nothing is known of it then.
    familiarity = Familiarity.of(learned.rows, np.unique(learned.labels, return_inverse=True)[1])
    left_out = np.sort(familiarity.unfamiliarity(choosing.rows))
    return KnownItems(familiarity, tuple(left_out.tolist()))
