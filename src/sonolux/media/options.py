"""Read options: how files are decoded."""

from __future__ import annotations

from dataclasses import dataclass

from sonolux.errors import SonoluxError


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
