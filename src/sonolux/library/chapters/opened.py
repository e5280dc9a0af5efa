"""Ground of the chapters of a library: its index, catalogs and locks, and what it has written down of itself."""

from __future__ import annotations

import hashlib
import os
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from sonolux.encoders import Encoder
from sonolux.errors import LibraryError
from sonolux.fingerprints.open import open_recordings
from sonolux.fingerprints.recordings import RecordingCatalog
from sonolux.index import Condition, Index, open_index
from sonolux.index.feedback import Feedback, open_feedback
from sonolux.index.interactions import Interactions, open_interactions
from sonolux.index.layout import DEFAULT_LAYOUT, ClusterLayout, refuse_later_layout
from sonolux.library.interactions.factors import FactorModel
from sonolux.library.manifest import LibraryManifest
from sonolux.library.query import PathLike
from sonolux.library.sharing import SharingLocks
from sonolux.library.spaces import Spaces, plan_spaces
from sonolux.library.workplaces import LocalWorkplace
from sonolux.media.reading import ReadOptions
from sonolux.media.workers.base import FileDecoder
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.retrieval.calibration import Calibration
from sonolux.retrieval.kept_models import BESIDE, ClusterModels, FolderModels
from sonolux.retrieval.kept_rankings import KeptRankings
from sonolux.settings import settings


class OpenedLibrary:
    """Location, index, catalogs and locks of a library; nothing is opened before the first use."""

    def __init__(self, location: PathLike | None = None) -> None:
        self.location = os.fspath(location) if location is not None else settings().library
        self.index: Index = open_index(self.location)
        self.feedback: Feedback = open_feedback(self.location)
        self.interactions: Interactions = open_interactions(self.location)
        self.fingerprints: RecordingCatalog = open_recordings(self.location)
        self._shared_models = ClusterModels(open_index(self.location, BESIDE)) if "://" in self.location else None
        self._decoder = IsolatedDecoder()
        # Whoever forgets to close a library leaves no process behind.
        weakref.finalize(self, self._decoder.close)
        self.locks = SharingLocks()
        self.rankings = KeptRankings()
        self._manifest: LibraryManifest | None = None
        self._spaces: Spaces | None = None
        self._calibration: Calibration | None = None
        self._factors: tuple[str, FactorModel] | None = None

    def exists(self) -> bool:
        """Tell whether there is a library at the location."""
        return self.index.exists()

    def close(self) -> None:
        """Let go of the library, so that another process may open it, once nobody asks or writes any longer."""
        with self.locks.writer, self.locks.questions.writing, self.locks.making:
            self.index.close()
            self.feedback.close()
            self.interactions.close()
            self.fingerprints.close()
            if self._shared_models is not None:
                self._shared_models.close()
            self._decoder.close()
            self.rankings.clear()
            self._manifest = self._spaces = self._calibration = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        """Say where the library is and, of one in a folder that is open anyway, what it holds."""
        opened = self._manifest
        if opened is None or "://" in self.location:
            return f"<Library {self.location}>"
        files = self.index.count([Condition("kind", "=", "file")])
        return f"<Library {self.location}: {files:,} files in {', '.join(opened.spaces) or 'no space'}>"

    @property
    def manifest(self) -> LibraryManifest:
        """What the library has written down of itself."""
        manifest = self._manifest
        if manifest is None:
            with self.locks.making:
                if self._manifest is None:
                    if not self.index.exists():
                        way = "make one with `sonolux add FOLDER`"
                        raise LibraryError(f"there is no library at {self.location}: {way}")
                    meta = self.index.read_meta()
                    made = LibraryManifest.from_meta(meta, self.location) if meta else LibraryManifest.new(settings())
                    self._manifest = made
                manifest = self._manifest
        return manifest

    @property
    def spaces(self) -> Spaces:
        """The spaces of the library and their encoders."""
        spaces = self._spaces
        if spaces is None:
            with self.locks.making:
                if self._spaces is None:
                    self._spaces = Spaces(self.index, self.manifest.spaces)
                spaces = self._spaces
        return spaces

    @property
    def calibration(self) -> Calibration:
        """What non-matches score in each space."""
        calibration = self._calibration
        if calibration is None:
            with self.locks.making:
                if self._calibration is None:
                    entries = self.spaces.entries.items()
                    digests = {name: [encoder.digest for encoder in encoders] for name, encoders in entries}
                    shared = self._shared_models
                    models = FolderModels(self.cache_folder()) if shared is None else shared
                    born = "" if shared is None else self.manifest.created
                    self._calibration = Calibration(self.index, models, digests, born)
                calibration = self._calibration
        return calibration

    def create(self, encoders: Sequence[Encoder], layout: ClusterLayout = DEFAULT_LAYOUT) -> None:
        """Make the library if there is none, and the spaces of these encoders where it has none yet.

        Parameters
        ----------
        encoders : sequence of Encoder
        layout : ClusterLayout
            Of a new library on a cluster: copies, shards, compression.

        Raises
        ------
        EncoderError
            Where a space was written by another version of its encoder.
        LibraryError
            Where another layout is asked for than can be had, or of a library that is there.
        """
        with self.locks.writer:
            if self.index.exists():
                refuse_later_layout(layout, self.location)
            else:
                spaces, entries = plan_spaces(encoders)
                begun = LibraryManifest.new(settings())
                begun.spaces = entries
                try:
                    # At once: whoever is killed now has written down all the same what was asked for.
                    self.index.create(layout, spaces=spaces, meta=begun.as_meta())
                except LibraryError:
                    if not self.index.exists():  # else another process was faster
                        raise
            self._follow(self.manifest.upon(self.index.read_meta(), self.location))
            self.spaces.add(encoders)
            self._save()

    def cache_folder(self, name: str = "background") -> Path:
        """Return where what can be made again is kept: in the library's folder if that can be written, or here."""
        folder = Path(self.location).expanduser()
        if "://" not in self.location and os.access(folder, os.W_OK):
            return folder / name
        return settings().cache / name / hashlib.blake2b(self.location.encode(), digest_size=8).hexdigest()

    def _save(self) -> None:
        """Store what has changed in the manifest, upon what other processes have stored."""
        self.manifest.spaces = self.spaces.stored()
        self._follow(self.manifest.save(self.index))

    def _follow(self, manifest: LibraryManifest) -> None:
        """Go on with a manifest that says what others stored too, and its spaces, once no question is under way."""
        self._manifest = manifest
        if manifest.spaces != self.spaces.stored():
            with self.locks.questions.writing:
                self.spaces.refresh(manifest.spaces)
                self._calibration = None

    def _note_write(self, points: int, spans: bool) -> None:
        self.manifest.changes += points
        if spans and not self.manifest.spans:
            self.manifest.spans = True
            self._save()

    def _read_options(self, audio_rate: int = 22_050) -> ReadOptions:
        return replace(ReadOptions.from_settings(audio_rate), **self.manifest.cutting)

    def _pool(self, options: ReadOptions) -> FileDecoder:
        return LocalWorkplace().decoder(options)
