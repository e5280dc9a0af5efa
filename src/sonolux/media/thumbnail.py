"""A small JPEG of anything that can be looked at: an image, a moment of a video, the cover of a song."""

from __future__ import annotations

import io

from sonolux.errors import MediaError
from sonolux.media.probing import probe
from sonolux.media.segment import Image
from sonolux.types import Modality

QUALITY = 85


def thumbnail(path: str, side: int, at: float | None = None) -> bytes:
    """Make a JPEG of a file.

    Parameters
    ----------
    side : int
        Pixels of its longer side, at most.
    at : float, optional
        Seconds: which moment of a video; a third into it by default, as videos tend to begin in black.

    Raises
    ------
    MediaError
        For things without an image: texts, and recordings without a cover.
    """
    from sonolux.settings import settings

    return _jpeg(_image(path, side, at, settings().max_pixels))


def _image(path: str, side: int, at: float | None, max_pixels: int) -> Image:
    found = probe(path)
    if found.modality == Modality.IMAGE:
        from sonolux.media.image import decode_image

        return decode_image(path, side, max_pixels)
    if found.modality == Modality.VIDEO:
        from sonolux.media.video import frame_near

        moment = found.metadata.get("duration", 0.0) / 3 if at is None else at
        return frame_near(path, moment, side, max_pixels)
    if found.modality == Modality.AUDIO:
        from sonolux.media.audio import embedded_cover
        from sonolux.media.image import decode_image

        cover = embedded_cover(path)
        if cover is not None:
            return decode_image(cover, side, max_pixels)
    raise MediaError(f"has no picture to show ({found.modality.value})")


def _jpeg(image: Image) -> bytes:
    import PIL.Image

    out = io.BytesIO()
    PIL.Image.fromarray(image.pixels).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
