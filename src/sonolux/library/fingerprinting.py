"""Naming recordings: a library's catalog of fingerprints filled from files, and asked which of them a clip is."""

from __future__ import annotations

import mimetypes
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import Cancelled, LibraryError, MediaError, QueryError
from sonolux.fingerprints import stream as answering
from sonolux.fingerprints.calibration import BackgroundSampler, MonitoredAudio
from sonolux.fingerprints.constellation import HOP, RATE
from sonolux.fingerprints.decoding import decode_audio_file, decode_audio_files
from sonolux.fingerprints.extraction import SilenceError, extract_fingerprints
from sonolux.fingerprints.matching import ACCEPTED, Match
from sonolux.fingerprints.neural_codes import SHIPPED_NAME, FingerprintEncoder, fingerprint_encoder
from sonolux.fingerprints.recordings import RecordingCatalog
from sonolux.fingerprints.segment import Fingerprint
from sonolux.index import Condition, Index, Where
from sonolux.library.ingest.run import Progress
from sonolux.media.containers.audio import decode_audio
from sonolux.media.finding import find
from sonolux.media.hashing import content_hash
from sonolux.media.paths import absolute, from_stored, to_stored
from sonolux.media.probing import probe
from sonolux.media.segment import Audio
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.types import Failure, Modality

NAMESPACE = uuid.UUID("d2a7c9b4-53f1-4f0e-8a36-1c9be07d6e52")
"""Of the ids of recordings that are no items of the library."""

HEARD = "heard"
"""Payload key of an item whose fingerprints were taken, or which has none."""

Hearing = Callable[[int, int, str], None]
"""Called with how many files are to be heard, how many of them are done with, and the path of the last."""

Remark = Callable[[str], None]
"""Called with a line on a question that has no answer."""

AT_ONCE = 2**20
"""Landmarks that are held before they are written: two hours of sound, 8 MB."""


@dataclass(slots=True)
class FingerprintSummary:
    """What was done: of how many recordings fingerprints were taken, of how many seconds, and which files failed."""

    recordings: int = 0
    seconds: float = 0.0
    failed: list[Failure] = field(default_factory=list)


def encoder_of(catalog: RecordingCatalog) -> FingerprintEncoder:
    """Return the encoder whose codes a catalog takes; EncoderError where its folder is gone or damaged."""
    return fingerprint_encoder(catalog.model)


def fingerprint_files(
    index: Index, catalog: RecordingCatalog, roots: Sequence[str], progress: Progress | None = None, model: str = ""
) -> FingerprintSummary:
    """Take the fingerprints of recordings and videos into a catalog; durable, batch by batch.

    Parameters
    ----------
    index : Index
        Of the library: what it holds keeps its id.
    catalog : RecordingCatalog
    roots : sequence of str
        Files, and folders with all recordings and videos in them. A file that is there already is replaced.
    progress : callable, optional
        Called with the number of files done with and the path of the last.
    model : str
        Model folder of `sonolux train fingerprints` whose codes are taken from now on, or "shipped" for the one that
        comes with Sonolux; empty for what was so far. Recordings that have codes of another are known by landmarks
        alone until they are taken again.

    Raises
    ------
    LibraryError
        Where the catalog cannot be written.
    EncoderError
        For a folder that takes no fingerprints.
    """
    if model:
        catalog.choose("" if model == SHIPPED_NAME else str(FingerprintEncoder(absolute(model)).folder.path))
    taken = _Taken(index, catalog, progress)
    return _take_all(taken, _found(roots, taken), partial(_id_of, index))


