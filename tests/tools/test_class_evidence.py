"""The table of recognition: shares of pairs that do not belong together."""

from __future__ import annotations

import numpy as np
import pytest

from sonolux.encoders.packaged.class_evidence import SHOWN
from tools.class_evidence import chances_among


def test_chances_are_shares_of_pairs_and_never_zero() -> None:
    shown = np.repeat(np.array([0.0, 0.05, 0.5, 0.95], np.float32), (900, 60, 30, 9))
    chances = dict(zip(SHOWN, chances_among(shown), strict=True))
    assert chances[1e-6] == chances[3e-2] == pytest.approx(0.1)
    assert chances[0.1] == chances[0.4] == pytest.approx(0.04)
    assert chances[0.9] == pytest.approx(0.01)
    assert chances[1.0] == pytest.approx(0.001)
