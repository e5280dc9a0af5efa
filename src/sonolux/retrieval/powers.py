"""Powers of p-values: a chance that one model claims, turned into the chance that other media give (compound gamma).

Media resemble one another more or less than those that a model has learned from, and a model that is right for them but
for that is wrong by a power: where it claims ``exp(-s)``, the truth is ``exp(-power * s)``. The power differs from
collection to collection and from question to question, as a Gamma distribution does, so the chance is the mean over it,
``(1 + s / rate) ** -shape``, a Lomax distribution; and what is seen of a collection makes it narrower, by Bayes' rule
(the conjugate prior of exponential variables: Raiffa and Schlaifer 1961, "Applied Statistical Decision Theory").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Powers:
    """Gamma distribution of powers, of mean ``shape / rate``.

    Attributes
    ----------
    shape, rate : float
        After n draws of an exponential variable that add up to t: ``shape + n`` and ``rate + t``.
    """

    shape: float
    rate: float

    def chances(self, surprises: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean over the powers of ``exp(-power * s)``, for each s of at least 0."""
        return np.asarray((1 + surprises / self.rate) ** -self.shape)

    def after(self, draws: float, total: float) -> Powers:
        """Return what is known after so many more draws that add up to a total."""
        return Powers(self.shape + draws, self.rate + total)