def fingerprint_items(
    index: Index, catalog: RecordingCatalog, roots: Sequence[str], hearing: Hearing | None = None
) -> FingerprintSummary:
    """Take the fingerprints of the recordings and videos of a library that have none yet; the same otherwise.

    A file without a sound track, a silent one and one that is too short has none, and is no failure.
    """
    with_sound = Condition("modality", "=", (str(Modality.AUDIO), str(Modality.VIDEO)))
    below = tuple(map(to_stored, roots))
    unheard = {
        from_stored(point.payload["path"]): point.id
        for key in ("path", "folders")
        for point in index.scroll(
            [Condition("kind", "=", "file"), with_sound, Condition(key, "=", below), Condition(HEARD, "!=", True)],
            keys=("path", "meta"),
        )
        if "rate" in point.payload["meta"]
    }
    if not unheard:
        return FingerprintSummary()
    progress = None if hearing is None else partial(hearing, len(unheard))
    taken = _Taken(index, catalog, progress, silence_is_fine=True)
    return _take_all(taken, unheard, unheard.__getitem__)


def _take_all(taken: _Taken, paths: Iterable[str], id_of: Callable[[str], str]) -> FingerprintSummary:
    """Take the fingerprints of files; where that is cancelled, what was taken is kept."""
    try:
        for path, blocks in decode_audio_files(paths):
            taken.take(path, id_of(path), blocks)
    except Cancelled:
        taken.keep()
        raise
    taken.keep()
    return taken.summary


class _Taken:
    """Fingerprints on their way into a catalog, and what was done."""

    def __init__(
        self, index: Index, catalog: RecordingCatalog, progress: Progress | None, *, silence_is_fine: bool = False
    ) -> None:
        self.index = index
        self.catalog = catalog
        self.progress = progress
        self.silence_is_fine = silence_is_fine
        self.summary = FingerprintSummary()
        self._encoder = encoder_of(catalog)
        self._sampled = BackgroundSampler(catalog, self._encoder)
        self._waiting: list[tuple[str, str, Fingerprint]] = []
        self._heard: list[str] = []
        self._done = 0

    def take(self, path: str, identity: str, blocks: Iterator[NDArray[np.float32]]) -> None:
        """Take the fingerprints of a file, given the id by which it is to be known and its sound."""
        heard = MonitoredAudio(blocks)
        try:
            self._waiting.append((identity, path, extract_fingerprints(heard, self._encoder)))
            self._sampled.sample(identity, heard)
        except SilenceError as error:
            if not self.silence_is_fine:
                self.summary.failed.append(Failure(path, str(error)))
        except MediaError as error:
            self.summary.failed.append(Failure(path, str(error)))
            self.report(path)
            return
        self._heard.append(identity)
        if sum(len(prints.hashes) for _, _, prints in self._waiting) >= AT_ONCE:
            self.keep()
        self.report(path)

    def fail(self, failure: Failure) -> None:
        """Note a file that is not even found."""
        self.summary.failed.append(failure)
        self.report(failure.path)

    def keep(self) -> None:
        """Write what waits; items are marked as heard once their fingerprints are durable."""
        self.catalog.add(self._waiting)
        self._sampled.measure()
        self.summary.recordings += len(self._waiting)
        self.summary.seconds += sum(prints.frames for _, _, prints in self._waiting) * HOP / RATE
        self._waiting.clear()
        heard, self._heard = self._heard, []
        if heard and self.index.exists():
            items = [point.id for point in self.index.fetch(heard, keys=())]
            self.index.set_payload(items, {HEARD: True})

    def report(self, path: str) -> None:
        """Tell how many files are done with."""
        self._done += 1
        if self.progress is not None:
            self.progress(self._done, path)


def _found(roots: Sequence[str], taken: _Taken) -> Iterator[str]:
    """Yield the files of roots that may hold sound; what cannot be read is noted."""
    for found in _with_sound(roots):
        if isinstance(found, Failure):
            taken.fail(found)
        else:
            yield found


def _with_sound(roots: Sequence[str]) -> Iterator[str | Failure]:
    """Yield the files named, and of folders those that are not plainly something else: a text, an image."""
    for path in find(roots, real=True, inside=True):
        if isinstance(path, Failure) or path in roots or not _is_something_else(path):
            yield path


def _is_something_else(path: str) -> bool:
    """Tell whether a file is neither called a recording or video nor holds one."""
    if (mimetypes.guess_type(path)[0] or "").startswith(("audio/", "video/")):
        return False
    try:
        return probe(path).modality not in (Modality.AUDIO, Modality.VIDEO)
    except MediaError:
        return False


