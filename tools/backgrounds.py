"""Make the background models that come with Sonolux: ``python -m tools.backgrounds``.

For each default space of pictures and sounds, descriptors of made-up and free media (`tools.background_media`) and the
tail of their scores, in ``src/sonolux/retrieval/backgrounds``. Needed whenever an encoder changes: a test says so.
"""

from __future__ import annotations

import numpy as np
import soxr

from sonolux.encoders import resolve
from sonolux.retrieval.background import fit_background
from sonolux.retrieval.borrowed import FOLDER, BorrowedBackground
from sonolux.types import Modality
from tools.background_media import RATE, make_pictures, make_sounds

COUNT = 500
SEED = 0

DISCOUNTS = {"colour-histogram": 0.6, "colour-layout": 0.6, "hog": 0.85, "photo": 0.6, "mfcc": 0.5, "chroma": 0.85}
"""By how much less real media differ: the powers that make p-values true from .1 to .001, one each is enough.

Each lies between the power for strangers of one collection and that for strangers of two. Photographs were those of
flickr_captions, coco64, movies and plates; sounds those of emotify, recordings and some of the speech sets: none that
`sonolux bench calibration` measures with.
"""


def make_backgrounds() -> list[BorrowedBackground]:
    """Return the background model of each space."""
    pictures, sounds = [*make_pictures(COUNT, SEED)], [*make_sounds(COUNT, SEED)]
    order = np.random.default_rng(SEED).permutation(COUNT)
    made = []
    for name, discount in DISCOUNTS.items():
        (encoder,) = resolve(name)
        if encoder.modality is Modality.IMAGE:
            families, media = [name for name, _ in pictures], [pixels for _, pixels in pictures]
        else:
            families = [name for name, _ in sounds]
            media = [soxr.resample(samples, RATE, encoder.sample_rate) for _, samples in sounds]
        rows = np.asarray(encoder.encode(media))
        model = fit_background(encoder.as_space(), rows[order], np.array(families)[order])
        made.append(BorrowedBackground(encoder.digest, model, discount))
    return made


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for background in make_backgrounds():
        background.write()
        print(FOLDER / f"{background.model.space.name}.npz")
