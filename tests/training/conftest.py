"""A few real images in folders, a class each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder of 3 classes x 24 images of 32 pixels: discs, bars and checks in random colours and places."""
    random = np.random.default_rng(0)
    root = tmp_path_factory.mktemp("shapes")
    y, x = np.mgrid[:32, :32]
    for kind in ("bars", "checks", "discs"):
        (root / kind).mkdir()
        for number in range(24):
            period, phase = random.integers(4, 9), random.integers(0, 8)
            middle, radius = random.integers(10, 22, 2), random.integers(5, 10)
            inside = {
                "bars": (x + phase) // period % 2 == 0,
                "checks": ((x + phase) // period + (y + phase) // period) % 2 == 0,
                "discs": (x - middle[0]) ** 2 + (y - middle[1]) ** 2 < radius**2,
            }[kind]
            colours = random.integers(0, 256, (2, 3))
            pixels = np.where(inside[..., None], colours[0], colours[1]).astype(np.uint8)
            Image.fromarray(pixels).save(root / kind / f"{number}.png")
    return root
