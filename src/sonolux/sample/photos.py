"""Sample photographs: those that come with scikit-image and scikit-learn, and changed copies of some.

Each is a JPEG whose EXIF holds what it shows, who took it where that is known, and where its licence stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.errors import SonoluxError

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 800
"""Pixels of the longer side, at most."""

QUALITY = 90
DESCRIPTION, ORIENTATION, ARTIST, COPYRIGHT = 0x10E, 0x112, 0x13B, 0x8298
TURN_LEFT = 8
"""EXIF: what is stored as the top row is the left column."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph of another package: where it is, what it shows, who took it."""

    source: str
    title: str
    artist: str = ""
    licence: str = "see scikit-image"


CC_BY = "Creative Commons Attribution 2.0, see scikit-learn"

PHOTOS = {
    "astronaut": Photo("skimage/data/astronaut.png", "The astronaut Eileen Collins in an orange suit", "NASA"),
    "cameraman": Photo("skimage/data/camera.png", "A man with a camera on a tripod, in a park"),
    "cat": Photo("skimage/data/chelsea.png", "Chelsea the cat, looking up", "Stefan van der Walt"),
    "coffee": Photo("skimage/data/coffee.png", "A cup of coffee on a wooden table", "Rachel Michetti"),
    "coins": Photo("skimage/data/coins.png", "Greek coins from Pompeii", "Brooklyn Museum"),
    "rocket": Photo("skimage/data/rocket.jpg", "A Falcon 9 rocket on its launch pad at dusk", "SpaceX"),
    "moon": Photo("skimage/data/moon.png", "Craters on the surface of the moon"),
    "galaxies": Photo("skimage/data/hubble_deep_field.jpg", "Galaxies in the Hubble extreme deep field", "NASA"),
    "brick_wall": Photo("skimage/data/brick.png", "A brick wall"),
    "grass": Photo("skimage/data/grass.png", "Dry grass"),
    "gravel": Photo("skimage/data/gravel.png", "Gravel"),
    "motorcycle": Photo("skimage/data/motorcycle_left.png", "A red motorcycle in a garage"),
    "motorcycle_again": Photo("skimage/data/motorcycle_right.png", "A red motorcycle in a garage, one step aside"),
    "retina": Photo("skimage/data/retina.jpg", "The retina of a human eye"),
    "tissue": Photo("skimage/data/ihc.png", "Stained glands under a microscope"),
    "pagoda": Photo("sklearn/datasets/images/china.jpg", "A pagoda above a lake in China", "danielbuechele", CC_BY),
    "dahlia": Photo("sklearn/datasets/images/flower.jpg", "An orange dahlia in flower", "vultilion", CC_BY),
}


def write_photos(folder: Path) -> dict[str, Path]:
    """Write the photographs that are installed, and the changed copies of some.

    Returns
    -------
    files : dict
        Path by name.

    Raises
    ------
    SonoluxError
        Where none is installed.
    """
    opened = {name: image for name, photo in PHOTOS.items() if (image := _open(photo)) is not None}
    if not opened:
        raise SonoluxError("no photographs are installed with scikit-image and scikit-learn: install them from PyPI")
    written = {name: _write(folder / f"{name}.jpg", opened[name], PHOTOS[name]) for name in opened}
    for name, (origin, image, orientation) in _variants(opened).items():
        written[name] = _write(folder / f"{name}.jpg", image, PHOTOS[origin], orientation)
    return written


def _open(photo: Photo) -> Image | None:
    """Open a photograph inside an installed package, without importing the package."""
    import PIL.Image

    package, _, inside = photo.source.partition("/")
    spec = find_spec(package)
    roots = [] if spec is None else spec.submodule_search_locations or []
    found = next((file for root in roots if (file := Path(root) / inside).is_file()), None)
    if found is None:
        return None
    with PIL.Image.open(found) as image:
        whole = image.convert("RGB")
    whole.thumbnail((SIDE, SIDE))
    return whole


def _variants(opened: dict[str, Image]) -> dict[str, tuple[str, Image, int]]:
    """Return changed copies: name, to the name of the original, the image and its EXIF orientation."""
    variants: dict[str, tuple[str, Image, int]] = {}
    if "cat" in opened:
        width, height = opened["cat"].size
        variants["cat_cut"] = "cat", opened["cat"].crop((width // 20, height // 20, width, height)), 1
    if "coffee" in opened:
        width, height = opened["coffee"].size
        variants["coffee_small"] = "coffee", opened["coffee"].resize((width // 2, height // 2)), 1
    if "pagoda" in opened:
        variants["pagoda_turned"] = "pagoda", opened["pagoda"].rotate(-90, expand=True), TURN_LEFT
    return variants


def _write(path: Path, image: Image, photo: Photo, orientation: int = 1) -> Path:
    import PIL.Image

    exif = PIL.Image.Exif()
    exif[DESCRIPTION] = photo.title
    exif[ORIENTATION] = orientation
    exif[COPYRIGHT] = photo.licence
    if photo.artist:
        exif[ARTIST] = photo.artist
    image.save(path, "JPEG", quality=QUALITY, exif=exif)
    return path
