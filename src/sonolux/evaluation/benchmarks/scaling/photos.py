"""Photos for speeds: JPEG files of some 500 pixels, each of a content of its own."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

ORIGINALS = 16
WIDTH, HEIGHT = 500, 375


def write_drawn_photos(folder: Path, n: int) -> None:
    """Write so many JPEG files: drawn originals, each with a comment of its own after the start marker."""
    originals = [_drawn(seed) for seed in range(min(n, ORIGINALS))]
    folder.mkdir(parents=True)
    for number in range(n):
        content = originals[number % ORIGINALS]
        note = f"{number}".encode()
        comment = b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note
        (folder / f"{number:06}.jpg").write_bytes(content[:2] + comment + content[2:])


def _drawn(seed: int) -> bytes:
    """Draw coarse noise with fine noise over it, which takes as many bytes as a photo."""
    from PIL import Image

    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (12, 16, 3), np.uint8)).resize((WIDTH, HEIGHT))
    noisy = np.asarray(coarse) + random.normal(0, 6, (HEIGHT, WIDTH, 3))
    out = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=88)
    return out.getvalue()
