"""Real small images: the handwritten digits of scikit-learn, and somebody who likes the hits of the same digit."""

from __future__ import annotations

from pathlib import Path

from sonolux.library import Library


def write_digits(folder: Path, count: int = 400) -> Path:
    """Write images of 24 x 24 pixels; the first letter of a file name is the digit."""
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    folder.mkdir(parents=True)
    for number in range(count):
        image = Image.fromarray((digits.images[number] * 15).astype("uint8")).resize((24, 24))
        image.save(folder / f"{digits.target[number]}-{number:04}.png")
    return folder


def digit(path: str | Path) -> str:
    return Path(path).name[0]


def judge_like_somebody(library: Library, folder: Path, questions: int, space: str, k: int = 20) -> None:
    """Ask with images, and judge what is found by the digit."""
    for asked in sorted(folder.iterdir(), key=lambda path: path.name[2:])[:questions]:
        hits = library.search(like=asked, space=space, k=k)
        liked = [hit.id for hit in hits if digit(hit.path) == digit(asked)]
        library.judge(asked, liked=liked, disliked=[hit.id for hit in hits if hit.id not in liked])


def precision(library: Library, asked: list[Path], space: str, k: int = 10) -> float:
    """Return the share of hits that are of the digit asked with."""
    found = [(path, hit) for path in asked for hit in library.search(like=path, space=space, k=k)]
    return sum(digit(hit.path) == digit(path) for path, hit in found) / len(found)
