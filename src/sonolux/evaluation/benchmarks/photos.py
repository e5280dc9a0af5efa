"""Photo search benchmark: the default image encoders on photographs that none of them was trained on."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sonolux.encoders.defaults import CLASSICAL
from sonolux.evaluation.benchmarks.report import Report, compare_with_target
from sonolux.evaluation.protocols.photo_search import PART, TOP, PhotoScores, score_photos, split_photos
from sonolux.library import Library
from sonolux.types import Modality

HISTOGRAM, TRAINED, CODE = "colour-histogram", "photo", "photo-code"


def benchmark_photos(photos: Path) -> Report:
    """Measure each default space of images alone, and all of them fused, as a search does.

    Parameters
    ----------
    photos : Path
        The sample of ImageNet.
    """
    _, unseen = split_photos(photos)
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder) / "photos.sonolux") as library:
        library.add(*unseen, spaces=(*CLASSICAL, TRAINED, CODE))
        names = [e.space for e in library.spaces.writers() if e.modality is Modality.IMAGE and e.space != CODE]
        scores = {name: score_photos(library, [name]) for name in (*names, CODE)}
        scores["all but photo-code, fused"] = score_photos(library, names)
    return _report(scores, len(unseen))


def _report(scores: dict[str, PhotoScores], photos: int) -> Report:
    trained, histogram = scores[TRAINED], scores[HISTOGRAM]
    return Report(
        name="photos",
        title="Photographs never seen",
        command="sonolux bench photos",
        about=(
            f"{photos} photos of the sample of ImageNet, one a class, that nothing was trained on. Kinds: the share of"
            f" a photo's {TOP} nearest among birds, dogs, food and six other kinds that are of its own. Parts: the left"
            f" {PART:.0%} of each photo asks; the share of photos that come first, and among the first {TOP}."
        ),
        columns=("space", f"kinds, P@{TOP}", "parts, first", f"parts, first {TOP}"),
        rows=[[name, f"{s.kinds:.3f}", f"{s.first:.3f}", f"{s.among_ten:.3f}"] for name, s in scores.items()],
        verdicts=[
            compare_with_target("kinds, the trained space over the histogram", trained.kinds / histogram.kinds, 1.0)
        ],
    )
