"""Completeness: how much of a media file could be read, against what there should be; seconds.

What was decoded decides. A file that breaks off, or of which a part within cannot be decoded, is read in part, and
says how much is missing. A header that only tells another length is no such thing: the length is corrected.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, BinaryIO

from sonolux.media.containers.clock import AV_TIME_BASE
from sonolux.media.containers.extent import Extent
from sonolux.media.containers.matroska import scan_matroska
from sonolux.media.containers.ogg import scan_pages
from sonolux.media.containers.truncation import End, end_of, frame_bytes
from sonolux.media.safe_open import open_file
from sonolux.media.segment import Decoded

LITTLE = 0.25
"""Seconds of the end that may be missing, and a tenth of a short file: what encoders and headers round."""

LITTLE_WITHIN = 0.5
"""Seconds within: a frame or two that a decoder could not take."""

OFF = 0.1
"""Seconds by which a header's length may differ from what was decoded."""

EXACT = frozenset(("flac", "aiff", "au", "caf", "tta", "wv", "ape", "tak", "mxf", "avi"))
"""Formats whose headers count samples or frames."""

FRAMES_ALONE = frozenset(("mp3", "aac"))
"""Formats that are nothing but frames, each of which says how long it is."""

UNTIMED = frozenset(("flac", "aiff", "au", "caf", "tta", "wv", "ape", "tak"))
"""Formats without time stamps: where time is missing in them, something could not be read."""

TAGS = (b"ID3", b"APETAGEX", b"LYRICS", b"TAG", b"Xing", b"Info", b"VBRI")
"""What stands between the frames of joined recordings."""

LONGEST_TAG = 2**24


@dataclass(slots=True)
class Reading:
    """What a container announces, and what came of it while it was read.

    Attributes
    ----------
    path, form : str
        The file, and the first of the names that libav has for its format.
    announced : float or None
        What it should last, None where it does not say.
    undecodable : list of str
        What is in it that no decoder is known for: ``"sound"``.
    sound, pictures : Extent
    """

    path: str
    form: str
    announced: float | None
    undecodable: list[str] = field(default_factory=list)
    sound: Extent = field(default_factory=Extent)
    pictures: Extent = field(default_factory=Extent)

    @classmethod
    def begun(cls, path: str, container: Any) -> Reading:
        """Return what an open container announces."""
        lengths = [float(container.duration) / AV_TIME_BASE] if container.duration else []
        if container.format.name == "avi":
            shown = (stream for stream in container.streams.video if stream.average_rate)
            lengths += [stream.frames / float(stream.average_rate) for stream in shown]
        for stream in container.streams.audio:
            codec = stream.codec_context
            if codec is not None and codec.name.startswith("pcm_") and stream.frames and codec.sample_rate:
                lengths.append(stream.frames / codec.sample_rate)
        none = container.streams.audio and all(stream.codec_context is None for stream in container.streams.audio)
        form = container.format.name.partition(",")[0]
        return cls(path, form, max(lengths, default=None), ["sound"] if none else [])

    @property
    def end(self) -> float:
        """Where what was decoded ends."""
        return max(self.sound.end, self.pictures.end)

    def closed(self, duration: float | None) -> Decoded | None:
        """Return what decoding has shown, None where the header was right and nothing is missing."""
        with open_file(self.path) as file:
            missing = [*self._refused(), *self._breaks_off(file)] or list(self._lacks(file))
        right = duration is not None and abs(duration - self.end) <= OFF
        corrected = {} if not self.end or (right and not missing) else {"duration": round(self.end, 3)}
        return Decoded(corrected, "; ".join(missing)) if corrected or missing else None

    def _refused(self) -> list[str]:
        kinds = {"sound": self.sound, "pictures": self.pictures}
        refused = [kind for kind, extent in kinds.items() if extent.refused and extent.packets]
        return [f"its {kind} cannot be decoded" for kind in (*self.undecodable, *refused)]

    def _breaks_off(self, file: BinaryIO) -> list[str]:
        end = self._end_of(file)
        announced = end.seconds or self.announced
        little = LITTLE if announced is None else min(LITTLE, announced / 10)
        short = announced is not None and self.end < announced - little
        if short and end.whole is not False and self.form in EXACT:
            assert announced is not None
            if end.whole:
                return [f"lacks {announced - self.end:.1f} s of {announced:.1f} s"]
            return [f"breaks off after {self.end:.1f} s of {announced:.1f} s"]
        # A header that says less than there is says nothing.
        unsaid = announced is None or announced < self.end - little
        if end.whole is not False or not (short or unsaid or end.certain):
            return []
        if end.damaged and not short and not unsaid:
            return ["is damaged within"]
        return [f"breaks off after {self.end:.1f} s" + (f" of {announced:.1f} s" if short else "")]

    def _end_of(self, file: BinaryIO) -> End:
        if self.form not in FRAMES_ALONE:
            return end_of(file, self.form)
        told = frame_bytes(self.sound.last)
        return End(None if told is None else told <= self.sound.last_size, certain=True)

    def _lacks(self, file: BinaryIO) -> list[str]:
        lost = max(self._lost(file, self.sound), self._lost(file, self.pictures))
        if lost < min(LITTLE_WITHIN, self.end / 10) or not lost:
            return []
        whole = self.end + lost if self.form in FRAMES_ALONE else self.end
        return [f"lacks {lost:.1f} s of {whole:.1f} s: damaged within"]

    def _lost(self, file: BinaryIO, extent: Extent) -> float:
        """Return how much cannot be read within a stream."""
        if self.form in FRAMES_ALONE:
            wasted = sum(last - first for first, last in extent.holes if not _is_tag(file, first, last))
            return wasted * extent.end / extent.held if extent.held else 0.0
        if self.form in UNTIMED or (extent.gaps > LITTLE_WITHIN and self._is_damaged(file)):
            return extent.gaps
        return extent.failed

    def _is_damaged(self, file: BinaryIO) -> bool:
        if self.form == "matroska":
            return scan_matroska(file, thorough=True).damaged
        return self.form == "ogg" and scan_pages(file).damaged


def _is_tag(file: BinaryIO, first: int, last: int) -> bool:
    """Tell whether bytes between frames are a tag or its padding, which are no media."""
    file.seek(first)
    between = file.read(min(last - first, LONGEST_TAG))
    return any(tag in between for tag in TAGS)
