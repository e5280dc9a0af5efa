"""Probing: modality and metadata of a file, found from its content, never from its name alone."""

from __future__ import annotations

from typing import Any

from sonolux.errors import MediaError
from sonolux.media.errors import decoding
from sonolux.media.metadata import cleaned
from sonolux.media.safe_open import open_file
from sonolux.media.segment import Probe
from sonolux.media.signatures import HEAD, image_format, is_container, is_pdf, is_text, text_format
from sonolux.types import Modality

REFUSED = "not a picture, recording, video or text that can be read"


def probe(path: str) -> Probe:
    """Tell what a file is, and what it says of itself.

    Parameters
    ----------
    path : str
        The file, as the operating system names it.

    Returns
    -------
    Probe
        With the metadata keys that the file fills, every value valid (see `sonolux.media.metadata`).

    Raises
    ------
    MediaError
        Where it is no medium, is empty, or is damaged where that can be seen so early.
    """
    head = _head(path)
    if image_format(head) is not None:
        return _probe_image(path)
    if is_pdf(head):
        return _probe_pdf(path)
    if is_text(head):
        return _probe_text(path, head)
    return _probe_container(path, head)


def may_sound(path: str) -> bool:
    """Tell whether a file may hold sound, for all that its beginning says; MediaError where it cannot be read."""
    head = _head(path)
    return image_format(head) is None and not is_pdf(head) and not is_text(head)


def _head(path: str) -> bytes:
    with open_file(path) as file, decoding("file"):
        return file.read(HEAD)


def _probe_image(path: str) -> Probe:
    from sonolux.media.exif import image_metadata
    from sonolux.media.image import open_image

    with open_image(path) as picture:
        name = (picture.format or "").lower()
        return _probe(Modality.IMAGE, name, image_metadata(picture))


def _probe_pdf(path: str) -> Probe:
    from sonolux.media.document import pdf_metadata

    return _probe(Modality.TEXT, "pdf", pdf_metadata(path))


def _probe_text(path: str, head: bytes) -> Probe:
    """Decode only the beginning: the rest is checked when it is read."""
    from sonolux.media.markup import declared_encoding, markdown_title, parse_page
    from sonolux.media.text_decoding import decode_text

    start = decode_text(head, declared_encoding(head), partial=len(head) == HEAD)
    name = text_format(start, path)
    found: dict[str, Any] = {}
    if name == "html":
        page = parse_page(start)
        found = {"title": page.title, "language": page.language}
    if name == "md":
        found = {"title": markdown_title(start)}
    return _probe(Modality.TEXT, name, found)


def _probe_container(path: str, head: bytes) -> Probe:
    from sonolux.media.container import open_container, video_stream
    from sonolux.media.tags import container_metadata

    try:
        with open_container(path, "recording or video") as container:
            modality = Modality.AUDIO if video_stream(container) is None else Modality.VIDEO
            name = container.format.name.partition(",")[0]
            return _probe(modality, name, container_metadata(container))
    except MediaError as error:
        # libav calls whatever it does not know damaged: it is, only where it began like a container.
        raise error if is_container(head) else MediaError(REFUSED) from error


def _probe(modality: Modality, name: str, found: dict[str, Any]) -> Probe:
    return Probe(modality, name, cleaned(found))