def identify_clip(
    index: Index,
    catalog: RecordingCatalog,
    clip: str | Audio,
    decoder: IsolatedDecoder,
    accepted: float = ACCEPTED,
    remark: Remark | None = None,
) -> list[Match]:
    """Return which recordings of a catalog are heard in a clip, the surest first; none where none is.

    Parameters are those of `identify_clip_stream`, which says what is raised.
    """
    found = identify_clip_stream(index, catalog, clip, decoder, accepted, waits=True, remark=remark)
    return answering.sort_by_p_value(found)


def identify_clip_stream(
    index: Index,
    catalog: RecordingCatalog,
    clip: str | BinaryIO | Audio,
    decoder: IsolatedDecoder,
    accepted: float = ACCEPTED,
    *,
    waits: bool = False,
    remark: Remark | None = None,
) -> Iterator[Match]:
    """Yield which recordings of a catalog are heard in a clip of any length, each as soon as it has ended there.

    Parameters
    ----------
    index : Index
        Of the library.
    catalog : RecordingCatalog
    clip : str, binary file or Audio
        A file, which is decoded in a worker process; one that is open, such as a pipe, which no other process could
        read and is decoded in this one; or sound at any rate.
    decoder : IsolatedDecoder
        That decodes files.
    accepted : float
        Chance up to which a place is a match.
    waits : bool
        Whether a file waits for its turn to be decoded: where all matches are taken at once.
    remark : callable, optional
        Called at the end with why a clip can be in no library: nothing stands out in it.

    Raises
    ------
    QueryError
        For a clip that is shorter than a second, or sound that is not finite.
    MediaError
        For a file that cannot be decoded.
    LibraryError
        Where there is no library, it knows no recording, or the catalog is damaged.
    """
    if catalog.is_empty():
        where = index.location
        if not index.exists():
            raise LibraryError(
                f"there is no library at {where}, so no recordings are known: make one with `sonolux add FOLDER`"
            )
        raise LibraryError(f"no recordings are known at {where}: take their fingerprints with `sonolux fingerprint`")
    with closing(_sound(clip, decoder, waits)) as sound:
        heard = answering.require_second(sound)
        try:
            yield from answering.stream_matches(catalog, heard, accepted, encoder_of(catalog))
        except SilenceError:
            if remark is not None:
                remark("the clip is silent, or too plain to be known by its sound")


def forget_recordings(index: Index, catalog: RecordingCatalog, where: Where) -> None:
    """Take the recordings out of a catalog whose files are about to leave the library."""
    if catalog.exists():
        files = index.scroll([*where, Condition("kind", "=", "file")], keys=())
        catalog.delete([point.id for point in files])


def _id_of(index: Index, path: str) -> str:
    """Return the id of the item that a file is, or else one that follows from its content and path."""
    stored = to_stored(path)
    if index.exists():
        for point in index.scroll([Condition("kind", "=", "file"), Condition("path", "=", stored)], keys=()):
            return point.id
    return str(uuid.uuid5(NAMESPACE, f"{content_hash(path)} {stored}"))


def _resampled(clip: Audio) -> Iterator[NDArray[np.float32]]:
    import soxr

    if clip.samples.ndim != 1 or not np.isfinite(clip.samples).all():
        raise QueryError("the sound to be named is not one channel of finite samples")
    sound = clip.samples.astype(np.float32, copy=False)
    yield sound if clip.rate == RATE else soxr.resample(sound, clip.rate, RATE)


def _sound(
    clip: str | BinaryIO | Audio, decoder: IsolatedDecoder, waits: bool
) -> Generator[NDArray[np.float32], None, None]:
    """Yield the sound of a clip at 8,000 Hz."""
    if isinstance(clip, Audio):
        yield from _resampled(clip)
    elif isinstance(clip, str):
        yield from decode_audio_file(clip, decoder, waits=waits)
    else:
        yield from decode_audio(clip, RATE)
