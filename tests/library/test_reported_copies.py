"""Near-duplicate finding that failed in other programs, as their users reported it, each made again small."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import ImageDraw
from PIL.Image import Image as Picture
from skimage import data as pictures

from sonolux.library import Library

COFFEE, CAT, ASTRONAUT, ROCKET = (
    PIL.Image.fromarray(made()) for made in (pictures.coffee, pictures.chelsea, pictures.astronaut, pictures.rocket)
)


def line_art(folder: Path) -> None:
    """Black lines on nothing: without alpha all of them are black (difPy issue 30)."""
    drawings: dict[str, Callable[[ImageDraw.ImageDraw], None]] = {
        "circle": lambda draw: draw.ellipse((50, 50, 350, 350), outline=(0, 0, 0, 255), width=8),
        "square": lambda draw: draw.rectangle((80, 120, 300, 260), outline=(0, 0, 0, 255), width=8),
        "arrow": lambda draw: draw.line((20, 380, 360, 40, 360, 200), fill=(0, 0, 0, 255), width=8),
    }
    for name, drawn in drawings.items():
        picture = PIL.Image.new("RGBA", (400, 400), (0, 0, 0, 0))
        drawn(ImageDraw.Draw(picture))
        picture.save(folder / f"{name}.png")


def token(size: int = 512) -> Picture:
    made = ASTRONAUT.resize((size, size)).convert("RGBA")
    mask = PIL.Image.new("L", made.size, 0)
    ImageDraw.Draw(mask).ellipse((size // 16, size // 16, size * 15 // 16, size * 15 // 16), fill=255)
    made.putalpha(mask)
    return made


def opaque_alpha(folder: Path) -> None:
    """Only one of them has an alpha channel, which hides nothing (hydrus issue 770)."""
    COFFEE.save(folder / "plain.jpg", quality=95)
    COFFEE.convert("RGBA").save(folder / "alpha.png")


def hidden_colours(folder: Path) -> None:
    """Other colours where nothing shows (dhash issue 3)."""
    token().save(folder / "token.png")
    pixels = np.array(token())
    pixels[pixels[..., 3] == 0] = (255, 0, 0, 0)
    PIL.Image.fromarray(pixels).save(folder / "red below.png")


def grown(folder: Path) -> None:
    """What is shown is two pixels larger, at the same size (dupeguru issue 1229)."""
    made = token(256)
    made.save(folder / "token.png")
    made.resize((260, 260)).crop((2, 2, 258, 258)).save(folder / "larger.png")


def modes(folder: Path) -> None:
    """Saved anew by another program, in other modes (imagehash issue 91)."""
    CAT.save(folder / "cat.png")
    CAT.convert("CMYK").save(folder / "cmyk.jpg")
    CAT.convert("P", palette=PIL.Image.Palette.ADAPTIVE).save(folder / "palette.gif")
    CAT.save(folder / "progressive.jpg", progressive=True, quality=70)
    grey = np.asarray(CAT.convert("L")).astype(np.uint16) * 257
    PIL.Image.fromarray(grey).save(folder / "sixteen bits.png")


def comics(folder: Path) -> None:
    """Pages of black and white panels are not one page (difPy issue 37)."""
    random = np.random.default_rng(0)
    for number in range(4):
        page = PIL.Image.new("L", (700, 1000), 255)
        draw = ImageDraw.Draw(page)
        for upper in (20, 345, 670):
            for left in (20, 250, 480):
                draw.rectangle((left, upper, left + 210, upper + 300), outline=0, width=4)
                for _ in range(10):
                    ends = random.integers((left, upper), (left + 210, upper + 300), (3, 2))
                    draw.line([(int(x), int(y)) for x, y in ends], fill=0, width=3)
        page.save(folder / f"page {number}.png")


def qualities(folder: Path) -> None:
    """Which ones are told must not hang on which is looked at first (czkawka issue 824)."""
    for number, name in enumerate("dbca"):
        edge = 500 - 100 * number
        ASTRONAUT.resize((edge, edge)).save(folder / f"{name}.jpg", quality=90 - 20 * number)


def links(folder: Path) -> None:
    """A file is no duplicate of itself by another name (immich issue 30639)."""
    ROCKET.transpose(PIL.Image.Transpose.ROTATE_90).crop((0, 100, 300, 500)).save(folder / "rocket.jpg")
    (folder / "sign.jpg").symlink_to(folder / "rocket.jpg")
    os.link(folder / "rocket.jpg", folder / "twin.jpg")


def trimmed(folder: Path) -> None:
    """A small crop is found (dupeguru issue 756)."""
    photo = PIL.Image.fromarray(pictures.rocket()[:, :420])
    photo.save(folder / "photo.jpg")
    photo.crop((3, 3, 410, 420)).save(folder / "trimmed.jpg")


def groups_of(make: Callable[[Path], None], tmp_path: Path) -> list[tuple[str, set[str]]]:
    folder = tmp_path / make.__name__
    folder.mkdir()
    make(folder)
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=("colour-histogram",))
        found = library.copies()
    assert not found.failed
    return [(group.kind, {Path(item.path).stem for item in group.items}) for group in found.groups]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (line_art, []),
        (opaque_alpha, [("copies", {"plain", "alpha"})]),
        (hidden_colours, [("copies", {"token", "red below"})]),
        (grown, [("copies", {"token", "larger"})]),
        (modes, [("copies", {"cat", "cmyk", "palette", "progressive", "sixteen bits"})]),
        (comics, []),
        (qualities, [("copies", {"a", "b", "c", "d"})]),
        (links, [("identical", {"rocket", "twin"})]),
        (trimmed, [("copies", {"photo", "trimmed"})]),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_reported(make: Callable[[Path], None], expected: list[tuple[str, set[str]]], tmp_path: Path) -> None:
    assert groups_of(make, tmp_path) == expected
