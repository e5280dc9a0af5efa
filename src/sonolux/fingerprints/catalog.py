"""Fingerprint catalog of a library: landmarks, peaks and codes of recordings, in its folder ``fingerprints``.

=============  =====================================================================================
manifest.json  format, segments with the sizes of their files, recordings of each that are deleted, what wrong places
               score, and the model whose codes are taken
NNNNNNNN/      a segment, see `sonolux.fingerprints.segment`
lock           held while a process writes
=============  =====================================================================================

A write makes a segment aside and then replaces the manifest, so a crash at any moment leaves the catalog as it was
before or as it is after; what no manifest names is swept away by the next write. Deleting is a line in the manifest.
Small segments are merged as they gather, eight of a size at a time, so that a catalog of any size has few, and a
recording is written again only a few times in its life (O'Neil et al. 1996, "The log-structured merge-tree").
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from sonolux.errors import LibraryError
from sonolux.fingerprints.landmarks import QueryLandmarks
from sonolux.fingerprints.recordings import SAMPLES, RecordingCatalog
from sonolux.fingerprints.segment import (
    LONGEST_AXIS,
    CatalogSegment,
    Fingerprint,
    Track,
    build_segment,
    read_segment,
    write_segment,
)
from sonolux.index.files import hold_alone, sync_folder, write_atomically

FORMAT = 2
"""That is written; catalogs of format 1 have no codes, and are read too."""

OLDEST = 1

FOLDER = "fingerprints"

MANIFEST = "manifest.json"

AT_ONCE = 8
"""Segments of about one size that are merged."""

SMALLEST = 2**16
"""Landmarks below which segments count as of one size; ten minutes of sound."""

LARGEST = 2**28
"""Landmarks beyond which segments are left as they are; merging holds them in memory."""

MORE_TRIES = 5
"""Times that a reader looks again, where a writer replaced segments meanwhile."""


class FingerprintCatalog(RecordingCatalog):
    """Recordings by their fingerprints; add and delete at any time.

    Nothing is opened before the first use. A catalog that another process has changed is seen after `close`.

    Parameters
    ----------
    folder : Path
        Of the library.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER
        self._open: tuple[list[CatalogSegment], list[set[int]]] | None = None
        self._samples: list[tuple[float, float]] | None = None
        self._model: str | None = None

    def exists(self) -> bool:
        """Tell whether there is a catalog."""
        return self.folder.exists()

    @property
    def segments(self) -> list[CatalogSegment]:
        """All segments, mapped."""
        return self._opened()[0]

    @property
    def gone(self) -> list[set[int]]:
        """Numbers of the deleted recordings, by segment."""
        return self._opened()[1]

    @property
    def samples(self) -> list[tuple[float, float]]:
        """Scores of wrong matches in this catalog: seconds of the query, and score, the latest last."""
        if self._samples is None:
            self._samples = [(seconds, score) for seconds, score in self._read_manifest().get("samples", [])]
        return self._samples

    @property
    def model(self) -> str:
        """Model folder whose codes are taken; empty for the one that comes with Sonolux."""
        if self._model is None:
            self._model = str(self._read_manifest().get("model", ""))
        return self._model

    def choose(self, model: str) -> None:
        """Take the codes of another model from now on; the scores of wrong matches are measured anew."""
        with self._writing() as manifest:
            if manifest.get("model", "") != model:
                manifest |= {"model": model, "samples": []}

    def tracks(self) -> Iterator[Track]:
        """Yield the recordings that are there; frames count from the start of each's segment."""
        for segment, gone in zip(*self._opened(), strict=True):
            yield from (track for number, track in enumerate(segment.tracks) if number not in gone)

    def __len__(self) -> int:
        return sum(1 for _ in self.tracks())

    def add(self, recordings: Sequence[tuple[str, str, Fingerprint]]) -> None:
        """Keep recordings, each an id, a path and its fingerprint; durable, all or none, when it returns.

        A recording replaces one of the same id.

        Raises
        ------
        LibraryError
            Where the catalog cannot be read or written.
        """
        if not recordings:
            return
        last = {identity: (identity, path, fingerprint) for identity, path, fingerprint in recordings}
        with self._writing() as manifest:
            self._mark(manifest, set(last))
            self._append(manifest, build_segment(list(last.values())))
            self._merge(manifest)

    def note(self, samples: Sequence[tuple[float, float]], *, anew: bool = False) -> None:
        """Keep scores of wrong matches, the latest `SAMPLES` of all."""
        if samples or anew:
            with self._writing() as manifest:
                former = [] if anew else manifest.get("samples", [])
                manifest["samples"] = [*former, *samples][-SAMPLES:]

    def delete(self, ids: Collection[str]) -> int:
        """Take recordings away, by their ids; return how many there were."""
        if not self.folder.exists():
            return 0
        with self._writing() as manifest:
            return self._mark(manifest, set(ids))

    def recordings(self) -> Iterator[tuple[str, str, Fingerprint]]:
        """Yield all recordings, a segment at a time."""
        for segment, gone in zip(*self._opened(), strict=True):
            yield from segment.kept(gone)

    def near(self, landmarks: QueryLandmarks) -> FingerprintCatalog:
        """Return all of it: it is mapped."""
        return self

    def whole(self) -> FingerprintCatalog:
        """Return all of it."""
        return self

    def close(self) -> None:
        """Let go of the files; a later call opens them again."""
        self._open = self._samples = self._model = None

    def _opened(self) -> tuple[list[CatalogSegment], list[set[int]]]:
        if self._open is None:
            self._open = self._load()
        return self._open

    def _load(self) -> tuple[list[CatalogSegment], list[set[int]]]:
        for tries_left in reversed(range(MORE_TRIES)):
            manifest = self._read_manifest()
            try:
                return self._segments(manifest)
            except (OSError, ValueError, TypeError, KeyError) as error:
                if not tries_left or self._read_manifest() == manifest:
                    raise LibraryError(
                        f"the fingerprints in {self.folder} are damaged ({error}): remove that folder, and index the"
                        " recordings again"
                    ) from error
        raise AssertionError("the last try returns or raises")

    def _segments(self, manifest: dict[str, Any]) -> tuple[list[CatalogSegment], list[set[int]]]:
        entries = manifest["segments"]
        opened = [read_segment(self.folder / one["name"], one["files"], one.get("encoder", "")) for one in entries]
        return opened, [set(one["gone"]) for one in entries]

    def _read_manifest(self) -> dict[str, Any]:
        path = self.folder / MANIFEST
        try:
            manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            version = manifest["format"]
        except FileNotFoundError:
            return {"format": FORMAT, "next": 0, "segments": []}
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise LibraryError(
                f"{path} is damaged ({error}): remove that folder, and index the recordings again"
            ) from error
        if not isinstance(version, int) or not OLDEST <= version <= FORMAT:
            age = "a newer" if isinstance(version, int) and version > FORMAT else "another"
            raise LibraryError(
                f"the fingerprints in {self.folder} are of {age} Sonolux (format {version}, this one reads {FORMAT})"
            )
        return manifest

    @contextmanager
    def _writing(self) -> Iterator[dict[str, Any]]:
        """Hold the catalog alone, and replace the manifest by what becomes of it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with hold_alone(self.folder / "lock"):
                manifest = self._read_manifest()
                self._sweep(manifest)
                manifest["format"] = FORMAT
                yield manifest
                write_atomically(self.folder / MANIFEST, json.dumps(manifest))
                self._sweep(manifest)
        except OSError as error:
            raise LibraryError(f"the fingerprints in {self.folder} cannot be written: {error}") from error
        finally:
            self.close()

    def _sweep(self, manifest: dict[str, Any]) -> None:
        """Remove segments that the manifest does not name: merged ones, and those of a write that was cut short."""
        named = {one["name"] for one in manifest["segments"]}
        for entry in self.folder.iterdir():
            if entry.is_dir() and entry.name not in named:
                shutil.rmtree(entry, ignore_errors=True)

    def _mark(self, manifest: dict[str, Any], ids: set[str]) -> int:
        """Note which recordings are deleted; return how many."""
        found = 0
        for entry, segment, gone in zip(manifest["segments"], *self._load(), strict=True):
            now = {number for number, track in enumerate(segment.tracks) if track.id in ids} - gone
            entry["gone"] = sorted(gone | now)
            found += len(now)
        return found

    def _append(self, manifest: dict[str, Any], segment: CatalogSegment) -> None:
        name = f"{manifest['next']:08d}"
        files = write_segment(segment, self.folder / name)
        sync_folder(self.folder)
        manifest["next"] += 1
        entry = {"name": name, "landmarks": len(segment.hashes), "files": files, "gone": [], "encoder": segment.encoder}
        manifest["segments"].append(entry)

    def _merge(self, manifest: dict[str, Any]) -> None:
        """Make one segment of eight of a size, until no size has so many."""
        while chosen := _of_one_size(manifest["segments"]):
            segments, gone = self._segments({"segments": chosen})
            if sum(segment.axis for segment in segments) > LONGEST_AXIS:
                return
            kept = [one for segment, absent in zip(segments, gone, strict=True) for one in segment.kept(absent)]
            manifest["segments"] = [one for one in manifest["segments"] if one not in chosen]
            self._append(manifest, build_segment(kept))


def _of_one_size(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the segments of the first size that has too many."""
    sizes: dict[int, list[dict[str, Any]]] = {}
    for one in entries:
        if one["landmarks"] <= LARGEST:
            size = int(np.log2(max(one["landmarks"], SMALLEST) / SMALLEST) / np.log2(AT_ONCE))
            sizes.setdefault(size, []).append(one)
    return next((each for _, each in sorted(sizes.items()) if len(each) >= AT_ONCE), [])
