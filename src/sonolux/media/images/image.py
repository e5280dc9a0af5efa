"""Image decoding: a file to uint8 pixels (height, width, 3), sRGB, upright, one frame or page, alpha over a ground.

Work is done small: JPEG is scaled while it is decoded, other formats before colours are converted.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import IO, BinaryIO

import numpy as np
import PIL.Image
from PIL.Image import Image as Picture
from PIL.Image import Resampling, Transpose
from PIL.ImageFile import ImageFile

from sonolux.errors import MediaError
from sonolux.media.descriptions.exif import ORIENTATION, SIDEWAYS, exif_of
from sonolux.media.errors import decoding
from sonolux.media.images.colours import brightened, eight_bits, to_srgb
from sonolux.media.images.frames import frames_of, seek_telling
from sonolux.media.images.raw import is_raw_tiff, open_preview
from sonolux.media.images.salvage import ALL_THERE, LARGEST, Salvaged, completed, is_unwritten, lacks_end, salvage
from sonolux.media.images.tone_mapping import HLG, PQ, to_sdr
from sonolux.media.safe_open import open_file
from sonolux.media.segment import Image
from sonolux.media.signatures import HEAD, RAW, hdr_colours, image_format

Opener = Callable[[IO[bytes], str], ImageFile]

UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""What turns an image upright, by EXIF orientation (CIPA DC-008, table 6)."""

BITS, PHOTOMETRIC, WHITE_IS_ZERO = 258, 262, 0
"""Of a TIFF (TIFF 6.0, BitsPerSample and PhotometricInterpretation)."""

HDR, HDR_FORMATS = "hdr_colours", ("AVIF", "HEIF", "PNG")
"""Key of an opened image's information, and the formats that name HDR colours."""

SMALL = 64
"""Pixels of the longer side to which frames are decoded that are only compared."""

PNG_TEXT = 32 * 2**20
"""Bytes of a text in a PNG; pictures with longer ones are refused."""


def decode_image(source: str | bytes, side: int, max_pixels: int, page: int | None = None) -> Image:
    """Decode an image, scaled down until its longer side is at most ``side``.

    Parameters
    ----------
    source : str or bytes
        Path of the file, or its content.
    side : int
        Pixels of the longer side; smaller images keep their size.
    max_pixels : int
        Larger images are refused from their header, before they are decoded.
    page : int, optional
        Of a TIFF of several, from 0; by default the first that shows something.

    Returns
    -------
    Image
        Pixels uint8 (height, width, 3); of an animation, those of the first frame that shows something.

    Raises
    ------
    MediaError
        For images that are damaged, too large, or no images, and those of which more than the very end is missing.
    """
    return decode_partly(source, side, max_pixels, page)[0]


def decode_partly(source: str | bytes, side: int, max_pixels: int, page: int | None = None) -> tuple[Image, str]:
    """Decode an image as `decode_image` does, and say in one line what of it is missing, empty for nothing."""
    try:
        with open_image(source) as image:
            if image.format == "JPEG" and image.fp and is_unwritten(image.fp):
                raise MediaError("damaged JPEG picture: image file is truncated (its rest was never written)")
            refuse_bomb(image.size, max_pixels)
            frames = frames_of(image)
            if page is not None:
                frames = frames[page : page + 1] or frames
            seek_telling(image, frames, max_pixels, lambda: _decoded(image, SMALL, max_pixels).pixels)
            cut = image.format == "PNG" and image.fp and lacks_end(image.fp)
            return _decoded(image, side, max_pixels), ALL_THERE if cut else ""
    except MediaError:
        salvaged = None if page else _salvaged(source, max_pixels)
        if salvaged is None:
            raise
        with decoding("picture"):
            return _finished(salvaged.picture, side), salvaged.missing


def decode_pages(path: str, side: int, max_pixels: int, frames: Iterable[int]) -> Iterator[Image | MediaError]:
    """Decode frames of a TIFF, each when it is asked for, as `decode_image` does; a damaged one gives its error."""
    with open_image(path) as image:
        for frame in frames:
            try:
                with decoding("page"):
                    image.seek(frame)
                    yield _decoded(image, side, max_pixels)
            except MediaError as error:
                yield error


def _decoded(image: Picture, side: int, max_pixels: int) -> Image:
    refuse_bomb(image.size, max_pixels)
    image.draft(None, fit_size(image.size, side))
    return _finished(image, side)


