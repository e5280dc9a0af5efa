"""Copies in a library: which files are the same photo, video, recording or text, and which of each to keep.

Hashes of images and videos are made when copies are first asked for, and kept by content beside the library, so that
only what is new is decoded the next time. All else comes from what the library holds: content hashes, descriptors,
fingerprints and texts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sonolux.fingerprints.recordings import RecordingCatalog
from sonolux.index import Condition, Index
from sonolux.library.items import item_of
from sonolux.media.metadata import with_lists
from sonolux.media.paths import from_stored
from sonolux.media.segment import Image, Segment
from sonolux.media.workers.base import FileDecoder
from sonolux.media.workers.worker import DecodeEvent, Finished, Reader
from sonolux.presentation.data import item_as_data
from sonolux.retrieval.copies.groups import FileGroup, GroupKind, group_files
from sonolux.retrieval.copies.hash_candidates import hash_candidates
from sonolux.retrieval.copies.hashes import FRAME_SIDE, STEP, Hashes, hash_frames, hash_image, joined, nearest_turn
from sonolux.retrieval.copies.images import compare_files, image_links
from sonolux.retrieval.copies.links import Link, components
from sonolux.retrieval.copies.looking import LibraryFile, Pictures
from sonolux.retrieval.copies.looks import frame_reader, read_image, stacked_frames
from sonolux.retrieval.copies.near_hashes import RADIUS
from sonolux.retrieval.copies.neighbours import MOST, neighbour_pairs
from sonolux.retrieval.copies.sounds import sound_links
from sonolux.retrieval.copies.store import HashStore
from sonolux.retrieval.copies.texts import Sketch, near_texts, sketch
from sonolux.retrieval.copies.videos import Frames, strongest, video_links
from sonolux.types import Failure, Item, Modality, Space, Span

STORED_AT_ONCE = 256
"""Files whose hashes are written together: so many are decoded again, at most, after it was stopped."""

KEYS = ("hash", "path", "modality", "meta", "size", "date")

CANDIDATES = 20
"""Videos with which a video is aligned, at most."""

SAME_TEXT = 0.999
"""Resemblance from which two texts are one, in another format."""

CopyProgress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class CopyMember:
    """A file of a group.

    Attributes
    ----------
    item : Item
    alterations : tuple of str
        What was done to the one to keep to make this one, as far as it shows.
    span, kept_span : Span or None
        The stretch of this file, and of the one to keep, that both have; None for all of both.
    identical : bool
        Whether it has the same bytes as the one to keep.
    """

    item: Item
    alterations: tuple[str, ...] = ()
    span: Span | None = None
    kept_span: Span | None = None
    identical: bool = False


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """Files that belong together; the first is the one to keep.

    Attributes
    ----------
    kind : str
        ``"identical"``: the same bytes. ``"copies"``: made from one another. ``"parts"``: the others have a stretch of
        the first, which is the longest. ``"similar"``: no copies, but takes of one scene, or much alike.
    members : tuple of CopyMember
    """

    kind: GroupKind
    members: tuple[CopyMember, ...]

    @property
    def items(self) -> list[Item]:
        """The files, the one to keep first."""
        return [member.item for member in self.members]


@dataclass(slots=True)
class Copies:
    """What was found.

    Attributes
    ----------
    groups : list of CopyGroup
        Identical ones, copies, parts, then similar ones, the largest of each first.
    failed : list of Failure
        Files that could not be looked at, and are compared by their bytes alone.
    notes : list of str
        What was not compared, and why.
    """

    groups: list[CopyGroup] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class CopyFinder:
    """One search for copies.

    Parameters
    ----------
    index : Index
    catalog : RecordingCatalog
    store : HashStore
    pool : FileDecoder
    spaces : sequence of Space
        Dense spaces of the library.
    learned : sequence of str
        Names of those whose encoders were learned.
    progress : callable, optional
    """

    def __init__(
        self,
        index: Index,
        catalog: RecordingCatalog,
        store: HashStore,
        pool: FileDecoder,
        spaces: Sequence[Space],
        learned: Sequence[str],
        progress: CopyProgress | None = None,
    ) -> None:
        self.index = index
        self.catalog = catalog
        self.store = store
        self.pool = pool
        self.spaces = spaces
        self.learned = learned
        self.progress = progress or (lambda *_: None)
        self.found = Copies()
        self.pictures = Pictures(self.decode)
        self.frames = Frames(self.decode)
        self._hashes: dict[str, Hashes] = {}

    def run(self, *, near: bool = True, thorough: bool = True) -> Copies:
        """Find copies: near ones too, or identical ones alone; thoroughly, or by hashes alone."""
        files, by_modality = library_files(self.index)
        links: list[Link] = []
        if near:
            images, videos = by_modality[Modality.IMAGE], by_modality[Modality.VIDEO]
            self._hash(images, videos)
            links += self._images([file for file in images if self._is_known(file)], thorough=thorough)
            links += self._videos([file for file in videos if self._is_known(file)])
            links += self._sounds(files)
            links += _texts(self.index, by_modality[Modality.TEXT])
        groups = group_files(files, links, self._compare)
        self.found.groups = list(_with_items(self.index, groups))
        self.found.failed += [*self.pictures.failed.values(), *self.frames.failed.values()]
        return self.found

    def decode(self, paths: Sequence[str], reader: Reader) -> Iterator[tuple[str, DecodeEvent]]:
        """Decode files in worker processes."""
        return self.pool.read(paths, self.pool.orders_for(reader))

    def _is_known(self, file: LibraryFile) -> bool:
        return file.content in self._hashes and len(self._hashes[file.content].codes) > 0

    def _hash(self, images: Sequence[LibraryFile], videos: Sequence[LibraryFile]) -> None:
        """Make the hashes that are not kept yet; those of files that are gone are forgotten."""
        self._hashes = self.store.all()
        wanted = {file.content for file in (*images, *videos)}
        self.store.forget(self._hashes.keys() - wanted)
        new = [[file for file in each if file.content not in self._hashes] for each in (images, videos)]
        total, done = sum(map(len, new)), 0
        made = self._all_hashed(new)
        while batch := dict(islice(made, STORED_AT_ONCE)):
            self.store.add(batch)
            self._hashes |= batch
            done += len(batch)
            self.progress("hashing", done, total)

    def _all_hashed(self, new: Sequence[Sequence[LibraryFile]]) -> Iterator[tuple[str, Hashes]]:
        yield from self._hashed(new[0], read_image)
        yield from self._hashed(new[1], frame_reader(STEP, FRAME_SIDE))

    def _hashed(self, files: Sequence[LibraryFile], reader: Reader) -> Iterator[tuple[str, Hashes]]:
        contents = {file.path: file.content for file in files}
        parts: dict[str, list[Hashes]] = defaultdict(list)
        for path, event in self.decode(list(contents), reader) if contents else ():
            if isinstance(event, Failure):
                self.found.failed.append(event)
                parts.pop(path, None)
            elif isinstance(event, Finished):
                yield contents[path], joined(parts.pop(path, []))
            elif isinstance(event, Segment) and isinstance(event.content, Image):
                parts[path].append(_hashes_of(event))

    def _images(self, files: Sequence[LibraryFile], *, thorough: bool) -> list[Link]:
        """Compare images by hash; then those that stand for all of their copies with their neighbours."""
        candidates = hash_candidates([self._hashes[file.content] for file in files])
        turns: dict[tuple[int, int], int | None] = {(one.first, one.second): one.turn for one in candidates}
        links = image_links(files, turns, self.pictures, self._advance("comparing", len(turns)))
        if not thorough:
            return links
        numbers = {file.id: number for number, file in enumerate(files)}
        copies: dict[int, int] = {}
        for members in components((link.first, link.second) for link in links if link.relation == "copy"):
            copies |= {numbers[member]: numbers[members[0]] for member in members}
        pairs, more = neighbour_pairs(self.index, self.spaces, self.learned, numbers, copies)
        if more:
            self.found.notes.append(f"of images that are somewhat alike the nearest {MOST:,} pairs were compared")
        rest = {pair: None for pair in pairs if pair not in turns}
        return links + image_links(files, rest, self.pictures, self._advance("looking closely", len(rest)))

    def _videos(self, files: Sequence[LibraryFile]) -> list[Link]:
        candidates = strongest(hash_candidates([self._hashes[file.content] for file in files]), CANDIDATES)
        return video_links(files, candidates, self.frames, self._advance("aligning videos", len(candidates)))

    def _sounds(self, files: Sequence[LibraryFile]) -> list[Link]:
        if not self.catalog.exists():
            return []
        known = {file.id: file for file in _different(files)}
        catalog = self.catalog.whole()
        return sound_links(catalog.segments, catalog.gone, known)

    def _compare(self, first: LibraryFile, second: LibraryFile) -> Link | None:
        """Compare two images directly that are copies of a third."""
        one, other = (self._hashes.get(file.content) for file in (first, second))
        if one is None or other is None or first.duration or second.duration:
            return None
        found = self.pictures.of([first, second])
        if len(found) < 2:
            return None
        distance, turn = nearest_turn(one, other)
        near = turn if distance <= RADIUS else None
        verdict = compare_files(first, second, found[first.id], found[second.id], near)
        return None if verdict is None else Link(first.id, second.id, verdict.relation, verdict.alterations)

    def _advance(self, what: str, total: int) -> Callable[[int], None]:
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            self.progress(what, done, total)

        return advance


def _hashes_of(segment: Segment) -> Hashes:
    assert isinstance(segment.content, Image)
    if segment.span is None:
        return hash_image(segment.content.pixels)
    return hash_frames((segment.span.start + STEP * n, frame) for n, frame in enumerate(stacked_frames(segment)))


def library_files(index: Index) -> tuple[list[LibraryFile], dict[Modality, list[LibraryFile]]]:
    """Return all files, and of each modality the first of every content."""
    files = []
    modalities = {}
    for point in index.scroll([Condition("kind", "=", "file")], keys=KEYS):
        told = {**point.payload, **with_lists(point.payload["meta"])}
        modality = Modality(point.payload["modality"])
        file = LibraryFile(
            point.id,
            from_stored(point.payload["path"]),
            str(told["hash"]),
            size=int(told.get("size", 0)),
            width=int(told.get("width", 0)),
            height=int(told.get("height", 0)),
            date=str(told.get("date", "")),
            duration=float(told.get("duration", 0.0)) if modality != Modality.IMAGE else 0.0,
        )
        files.append(file)
        modalities[file.id] = modality
    by_modality: dict[Modality, list[LibraryFile]] = {modality: [] for modality in Modality}
    for file in _different(files):
        by_modality[modalities[file.id]].append(file)
    return files, by_modality


def _different(files: Iterable[LibraryFile]) -> list[LibraryFile]:
    """Return the first file of each content."""
    first: dict[str, LibraryFile] = {}
    for file in files:
        first.setdefault(file.content, file)
    return list(first.values())


def _texts(index: Index, files: Sequence[LibraryFile]) -> Iterator[Link]:
    """Yield the links of texts; what a text says is in its own item, or in its passages."""
    known = {file.id for file in files}
    said: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for point in index.scroll([Condition("modality", "=", str(Modality.TEXT))], keys=("file", "text", "start", "kind")):
        if point.payload["file"] in known and point.payload.get("text") and point.payload["kind"] != "region":
            said[point.payload["file"]].append((point.payload.get("start", 0.0), point.payload["text"]))
    sketches: dict[str, Sketch] = {}
    for file, passages in said.items():
        if found := sketch(" ".join(text for _, text in sorted(passages))):
            sketches[file] = found
    for first, second, resemblance in near_texts(sketches):
        same = resemblance >= SAME_TEXT
        words = "the same words" if same else f"{resemblance:.0%} of the phrases"
        yield Link(first, second, "copy" if same else "similar", (words,))


def _with_items(index: Index, groups: Sequence[FileGroup]) -> Iterator[CopyGroup]:
    """Yield groups with the items of their files; what was removed meanwhile is left out."""
    for group in groups:
        items = {point.id: item_of(point) for point in index.fetch(group.files)}
        members = [_member(items[file], group.links.get(file)) for file in group.files if file in items]
        if len(members) > 1:
            yield CopyGroup(group.kind, tuple(members))


def _member(item: Item, link: Link | None) -> CopyMember:
    if link is None:
        return CopyMember(item)
    kept_span, span = link.spans or (None, None)
    return CopyMember(item, link.alterations, span, kept_span, link.relation == "identical")


def group_as_data(group: CopyGroup) -> dict[str, Any]:
    """Return a group as plain data; ``copies`` tells, as it did before, whether all are the same bytes."""
    keeps = group.kind in ("identical", "copies")
    return {
        "kind": group.kind,
        "copies": group.kind == "identical",
        "keep": group.members[0].item.path if keeps else None,
        "items": [
            {
                **item_as_data(member.item),
                "identical": member.identical,
                "alterations": list(member.alterations),
                "stretch": _seconds(member.span),
                "stretch_of_first": _seconds(member.kept_span),
            }
            for member in group.members
        ],
    }


def _seconds(span: Span | None) -> list[float] | None:
    return None if span is None else [span.start, span.end]
