"""Confusion matrices: which classes are taken for which is told above, whatever they are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from sonolux.training.scoring.confusion import draw_confusion, most_confused


def test_the_worst_confusions_are_told_by_their_share() -> None:
    counts = np.array([[9.0, 1, 0], [0, 2, 2], [1, 0, 99]])
    assert most_confused(counts, ("a", "b", "c")).splitlines() == [
        "most often confused:",
        "b as c: 2 of 4",
        "a as b: 1 of 10",
        "c as a: 1 of 100",
    ]
    assert most_confused(np.eye(3), ("a", "b", "c")) == "nothing confused"
    assert most_confused(np.zeros((2, 2)), ("a", "b")) == "nothing confused"


def test_names_are_no_formulas_and_no_paragraphs(tmp_path: Path) -> None:
    names = ("$x^", "a\nb", "c" * 200, "日本")
    draw_confusion(np.eye(4) + 0.5, names, tmp_path / "c.png")
    with Image.open(tmp_path / "c.png") as drawn:
        assert min(drawn.size) > 300
    assert "a b" in most_confused(np.eye(4)[::-1], names) and "c" * 30 not in most_confused(np.eye(4)[::-1], names)
