"""Make the background models that come with Sonolux: ``python -m tools.backgrounds [SPACE...]``.

For each default space of pictures and sounds, descriptors of made-up and free media (`tools.background_media`) and the
tail of their scores, in ``src/sonolux/retrieval/backgrounds``. Needed whenever an encoder changes: a test says so.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import soxr

from sonolux.encoders import resolve
from sonolux.retrieval.background import fit_background
from sonolux.retrieval.borrowed import FOLDER, BorrowedBackground
from sonolux.types import Modality
from tools.background_media import RATE, make_pictures, make_sounds

COUNT = 500
SEED = 0

DISCOUNTS = {
    "colour-histogram": 0.85,
    "colour-layout": 0.82,
    "hog": 1.09,
    "photo": 0.83,
    "concepts": 0.90,
    "mfcc": 1.06,
    "chroma": 1.15,
}
"""By how much less real media differ: the mean power that makes p-values of .01 true (`tools.background_discounts`)."""

THINNING = {
    "colour-histogram": 0.67,
    "colour-layout": 0.70,
    "hog": 0.92,
    "photo": 0.59,
    "concepts": 0.66,
    "mfcc": 0.82,
    "chroma": 0.84,
}
"""How fast near items thin out around one of them, in terms of those p-values (`tools.background_discounts`)."""


def make_backgrounds(names: Sequence[str] = ()) -> list[BorrowedBackground]:
    """Return the background model of each space, or of those named."""
    pictures, sounds = [*make_pictures(COUNT, SEED)], [*make_sounds(COUNT, SEED)]
    order = np.random.default_rng(SEED).permutation(COUNT)
    made = []
    for name in names or DISCOUNTS:
        encoder = resolve(name)[0]
        if encoder.modality is Modality.IMAGE:
            families, media = [name for name, _ in pictures], [pixels for _, pixels in pictures]
        else:
            families = [name for name, _ in sounds]
            media = [soxr.resample(samples, RATE, encoder.sample_rate) for _, samples in sounds]
        rows = np.asarray(encoder.encode(media))
        model = fit_background(encoder.as_space(), rows[order], np.array(families)[order])
        made.append(BorrowedBackground(encoder.digest, model, DISCOUNTS.get(name, 1.0), THINNING.get(name, 1.0)))
    return made


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for background in make_backgrounds(sys.argv[1:]):
        background.write()
        print(FOLDER / f"{background.model.space.name}.npz")
