"""Two recordings side by side: where they are the same sound. No library is needed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from sonolux.fingerprints.decoding import decode_audio_file
from sonolux.fingerprints.extraction import SilenceError, extract_fingerprints
from sonolux.fingerprints.neural_codes import fingerprint_encoder
from sonolux.fingerprints.segment import build_segment
from sonolux.media.paths import printable
from sonolux.media.workers.isolated import IsolatedDecoder


@dataclass(frozen=True, slots=True)
class Shared:
    """A stretch of one recording that is heard in another; seconds in both.

    Attributes
    ----------
    first_start, first_end, second_start, second_end : float
    speed : float
        Of the first: 1.03 is played 3 % faster than in the second.
    chance : float
        See `sonolux.fingerprints.stream.Match`.
    """

    first_start: float
    first_end: float
    second_start: float
    second_end: float
    speed: float
    chance: float


def compare(first: str, second: str) -> list[Shared]:
    """Return the stretches of a recording that are heard in another, in their order; none where none is.

    Parameters
    ----------
    first, second : str
        Files. The first may be of any length: of the second, fingerprints are held in memory, 4 MB an hour.

    Raises
    ------
    MediaError
        For a file that cannot be decoded, or a second one that is silent or too plain.
    QueryError
        For one that is shorter than a second.
    """
    from sonolux.fingerprints.matching import MemoryCatalog
    from sonolux.fingerprints.stream import find_matches, require_second

    decoder, encoder = IsolatedDecoder(), fingerprint_encoder()
    with closing(decode_audio_file(second, decoder)) as sound:
        try:
            fingerprint = extract_fingerprints(require_second(sound, printable(second)), encoder)
        except SilenceError as error:
            raise SilenceError(f"{printable(second)} {error}") from error
    held = MemoryCatalog([build_segment([("second", second, fingerprint)])], [set()])
    with closing(decode_audio_file(first, decoder)) as sound:
        found = find_matches(held, require_second(sound, printable(first)), encoder=encoder)
    return sorted(
        (
            Shared(
                match.query_start,
                match.query_end,
                match.start,
                match.start + (match.query_end - match.query_start) * match.speed,
                match.speed,
                match.chance,
            )
            for match in found
        ),
        key=lambda shared: shared.first_start,
    )
