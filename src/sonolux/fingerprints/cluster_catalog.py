"""Fingerprint catalog on a cluster: a collection of its own, ``NAME-fingerprints``, with a point for ten seconds.

A point has the hashes of its landmarks as a sparse vector, all alike, which the engine weighs by how rare they are, and
keeps the piece (`sonolux.fingerprints.pieces`) as its payload. A query asks with its hashes at each speed that is
tried: what has been played at that speed shares more of them with the right ten seconds than with others. The best, and
what is next to them, are fetched and matched as a catalog in memory is, so a question moves a few megabytes at most,
however many recordings there are.

A recording has a point more, its head, of an id that follows from that of the recording: path, length, and the name of
the write that its pieces belong to. It is written last. So a recording is there whole or not at all: pieces of a write
that has not ended, or that another one came after, are passed over, and removed when the recording is written or
deleted next.

Format 1, in the manifest of the collection, is the first. ``samples`` and ``model`` are there too.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sonolux.errors import LibraryError
from sonolux.fingerprints.landmarks import SPEEDS, QueryLandmarks
from sonolux.fingerprints.matching import Catalog, MemoryCatalog
from sonolux.fingerprints.neural_codes import STEP
from sonolux.fingerprints.pieces import FRAMES, LONGEST, Piece, join_fingerprint, split_fingerprint
from sonolux.fingerprints.recordings import SAMPLES, RecordingCatalog
from sonolux.fingerprints.segment import Fingerprint, Track, build_segment
from sonolux.index import Condition, Index, Point
from sonolux.media.paths import from_stored, to_stored
from sonolux.types import Space

FORMAT = 1

BESIDE = "-fingerprints"
"""After the name of a library, that of the collection with its fingerprints."""

LANDMARKS = Space("landmarks", 2**20, "dot", "sparse")
"""Where pieces are found by their hashes."""

NAMESPACE = uuid.UUID("6c4b8f56-0d60-4e5f-9f0e-3f2f5d1b7a90")
"""Of the ids of points."""

HEAD, PIECE = "file", "window"
"""Payload ``kind`` of a head and of a piece."""

ASKED = 96
"""Pieces that are asked for at each speed."""

LOOKED_AT = 160
"""Pieces that are looked at, the best at any speed; what is next to them comes along."""

OF_EACH = 3
"""Of one recording, at most: what wrong places score is told by many recordings."""

AT_ONCE = 32
"""Recordings that are read at once, where all are."""

DELETED_AT_ONCE = 500
"""Recordings that are named in one request."""

LEFT_SECONDS = 3600.0
"""Until pieces without a head are taken for those of a write that broke off."""


class _Head(NamedTuple):
    """What is known of a recording: the name of its last write, its points, frames and codes, who made these."""

    id: str
    path: str
    revision: str
    points: int
    frames: int
    codes: int
    encoder: str


class ClusterCatalog(RecordingCatalog):
    """Recordings as points of an index of their own.

    Parameters
    ----------
    index : Index
        Made by the first recording.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        self._meta: dict[str, Any] | None = None

    def exists(self) -> bool:
        """Tell whether there is a catalog."""
        return self.index.exists()

    @property
    def samples(self) -> list[tuple[float, float]]:
        """Scores of wrong matches."""
        return [(float(seconds), float(score)) for seconds, score in self._said().get("samples", [])]

    @property
    def model(self) -> str:
        """Model folder whose codes are taken."""
        return str(self._said().get("model", ""))

    def choose(self, model: str) -> None:
        """Take the codes of another model."""
        if self.model != model:
            self._change(lambda meta: {**meta, "model": model, "samples": []})

    def tracks(self) -> Iterator[Track]:
        """Yield the recordings, each with frames of its own."""
        for head in self._heads():
            yield Track(head.id, head.path, 0, head.frames, head.codes)

    def is_empty(self) -> bool:
        """Tell whether there is no recording."""
        return not len(self)

    def __len__(self) -> int:
        return self.index.count([Condition("kind", "=", HEAD)]) if self.exists() else 0

    def add(self, recordings: Sequence[tuple[str, str, Fingerprint]]) -> None:
        """Keep recordings: their pieces, then their heads; then what was there of them before goes."""
        last = {identity: (identity, path, fingerprint) for identity, path, fingerprint in recordings}
        if not last:
            return
        self._prepare()
        old = [one for ids in _parts(last) for one in self._left_behind(ids)]
        revision = uuid.uuid4().hex
        heads = []
        for identity, path, fingerprint in last.values():
            if fingerprint.frames > LONGEST:
                raise LibraryError(f"{path} is too long: a recording has {LONGEST:,} frames at most, six days")
            points = [_point_of(identity, revision, piece) for piece in split_fingerprint(fingerprint)]
            self.index.upsert(points)
            heads.append(_head_point(identity, path, revision, len(points), fingerprint))
        self.index.upsert(heads)
        self.index.delete(old)

    def note(self, samples: Sequence[tuple[float, float]], *, anew: bool = False) -> None:
        """Keep scores of wrong matches."""

        def noted(meta: dict[str, Any]) -> dict[str, Any]:
            former = [] if anew else meta.get("samples", [])
            return {**meta, "samples": [*former, *([seconds, score] for seconds, score in samples)][-SAMPLES:]}

        if samples or anew:
            self._change(noted)

    def delete(self, ids: Collection[str]) -> int:
        """Take recordings away."""
        if not ids or not self.exists():
            return 0
        self._said()
        found = 0
        for part in _parts(ids):
            whose = Condition("file", "=", tuple(part))
            found += self.index.count([whose, Condition("kind", "=", HEAD)])
            self.index.delete_where([whose])
        return found

    def recordings(self) -> Iterator[tuple[str, str, Fingerprint]]:
        """Yield all recordings, as many as `AT_ONCE` at a time."""
        heads = self._heads()
        while batch := list(islice(heads, AT_ONCE)):
            files = Condition("file", "=", tuple(head.id for head in batch))
            points = self.index.scroll([files, Condition("kind", "=", PIECE)])
            pieces = self._pieces(points, {head.id: head for head in batch})
            for head in batch:
                if len(pieces[head.id]) != head.points:
                    raise self._damaged(f"{len(pieces[head.id])} of {head.points} parts of {head.path} are there")
                yield head.id, head.path, self._joined(head, pieces[head.id])

    def near(self, landmarks: QueryLandmarks) -> Catalog:
        """Return the recordings, as far as they share landmarks with a window of sound, or are next to what does."""
        if not len(landmarks.hashes) or not self.exists():
            return MemoryCatalog([], [])
        around = max(1, -(-(int(landmarks.times.max()) - STEP) // FRAMES))
        best = self._best(landmarks)
        wanted: dict[str, None] = {}
        for file, revision, number in best:
            wanted[_head_id(file)] = None
            for near in range(max(number - around, 0), number + around + 1):
                wanted[_piece_id(file, revision, near)] = None
        points = self.index.fetch(list(wanted))
        heads = {head.id: head for head in map(self._head, _of_kind(points, HEAD))}
        pieces = self._pieces(_of_kind(points, PIECE), heads)
        for file, ones in pieces.items():
            # Landmarks of what is next to the best propose no places: these would reach into what was not fetched,
            # where nothing sounds.
            revision = heads[file].revision
            pieces[file] = [one if (file, revision, one.number) in best else one.silenced() for one in ones]
        whole = [(heads[file].id, heads[file].path, self._joined(heads[file], pieces[file])) for file in sorted(pieces)]
        return self._in_memory(whole)

    def whole(self) -> Catalog:
        """Return all recordings, in memory."""
        return self._in_memory(self.recordings())

    def close(self) -> None:
        """Let go of the connection."""
        self._meta = None
        self.index.close()

    def _best(self, landmarks: QueryLandmarks) -> set[tuple[str, str, int]]:
        """Return recording, write and number of the pieces that share most with a query, at any speed."""
        self._said()
        scores: dict[tuple[str, str, int], float] = {}
        for speed in range(len(SPEEDS)):
            hashes = np.unique(landmarks.hashes[landmarks.speeds == speed])
            if not len(hashes):
                continue
            hits = self.index.search(LANDMARKS.name, _ones(hashes), ASKED, keys=("file", "revision", "number"))
            for hit in hits:
                said = hit.payload
                if isinstance(said.get("number"), int):
                    piece = str(said.get("file")), str(said.get("revision")), said["number"]
                    scores[piece] = max(scores.get(piece, 0.0), hit.score)
        chosen: set[tuple[str, str, int]] = set()
        seen: Counter[str] = Counter()
        for piece in sorted(scores, key=lambda piece: (-scores[piece], piece)):
            if len(chosen) < LOOKED_AT and seen[piece[0]] < OF_EACH:
                chosen.add(piece)
                seen[piece[0]] += 1
        return chosen

    def _in_memory(self, recordings: Iterable[tuple[str, str, Fingerprint]]) -> MemoryCatalog:
        """Return a catalog in memory, with a segment for each encoder."""
        by_encoder: dict[str, list[tuple[str, str, Fingerprint]]] = defaultdict(list)
        for one in recordings:
            by_encoder[one[2].encoder].append(one)
        segments = [build_segment(ones) for _, ones in sorted(by_encoder.items())]
        return MemoryCatalog(segments, [set() for _ in segments], self.samples)

    def _heads(self) -> Iterator[_Head]:
        if self.exists():
            self._said()
            yield from map(self._head, self.index.scroll([Condition("kind", "=", HEAD)]))

    def _head(self, point: Point) -> _Head:
        said = point.payload
        try:
            points, frames, codes = (int(said[name]) for name in ("points", "frames", "codes"))
            if not (0 <= frames <= LONGEST and 0 <= codes <= frames // STEP + 1):
                raise ValueError(f"{frames} frames, {codes} codes")
            path, revision = from_stored(said["path"]), str(said["revision"])
            return _Head(str(said["file"]), path, revision, points, frames, codes, str(said["encoder"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._damaged(repr(error)) from error

    def _pieces(self, points: Iterable[Point], heads: Mapping[str, _Head]) -> dict[str, list[Piece]]:
        """Return the pieces of each recording that belong to its last write."""
        found: dict[str, list[Piece]] = defaultdict(list)
        for point in points:
            head = heads.get(str(point.payload.get("file")))
            if head is None or point.payload.get("revision") != head.revision:
                continue
            try:
                found[head.id].append(Piece.from_payload(point.payload))
            except (KeyError, TypeError, ValueError) as error:
                raise self._damaged(f"{head.path}: {error!r}") from error
        return found

    def _joined(self, head: _Head, pieces: Iterable[Piece]) -> Fingerprint:
        return join_fingerprint(head.frames, head.codes, head.encoder, pieces)

    def _left_behind(self, ids: Sequence[str]) -> list[str]:
        """Return the points of recordings that are of no more use once these are written anew.

        Those that no head names may be of a process that is about to write it.
        """
        keys = ("kind", "file", "revision", "made")
        points = list(self.index.scroll([Condition("file", "=", tuple(ids))], keys=keys))
        written = {_write_of(head) for head in _of_kind(points, HEAD)}
        old = time.time() - LEFT_SECONDS
        pieces = _of_kind(points, PIECE)
        return [one.id for one in pieces if _write_of(one) in written or _made(one) < old]

    def _said(self) -> dict[str, Any]:
        """Return what the catalog has written down of itself, read once."""
        if self._meta is None:
            meta = self.index.read_meta() if self.exists() else {}
            # None where whoever made it was ended before the format was written.
            version = meta.get("format", FORMAT)
            if not isinstance(version, int) or not 1 <= version <= FORMAT:
                age = "a newer" if isinstance(version, int) and version > FORMAT else "another"
                where = self.index.location
                raise LibraryError(
                    f"the fingerprints in {where} are of {age} Sonolux (format {version}, this one reads {FORMAT})"
                )
            self._meta = meta
        return self._meta

    def _change(self, change: Any) -> None:
        self._prepare()
        self._meta = self.index.update_meta(lambda meta: {**change(meta), "format": FORMAT})

    def _prepare(self) -> None:
        """Make the collection where there is none."""
        self._meta = None
        if not self.exists():
            try:
                self.index.create(spaces=[LANDMARKS], meta={"format": FORMAT})
            except LibraryError:  # somebody else was first at the same moment
                if not self.exists():
                    raise
        self._said()

    def _damaged(self, why: str) -> LibraryError:
        where = self.index.location
        return LibraryError(
            f"the fingerprints in {where} are damaged ({why}): delete that collection, and index the recordings again"
        )


def _ones(hashes: NDArray[np.uint32]) -> csr_array:
    ones = np.ones(len(hashes), np.float32)
    return csr_array((ones, hashes.astype(np.int64), [0, len(hashes)]), shape=(1, LANDMARKS.dim))


def _point_of(identity: str, revision: str, piece: Piece) -> Point:
    said = {"kind": PIECE, "file": identity, "revision": revision, "made": time.time(), **piece.to_payload()}
    hashes = np.unique(piece.hashes)
    # Where there are more landmarks, more are shared by chance: the sum varies with the root of their number.
    vectors = {LANDMARKS.name: _ones(hashes) / np.float32(np.sqrt(len(hashes)))} if len(hashes) else {}
    return Point(_piece_id(identity, revision, piece.number), vectors, said)


def _head_point(identity: str, path: str, revision: str, points: int, fingerprint: Fingerprint) -> Point:
    said = {
        "kind": HEAD,
        "file": identity,
        "path": to_stored(path),
        "revision": revision,
        "points": points,
        "frames": fingerprint.frames,
        "codes": len(fingerprint.codes),
        "encoder": fingerprint.encoder,
    }
    return Point(_head_id(identity), payload=said)


def _head_id(identity: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"head {identity}"))


def _piece_id(identity: str, revision: str, number: int) -> str:
    return str(uuid.uuid5(NAMESPACE, f"piece {number} {revision} {identity}"))


def _write_of(point: Point) -> tuple[str, str]:
    return str(point.payload.get("file")), str(point.payload.get("revision"))


def _made(point: Point) -> float:
    made = point.payload.get("made")
    return float(made) if isinstance(made, int | float) else 0.0


def _of_kind(points: Iterable[Point], kind: str) -> list[Point]:
    return [point for point in points if point.payload.get("kind") == kind]


def _parts(ids: Iterable[str]) -> Iterator[list[str]]:
    coming = iter(ids)
    while part := list(islice(coming, DELETED_AT_ONCE)):
        yield part