def _finished(image: Picture, side: int) -> Image:
    """Load an opened image, small, upright and in sRGB."""
    image.load()
    upright = UPRIGHT.get(exif_of(image).get(ORIENTATION, 1))
    small = _shrunk(image, side)
    if upright is not None:
        small = small.transpose(upright)
    if colours := image.info.get(HDR):
        signal = np.divide(np.asarray(small.convert("RGB")), 255, dtype=np.float32)
        return Image(to_sdr(signal, colours[1], colours[0]))
    return Image(np.array(to_srgb(small, image.info.get("icc_profile")), dtype=np.uint8))


def _salvaged(source: str | bytes, max_pixels: int) -> Salvaged | None:
    """Return what is there of a broken image; None where that is too little."""
    content = source
    if isinstance(content, str):
        with open_file(content) as file, decoding("file"):
            content = file.read(LARGEST + 1)
    with io.BytesIO(content) as file:
        name, _ = _format_of(file)
    if name == RAW:
        return None
    opener = PIL.Image.OPEN[name][0]

    def opened(filled: bytes) -> ImageFile:
        image = opener(io.BytesIO(filled), "")
        refuse_bomb(image.size, max_pixels)
        return image

    return salvage(content, name, opened)


def upright_size(image: Picture) -> tuple[int, int]:
    """Return width and height of an opened image as it is shown; Pillow turns TIFFs itself."""
    width, height = image.size
    turned = image.format != "TIFF" and exif_of(image).get(ORIENTATION) in SIDEWAYS
    return (height, width) if turned else (width, height)


@contextmanager
def open_image(source: str | bytes, *, broken: bool = False) -> Iterator[ImageFile]:
    """Open an image by its content, without decoding it, and translate every error met until it is closed.

    Pillow's own ``open`` tries every format it knows and holds a bomb limit that is global to the process; the
    signature has already told the format, and the limit is the caller's.

    Parameters
    ----------
    source : str or bytes
        Path of the file, or its content.
    broken : bool
        Whether a file that breaks off is opened as well, completed in some way: for what it says of itself.
    """
    file: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else open_file(source)
    with file:
        name, colours = _format_of(file)
        _register_formats()
        opener = open_preview if name == RAW else PIL.Image.OPEN[name][0]
        with decoding(f"{name} picture"), _opened(file, name, opener, broken) as image:
            if colours and colours[1] in (PQ, HLG):
                image.info[HDR] = colours
            yield image


def _format_of(file: BinaryIO) -> tuple[str, tuple[int, int] | None]:
    """Return the name of an open file's format, its primaries and transfer function; go back to its beginning."""
    head = file.read(HEAD)
    name = image_format(head)
    if name is None:
        raise MediaError("not a picture that can be decoded")
    if name == "TIFF" and is_raw_tiff(file):
        name = RAW
    file.seek(0)
    return name, hdr_colours(head) if name in HDR_FORMATS else None


def _opened(file: BinaryIO, name: str, opener: Opener, broken: bool) -> ImageFile:
    try:
        return opener(file, "")
    except Exception as error:
        if not broken or isinstance(error, MemoryError):
            raise
        file.seek(0)
        for content in completed(file.read(LARGEST), name):
            with suppress(Exception):  # the next may do; where none does, the file's own error is raised
                return opener(io.BytesIO(content), "")
        raise


@lru_cache(maxsize=1)
def _register_formats() -> None:
    from PIL import PngImagePlugin
    from pillow_heif import register_heif_opener

    # Programs that make pictures keep whole workflows beside them; above Pillow's limit the picture would be lost.
    PngImagePlugin.MAX_TEXT_CHUNK = PNG_TEXT
    PIL.Image.init()
    register_heif_opener()


def refuse_bomb(size: tuple[int, int], max_pixels: int) -> None:
    """Raise `MediaError` for an image with more pixels than the limit."""
    width, height = size
    if width * height > max_pixels:
        raise MediaError(f"has {width} x {height} pixels: more than the limit of {max_pixels} (SONOLUX_MAX_PIXELS)")


def fit_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return width and height scaled down so that the longer is at most ``side``, none below 1."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrunk(image: Picture, side: int) -> Picture:
    """Scale down, in a mode that can be averaged: palette and 1-bit pixels cannot."""
    size = fit_size(image.size, side)
    if image.mode.startswith("I;16"):
        inverted = getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO
        return eight_bits(image.convert("I").resize(size, Resampling.BOX), whole=True, inverted=inverted)
    if image.mode in ("I", "F"):
        return eight_bits(image.resize(size, Resampling.BOX))
    if image.mode == "1":
        image = image.convert("L")
    if image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    small = image if size == image.size else image.resize(size, Resampling.LANCZOS, reducing_gap=2.0)
    deep = image.mode == "RGB" and getattr(image, "tag_v2", {}).get(BITS) == (16, 16, 16)
    return brightened(small) if deep else small
