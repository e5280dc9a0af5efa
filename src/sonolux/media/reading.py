"""A file to its probe and then its pieces, one at a time: whoever consumes slowly makes decoding wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sonolux.errors import MediaError, SonoluxError
from sonolux.media.probing import may_sound, probe
from sonolux.media.segment import Audio, Content, Probe, Segment
from sonolux.types import Modality, SegmentKind, Span

Spanned = tuple[float, float, Content]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files are decoded.

    Attributes
    ----------
    image_side : int
        Pixels of the longer side of images, at most.
    audio_rate : int
        Hertz.
    audio_window, audio_hop : float
        Seconds in a window, and from one window to the next.
    passage_chars : int
        Characters in a passage of text, at most.
    max_pixels : int
        Pixels of an image or a frame; larger ones are refused.
    max_text : int
        Bytes of a text; larger ones are refused.
    """

    image_side: int = 512
    audio_rate: int = 22050
    audio_window: float = 10.0
    audio_hop: float = 5.0
    passage_chars: int = 1000
    max_pixels: int = 200_000_000
    max_text: int = 64 * 2**20

    def __post_init__(self) -> None:
        if not 0 < self.audio_hop <= self.audio_window:
            raise SonoluxError(f"audio windows of {self.audio_window} s every {self.audio_hop} s would leave gaps")

    @classmethod
    def from_settings(cls, audio_rate: int = 22050) -> ReadOptions:
        """Return the options that the settings of this process ask for."""
        from sonolux.settings import settings

        given = settings()
        return cls(
            image_side=given.image_side,
            audio_rate=audio_rate,
            audio_window=given.audio_window,
            audio_hop=given.audio_hop,
            passage_chars=given.passage_chars,
            max_pixels=given.max_pixels,
            max_text=given.max_text,
        )


def read(path: str, options: ReadOptions) -> Iterator[Probe | Segment]:
    """Decode a file: first its probe, then its pieces, each when it is asked for.

    Raises
    ------
    MediaError
        Where the file, or the next piece of it, cannot be decoded; the message is one line without the path.
    """
    found = probe(path)
    yield found
    match found.modality:
        case Modality.IMAGE:
            yield from _read_image(path, options)
        case Modality.AUDIO:
            yield from _read_audio(path, options)
        case Modality.VIDEO:
            yield from _read_video(path, found, options)
        case Modality.TEXT:
            yield from _read_text(path, found, options)


def read_sound(path: str, options: ReadOptions) -> Iterator[Probe | Segment]:
    """Decode nothing but the sound of a file, in windows; `read`, unprobed, for those who look at nothing else.

    Raises
    ------
    MediaError
        Where the file holds no sound, or it cannot be decoded; the message is one line without the path.
    """
    if not may_sound(path):
        raise MediaError("holds no sound")
    yield from _segments("window", _sound(path, options))


def _read_image(path: str, options: ReadOptions) -> Iterator[Segment]:
    from sonolux.media.image import decode_image

    yield Segment("image", decode_image(path, options.image_side, options.max_pixels))


def _read_audio(path: str, options: ReadOptions) -> Iterator[Segment]:
    from sonolux.media.audio import embedded_cover

    cover = embedded_cover(path)
    if cover is not None:
        yield from _read_cover(cover, options)
    yield from _whole_if_single("window", _sound(path, options))


def _read_cover(cover: bytes, options: ReadOptions) -> Iterator[Segment]:
    """Yield the cover as a piece; a damaged one does not cost the recording that carries it."""
    from sonolux.media.image import decode_image

    try:
        picture = decode_image(cover, options.image_side, options.max_pixels)
    except MediaError:
        return
    yield Segment("cover", picture)


def _read_video(path: str, found: Probe, options: ReadOptions) -> Iterator[Segment]:
    from sonolux.media.video import shots

    yield from _segments("shot", shots(path, options.image_side, options.max_pixels))
    if "rate" in found.metadata:
        yield from _read_sound_track(path, options)


def _read_sound_track(path: str, options: ReadOptions) -> Iterator[Segment]:
    """Yield the windows of a video's sound; one that cannot be decoded does not cost the video."""
    try:
        yield from _segments("window", _sound(path, options))
    except MediaError:
        return


def _read_text(path: str, found: Probe, options: ReadOptions) -> Iterator[Segment]:
    from sonolux.media.text import read_passages

    passages = read_passages(path, found.format, options.passage_chars, options.max_text)
    empty = True
    for segment in _whole_if_single("passage", passages):
        empty = False
        yield segment
    if empty:
        scan = " (is it a scan?)" if found.format == "pdf" else ""
        raise MediaError(f"holds no text{scan}")


def _sound(path: str, options: ReadOptions) -> Iterator[Spanned]:
    from sonolux.media.audio import cut_windows, decode_audio

    rate = options.audio_rate
    blocks = decode_audio(path, rate)
    for start, end, samples in cut_windows(blocks, rate, options.audio_window, options.audio_hop):
        yield start, end, Audio(samples, rate)


def _segments(kind: SegmentKind, spanned: Iterable[Spanned]) -> Iterator[Segment]:
    for start, end, content in spanned:
        yield Segment(kind, content, Span(start, end))


def _whole_if_single(kind: SegmentKind, spanned: Iterable[Spanned]) -> Iterator[Segment]:
    """Yield pieces with spans, or a single one without, for it is the whole file."""
    segments = _segments(kind, spanned)
    first = next(segments, None)
    if first is None:
        return
    second = next(segments, None)
    if second is None:
        yield Segment(kind, first.content)
        return
    yield first
    yield second
    yield from segments
