"""Reader of containers: audio in windows, with its cover; video in shots, with the windows of its sound track.

Subtitle tracks, titles of chapters and lyrics with times are passages of either.
"""

from __future__ import annotations

from collections.abc import Iterator

from sonolux.errors import MediaError
from sonolux.media.containers.completeness import Reading
from sonolux.media.containers.extent import Extent
from sonolux.media.errors import NothingDecodedError
from sonolux.media.metadata import cleaned
from sonolux.media.options import ReadOptions
from sonolux.media.readers.base import MediaReader, Spanned, spanned_segments, whole_if_single
from sonolux.media.segment import Audio, Probe, ReadEvent, Segment
from sonolux.media.signatures import is_container
from sonolux.types import Modality

REFUSED = "not a picture, recording, video or text that can be read"


class ContainerReader(MediaReader):
    """Audio and video that libav knows; asked last, for only opening a file tells."""

    def claims(self, path: str, head: bytes) -> bool:
        """Claim whatever no other reader does."""
        return True

    def read(self, path: str, head: bytes, options: ReadOptions) -> Iterator[ReadEvent]:
        """Yield the probe, then what there is to be seen and heard."""
        found, reading = _probe(path, head)
        yield found
        if found.modality == Modality.AUDIO:
            yield from _audio(path, options, reading.sound)
        else:
            yield from _video(path, options, reading, has_sound="rate" in found.metadata)
        from sonolux.media.containers.inner_text import inner_passages

        yield from spanned_segments("passage", inner_passages(path, options.passage_chars))
        decoded = reading.closed(found.metadata.get("duration"))
        if decoded is not None:
            yield decoded


def audio_windows(
    path: str, options: ReadOptions, extent: Extent | None = None, *, filled: bool = False
) -> Iterator[Spanned]:
    """Yield the sound of a file in windows; filled: with silence where there is none."""
    from sonolux.media.containers.audio import cut_windows, decode_placed, fill_gaps

    rate = options.audio_rate
    placed = decode_placed(path, rate, extent)
    placed = fill_gaps(placed) if filled else placed
    for start, end, samples in cut_windows(placed, rate, options.audio_window, options.audio_hop):
        yield start, end, Audio(samples, rate)


def _probe(path: str, head: bytes) -> tuple[Probe, Reading]:
    from sonolux.media.containers.container import open_container, video_stream
    from sonolux.media.music_tags.reading import read_tags
    from sonolux.media.safe_open import open_file
    from sonolux.media.tags import container_metadata

    try:
        with open_container(path, "recording or video") as container:
            modality = Modality.AUDIO if video_stream(container) is None else Modality.VIDEO
            name = container.format.name.partition(",")[0]
            with open_file(path) as file:
                said, words = container_metadata(container, read_tags(file))
            return Probe(modality, name, cleaned(said), words), Reading.begun(path, container)
    except MediaError as error:
        # libav calls whatever it does not know damaged: it is, only where it began like a container.
        raise error if is_container(head) else MediaError(REFUSED) from error


def _audio(path: str, options: ReadOptions, extent: Extent) -> Iterator[Segment]:
    from sonolux.media.containers.cover import embedded_cover

    cover = embedded_cover(path)
    if cover is not None:
        yield from _cover(cover, options)
    yield from whole_if_single("window", audio_windows(path, options, extent))


def _cover(cover: bytes, options: ReadOptions) -> Iterator[Segment]:
    """Yield the cover; a damaged one does not cost the recording that carries it."""
    from sonolux.media.images.image import decode_image

    try:
        image = decode_image(cover, options.image_side, options.max_pixels)
    except MediaError:
        return
    yield Segment("cover", image)


def _video(path: str, options: ReadOptions, reading: Reading, *, has_sound: bool) -> Iterator[Segment]:
    """Yield the shots of a video and the windows of its sound; if one cannot be decoded, the other is there."""
    from sonolux.media.containers.video import shots

    seen = shots(path, options.image_side, options.max_pixels, reading.pictures)
    try:
        yield from spanned_segments("shot", seen)
    except NothingDecodedError as error:
        if not has_sound:
            raise
        reading.pictures.refused = str(error)
    if not has_sound:
        return
    try:
        yield from spanned_segments("window", audio_windows(path, options, reading.sound))
    except MediaError as error:
        if reading.pictures.refused:
            raise
        reading.sound.refused = str(error)
