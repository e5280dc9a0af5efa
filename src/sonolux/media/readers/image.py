"""Reader of images: one segment, the image itself."""

from __future__ import annotations

from collections.abc import Iterator

from sonolux.media.metadata import clean_words, cleaned
from sonolux.media.options import ReadOptions
from sonolux.media.readers.base import MediaReader
from sonolux.media.segment import Probe, ReadEvent, Segment
from sonolux.media.signatures import image_format
from sonolux.types import Modality


class ImageReader(MediaReader):
    """Images that Pillow knows, told by their first bytes."""

    def claims(self, path: str, head: bytes) -> bool:
        """Tell whether a file begins like an image."""
        return image_format(head) is not None

    def read(self, path: str, head: bytes, options: ReadOptions) -> Iterator[ReadEvent]:
        """Yield the probe, then the image."""
        from sonolux.media.descriptions.image import image_metadata
        from sonolux.media.image import decode_image, open_image

        with open_image(path) as image:
            name, found = (image.format or "").lower(), image_metadata(image)
        yield Probe(Modality.IMAGE, name, cleaned(found), clean_words(found["words"]))
        yield Segment("image", decode_image(path, options.image_side, options.max_pixels))
