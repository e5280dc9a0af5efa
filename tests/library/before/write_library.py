"""Write a small library with one of everything that a library keeps: ``python write_library.py FOLDER``.

Two images, a recording of six seconds and a text; descriptors in three spaces, an annotation, a judgement and
fingerprints.
"""

from __future__ import annotations

import sys
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sonolux.annotators import Annotator
from sonolux.library import Library
from sonolux.types import Annotation, Modality


class Colours(Annotator):
    name = "colours"
    spec = "colours"
    modality = Modality.IMAGE
    digest = "0123456789abcdef"

    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        names = ("crimson", "verdant", "azure")
        return [[Annotation(self.name, names[int(pixels.mean((0, 1)).argmax())], 0.9)] for pixels in batch]


def write(folder: Path) -> None:
    things = folder / "things"
    things.mkdir(parents=True)
    for name, channel in (("red", 0), ("blue", 2)):
        pixels = np.zeros((32, 32, 3), np.uint8)
        pixels[..., channel] = np.linspace(120, 255, 32, dtype=np.uint8)
        Image.fromarray(pixels).save(things / f"{name}.png")
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 6 * 11_025)
    with wave.open(str(things / "noise.wav"), "wb") as file:
        file.setparams((1, 2, 11_025, 0, "NONE", ""))
        file.writeframes((noise * 32767).astype("<i2").tobytes())
    (things / "poem.txt").write_text("The lighthouse keeper counts the ships.\n")
    with Library(folder / "library.sonolux") as library:
        library.add(things, spaces=["colour-layout", "mfcc", "bm25"])
        library.annotate(Colours(), things)
        library.judge(text="ships at sea", liked=[things / "poem.txt"], disliked=[things / "red.png"])
        library.search("lighthouse")
        library.optimize()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
