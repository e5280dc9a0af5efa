"""Reader of images: one segment, the image itself, or the pages of a TIFF that has several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sonolux.errors import MediaError
from sonolux.media.metadata import clean_words, cleaned
from sonolux.media.options import ReadOptions
from sonolux.media.readers.base import MediaReader
from sonolux.media.segment import Decoded, Probe, ReadEvent, Segment
from sonolux.media.signatures import image_format, unread_format
from sonolux.types import Modality, Span


class ImageReader(MediaReader):
    """Images that Pillow knows, told by their first bytes."""

    def claims(self, path: str, head: bytes) -> bool:
        """Tell whether a file begins like an image."""
        return image_format(head) is not None or unread_format(head) is not None

    def read(self, path: str, head: bytes, options: ReadOptions) -> Iterator[ReadEvent]:
        """Yield the probe, then the image, or the pages of a TIFF of several, then what is missing."""
        if name := unread_format(head):
            raise MediaError(f"is a {name} picture, which is not read: save a copy as JPEG, PNG or TIFF")
        from sonolux.media.descriptions.image import image_metadata
        from sonolux.media.images.frames import MOST_PAGES, frames_of
        from sonolux.media.images.image import decode_partly, open_image, upright_size

        with open_image(path, broken=True) as image:
            name, found = (image.format or "").lower(), image_metadata(image)
            found["width"], found["height"] = upright_size(image)
            pages = frames_of(image) if image.format == "TIFF" else ()
            frames = len(pages) or getattr(image, "n_frames", 1)
            found["frames"] = frames if frames > 1 and len(pages) <= MOST_PAGES else None
        yield Probe(Modality.IMAGE, name, cleaned(found), clean_words(found["words"]))
        if len(pages) > 1:
            yield from _pages(path, pages, options)
            return
        seen, missing = decode_partly(path, options.image_side, options.max_pixels)
        yield Segment("image", seen)
        if missing:
            yield Decoded(missing=missing)


def _pages(path: str, frames: Sequence[int], options: ReadOptions) -> Iterator[ReadEvent]:
    """Yield the pages of a TIFF, each with its place among them, then which of them cannot be read."""
    from sonolux.media.images.frames import MOST_PAGES
    from sonolux.media.images.image import decode_pages

    side, most = options.image_side, options.max_pixels
    broken: list[tuple[int, MediaError]] = []
    for place, seen in enumerate(decode_pages(path, side, most, frames[:MOST_PAGES])):
        if isinstance(seen, MediaError):
            broken.append((place, seen))
        else:
            yield Segment("page", seen, Span(place, place + 1, "pages"))
    if len(broken) == min(len(frames), MOST_PAGES):
        raise broken[0][1]
    missing = [f"page {place + 1}: {error}" for place, error in broken[:1]]
    missing += [f"{len(broken) - 1} more pages cannot be read"] if len(broken) > 1 else []
    missing += [f"has more than {MOST_PAGES:,} pages: the rest is not read"] if len(frames) > MOST_PAGES else []
    if missing:
        yield Decoded(missing="; ".join(missing))
