"""ROC curves of the taste benchmark as a picture: a line a method."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

STYLES = ("-", "--", ":", "-.")


def draw_curves(curves: Mapping[str, NDArray[np.float64]], file: Path) -> None:
    """Draw mean true positive rates over even false positive rates.

    Parameters
    ----------
    curves : mapping of str to ndarray, shape (points,)
        By name.
    file : Path
        PNG; written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.5, 6.6), layout="constrained")
    axes = figure.subplots()
    areas = {name: float(np.trapezoid(curve, np.linspace(0, 1, len(curve)))) for name, curve in curves.items()}
    for number, name in enumerate(sorted(curves, key=lambda name: -areas[name])):
        rates = np.linspace(0, 1, len(curves[name]))
        axes.plot(rates, curves[name], STYLES[number // 10 % len(STYLES)], label=f"{areas[name]:.2f}  {name}")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.grid(alpha=0.3)
    # Beside the curves, in their order: inside it would hide those that are hardly better than chance.
    title = "area under the curve, method, content"
    legend = figure.legend(fontsize=8, loc="outside right upper", title=title, title_fontsize=8)
    legend.set_alignment("left")
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)
