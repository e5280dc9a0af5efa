"""Chapter of `sonolux.library.Library`: fingerprints of recordings, and the names of what is heard."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from sonolux.fingerprints.matching import ACCEPTED
from sonolux.library import fingerprinting
from sonolux.library.chapters.opened import OpenedLibrary
from sonolux.library.ingest.run import Progress
from sonolux.library.query import AudioLike, PathLike, audio_of
from sonolux.media.paths import absolute, from_stored

if TYPE_CHECKING:
    from sonolux.fingerprints.matching import Match


class IdentifyingLibrary(OpenedLibrary):
    """A library that knows recordings by their sound."""

    def fingerprint(
        self, *paths: PathLike, progress: Progress | None = None, model: PathLike = ""
    ) -> fingerprinting.FingerprintSummary:
        """Take the fingerprints of recordings, so that `identify` knows them; they need not be items of the library.

        Parameters
        ----------
        *paths : path
            Files, and folders with all recordings and videos in them.
        progress : callable, optional
            Called with the number of files done with and the path of the last.
        model : path
            Model folder whose codes are taken from now on, see `sonolux.library.fingerprinting.fingerprint_files`.
        """
        with self.locks.writer:
            roots = [absolute(path) for path in paths]
            if self.index.exists():
                self.index.check_writable()
            else:
                self.create([])
            return fingerprinting.fingerprint_files(self.index, self.fingerprints, roots, progress, os.fspath(model))

    def index_recordings(
        self, *paths: PathLike, progress: Progress | None = None, model: PathLike = ""
    ) -> fingerprinting.FingerprintSummary:
        """Do as `fingerprint` does, by its older name."""
        warnings.warn("Library.index_recordings is now Library.fingerprint", DeprecationWarning, stacklevel=2)
        return self.fingerprint(*paths, progress=progress, model=model)

    def identify(
        self, clip: AudioLike, accepted: float = ACCEPTED, *, remark: fingerprinting.Remark | None = None
    ) -> list[Match]:
        """Return which recordings are heard in a clip, where, and with what chance: at most `accepted`.

        Parameters
        ----------
        clip : path, or (samples, hertz)
            A file, which is decoded in a worker process, or mono samples in [-1, 1]; a second is the least.
        accepted : float
            Chance up to which a place is a match.
        remark : callable, optional
            Called with a line on why the clip can be in no library: it is silent, or too plain.

        Returns
        -------
        matches : list of Match
            The surest first; empty where no recording of the library is heard.

        Raises
        ------
        QueryError
            For a clip that is too short, or not finite.
        MediaError
            For a file that cannot be decoded.
        LibraryError
            Where there is no library, or it knows no recording.
        """
        source = absolute(clip) if isinstance(clip, (str, os.PathLike)) else audio_of(clip)
        found = fingerprinting.identify_clip(self.index, self.fingerprints, source, self._decoder, accepted, remark)
        return list(self._present(found))

    def identify_stream(
        self, clip: PathLike | BinaryIO, *, remark: fingerprinting.Remark | None = None
    ) -> Iterator[Match]:
        """Yield what `identify` returns, each match as soon as it has ended in the clip.

        Parameters
        ----------
        clip : path or binary file
            A long recording, or one that is open and may be a pipe: that is decoded in this process.
        remark : callable, optional
            As for `identify`.
        """
        source = absolute(clip) if isinstance(clip, (str, os.PathLike)) else clip
        yield from self._present(
            fingerprinting.identify_clip_stream(self.index, self.fingerprints, source, self._decoder, remark=remark)
        )

    def follow(self, clip: PathLike | BinaryIO) -> Iterator[Match]:
        """Do as `identify_stream` does, by its older name."""
        warnings.warn("Library.follow is now Library.identify_stream", DeprecationWarning, stacklevel=2)
        return self.identify_stream(clip)

    def _present(self, matches: Iterable[Match]) -> Iterator[Match]:
        """Yield matches with the paths that items have today."""
        for match in matches:
            there = self.index.fetch([match.id], keys=("path",)) if self.index.exists() else []
            yield replace(match, path=from_stored(there[0].payload["path"])) if there else match
