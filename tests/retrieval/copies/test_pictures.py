from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest
from PIL import ImageDraw, ImageOps
from skimage import data as pictures

from sonolux.features.pdq import TURNS, turned_image
from sonolux.retrieval.copies.hashes import hash_image, nearest_turn
from sonolux.retrieval.copies.images import are_takes
from sonolux.retrieval.copies.inner import inner_picture
from sonolux.retrieval.copies.near_hashes import RADIUS
from sonolux.retrieval.copies.pictures import ComparedPicture, Verdict, compare_pictures

COFFEE, CAT = pictures.coffee(), pictures.chelsea()


def seen(pixels: np.ndarray | PIL.Image.Image, quality: int = 85) -> ComparedPicture:
    """A picture as it is seen after it was saved."""
    file = io.BytesIO()
    picture = pixels if isinstance(pixels, PIL.Image.Image) else PIL.Image.fromarray(pixels)
    picture.save(file, "JPEG", quality=quality)
    with PIL.Image.open(file) as saved:
        size = saved.size
        saved.thumbnail((320, 320))
        return ComparedPicture(np.asarray(saved.convert("RGB")), size)


def compared(first: ComparedPicture, second: ComparedPicture) -> Verdict | None:
    distance, turn = nearest_turn(hash_image(first.pixels), hash_image(second.pixels))
    return compare_pictures(first, second, turn if distance <= RADIUS else None)


@pytest.mark.parametrize("turn", range(1, 8), ids=TURNS[1:])
def test_turned(turn: int) -> None:
    assert compared(seen(COFFEE), seen(turned_image(COFFEE, turn))) == ("copy", (TURNS[turn],))


def test_smaller_and_coarser() -> None:
    small = PIL.Image.fromarray(COFFEE).resize((200, 133))
    assert compared(seen(COFFEE), seen(small, 25)) == ("copy", ("smaller",))


def test_without_colours_is_said() -> None:
    """A grey version may be wanted beside the original, so it is named (czkawka issue 1373)."""
    grey = PIL.Image.fromarray(COFFEE).convert("L").convert("RGB")
    assert compared(seen(COFFEE), seen(grey)) == ("copy", ("without colours",))


@pytest.mark.parametrize("share", [0.9, 0.75, 0.6])
def test_cropped(share: float) -> None:
    height, width = (round(edge * share) for edge in COFFEE.shape[:2])
    crop = seen(COFFEE[20 : 20 + height, 30 : 30 + width])
    assert compared(seen(COFFEE), crop) == ("copy", ("cropped",))
    assert compared(crop, seen(COFFEE)) == ("copy", ("wider",))


@pytest.mark.parametrize("colour", ["white", "black", (40, 80, 160)])
def test_border(colour: object) -> None:
    framed = ImageOps.expand(PIL.Image.fromarray(COFFEE), 60, colour)
    assert compared(seen(COFFEE), seen(framed)) == ("copy", ("framed",))


def test_something_written_over_it() -> None:
    picture = PIL.Image.fromarray(COFFEE).copy()
    draw = ImageDraw.Draw(picture)
    draw.rectangle((300, 230, 560, 380), fill=(200, 30, 40))
    verdict = compared(seen(COFFEE), seen(picture))
    assert verdict == ("copy", ("overlaid",))


def shaken(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The next picture of a burst: held a little otherwise, with grain of its own, and something has moved."""
    import cv2

    height, width = pixels.shape[:2]
    angle, x, y = random.normal(0, 0.006), *random.normal(0, 4, 2)
    moved = cv2.warpAffine(
        pixels, np.array([[1, -angle, x], [angle, 1, y]]), (width, height), borderMode=cv2.BORDER_REFLECT
    )
    moved[100:180, 200:300] = pixels[100:180, 215:315]
    return np.clip(moved + random.normal(0, 6, pixels.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("photo", [COFFEE, CAT], ids=["coffee", "cat"])
def test_two_exposures_are_no_copies(photo: np.ndarray) -> None:
    """Exposures in rapid succession are no duplicates (immich issue 31487)."""
    random = np.random.default_rng(0)
    noisy = np.clip(photo + random.normal(0, 6, photo.shape), 0, 255).astype(np.uint8)
    for _ in range(5):
        verdict = compared(seen(noisy), seen(shaken(photo, random)))
        assert verdict is None or verdict.relation == "similar"


def test_two_pages_with_the_same_text_are_strangers() -> None:
    """Pictures in black pillars, or in one page, matched by what surrounds them (video-simili issue 138)."""

    def page(photo: np.ndarray) -> ComparedPicture:
        paper = PIL.Image.new("RGB", (700, 1100), "white")
        paper.paste(PIL.Image.fromarray(photo).resize((600, 400)), (50, 200))
        for line in range(8):
            ImageDraw.Draw(paper).text(
                (60, 660 + 50 * line), "the very same words on every page", "black", font_size=32
            )
        return seen(paper)

    assert compared(page(COFFEE), page(CAT)) is None


def test_dark_pictures_are_of_no_worth() -> None:
    """Black videos and pictures of one colour were all one cluster (immich issue 10857, czkawka issue 429)."""
    for value in (0, 128, 255):
        assert len(hash_image(np.full((300, 200, 3), value, np.uint8)).codes) == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (3, 2), (23, 23)])
def test_tiny_pictures_are_compared_without_harm(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    tiny = ComparedPicture(pixels, size[::-1])
    assert compare_pictures(tiny, seen(COFFEE), 0) is None
    compare_pictures(tiny, tiny, 3)


def test_content_box_of_bars_and_none_of_a_photo() -> None:
    barred = np.zeros((500, 600, 3), np.uint8)
    barred[50:450] = COFFEE
    left, upper, right, lower = inner_picture(barred) or (0, 0, 0, 0)
    assert (left, right) == (0, 600) and abs(upper - 50) <= 1 and abs(lower - 450) <= 1
    assert inner_picture(COFFEE) is None


@pytest.mark.parametrize(
    ("first", "second", "takes"),
    [
        ("2020-05-01T10:00:00Z", "2020-05-01T10:00:02Z", True),
        ("2020-05-01T10:00:00Z", "2020-05-01T10:00:00Z", False),
        ("2020-05-01T10:00:00Z", "2021-05-01T10:00:00Z", False),
        ("2020-05-01", "2020-05-02", False),
        ("", "2020-05-01T10:00:02Z", False),
        ("no date, but as long as one", "2020-05-01T10:00:02Z", False),
    ],
)
def test_dates_of_two_takes(first: str, second: str, takes: bool) -> None:
    assert are_takes(first, second) is takes


def test_a_crop_that_lacks_hardly_anything() -> None:
    """A small crop was missed elsewhere (dupeguru issue 756), and is not the size that a second exposure has."""
    height, width = COFFEE.shape[:2]
    crop = seen(COFFEE[3 : height - 5, 3 : width - 10])
    assert compared(seen(COFFEE), crop) == ("copy", ("cropped",))


def test_local_features_of_a_mirrored_picture_follow_from_its_own() -> None:
    own, mirrored = seen(CAT).features, seen(CAT).turned(4).features
    swapped = own.mirrored(seen(CAT).pixels.shape[1])
    apart = np.linalg.norm(swapped.places[:, None] - mirrored.places[None], axis=2)
    here = apart.min(axis=1) < 0.5
    alike = (swapped.roots()[here] * mirrored.roots()[apart.argmin(axis=1)[here]]).sum(axis=1)
    assert here.mean() > 0.8 and np.median(alike) > 0.999
