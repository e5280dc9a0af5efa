"""Groups of copies: each with the one to keep, and what the others are beside it.

Every member of a group of copies was compared with the one to keep, or with one that is the same at another size: none
is there because it is like a third. Chains of similar pictures, such as a burst, are groups of their own kind.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal

from sonolux.retrieval.copies.links import Link, by_pair, components, linked_to
from sonolux.retrieval.copies.looking import LibraryFile

GroupKind = Literal["identical", "copies", "parts", "similar"]
"""All of the same bytes; copies; a file and what has a stretch of it; no copies, but of one scene or much alike."""

ORDER: Sequence[GroupKind] = ("identical", "copies", "parts", "similar")

Compare = Callable[[LibraryFile, LibraryFile], Link | None]
"""Compares two files that were not compared yet."""

UNLIKELY_ORIGINAL = ("framed",)
"""Alterations that show which of two files was made from the other."""


RESIZED = frozenset({"smaller", "larger"})
"""Alterations of which one, and nothing else, makes a file stand for another: exposures of a burst are of one size."""

STAND_INS = 3
"""Resized copies of the one to keep with which a file is compared in its place, at most."""


@dataclass(frozen=True, slots=True)
class FileGroup:
    """Files that belong together: ids, the one to keep first, and the links of the others as seen from it.

    Where nothing is to be given up (``parts``, ``similar``), the first is the largest, and the link of a member is to
    any other one.
    """

    kind: GroupKind
    files: tuple[str, ...]
    links: Mapping[str, Link]


def group_files(files: Sequence[LibraryFile], links: Iterable[Link], compare: Compare) -> list[FileGroup]:
    """Group files by their links.

    Parameters
    ----------
    files : sequence of LibraryFile
        All of the library; those of one content are identical, and links are between the first ones of each content.
    links : iterable of Link
    compare : callable
        See `Compare`.

    Returns
    -------
    groups : list of FileGroup
        By kind, the largest first.
    """
    known = {file.id: file for file in files}
    same: dict[str, list[LibraryFile]] = {}
    for file in files:
        same.setdefault(file.content, []).append(file)
    by_relation: dict[str, list[Link]] = {}
    for link in links:
        by_relation.setdefault(link.relation, []).append(link)
    copied = list(_copies(by_relation.get("copy", []), known, compare))
    within = {file: group.files[0] for group in copied for file in group.files}
    groups = [_with_identical(group, known, same) for group in copied]
    groups += [_identical(twins) for twins in same.values() if len(twins) > 1 and twins[0].id not in within]
    parts = list(_parts(by_relation.get("part", []), known, within))
    told = {frozenset((group.files[0], part)) for group in parts for part in group.files[1:]}
    groups += parts
    groups += _similar(by_relation.get("similar", []), known, within, told)
    return sorted(groups, key=lambda group: (ORDER.index(group.kind), -len(group.files), group.files))


def quality(file: LibraryFile) -> tuple[float, ...]:
    """Return what files of one content are ranked by: pixels or seconds, whether it is dated, bytes."""
    return file.width * file.height, file.duration, bool(file.date), file.size


def _copies(links: Sequence[Link], known: Mapping[str, LibraryFile], compare: Compare) -> Iterator[FileGroup]:
    pairs = by_pair(links)
    waiting = components((link.first, link.second) for link in links)
    while waiting:
        members = waiting.pop()
        best = _best(members, known, pairs)
        linked = linked_to(best, members, pairs)
        rest = []
        for member in members:
            if member == best or member in linked:
                continue
            link = compare(known[best], known[member])
            if link is not None and link.relation == "copy":
                linked[member] = link.seen_from(best)
            else:
                rest.append(member)
        found = _by_stand_ins(rest, linked, known, pairs, compare)
        linked |= found
        rest = [member for member in rest if member not in found]
        if linked:
            ranked = sorted(linked, key=lambda one: quality(known[one]), reverse=True)
            yield FileGroup("copies", (best, *ranked), linked)
        inner = [pair for pair in pairs if pair <= set(rest)]
        waiting += components((min(pair), max(pair)) for pair in inner)


def _by_stand_ins(
    rest: Sequence[str],
    linked: Mapping[str, Link],
    known: Mapping[str, LibraryFile],
    pairs: Mapping[frozenset[str], Link],
    compare: Compare,
) -> dict[str, Link]:
    """Return the links of files that are copies of the one to keep at another size, as seen from that one.

    What was enlarged and what was blurred or written over differ by more than either does from the photo between.
    """
    resized = [
        one for one in linked if len(linked[one].alterations) == 1 and RESIZED.issuperset(linked[one].alterations)
    ]
    stand_ins = sorted(resized, key=lambda one: quality(known[one]), reverse=True)[:STAND_INS] if rest else []
    found: dict[str, Link] = {}
    for member in rest:
        for one in stand_ins:
            link = pairs.get(frozenset((one, member))) or compare(known[one], known[member])
            if link is not None and link.relation == "copy":
                found[member] = _joined(linked[one], link.seen_from(one))
                break
    return found


def _joined(first: Link, second: Link) -> Link:
    """Return the link from the one to keep over its resized copy to a third file."""
    told = [one for one in second.alterations if one not in RESIZED]
    sizes = {*first.alterations, *second.alterations} & RESIZED
    return Link(first.first, second.second, "copy", (*told, *(sizes if len(sizes) == 1 else ())))


def _best(members: Sequence[str], known: Mapping[str, LibraryFile], pairs: Mapping[frozenset[str], Link]) -> str:
    """Return the member to keep: the largest of those that were not plainly made from another."""
    made = {one for one in members for other in members if was_enlarged(known[one], known[other])}
    for pair in pairs.values():
        if pair.first in known and any(one in UNLIKELY_ORIGINAL for one in pair.alterations):
            made.add(pair.second)
        if any(one in UNLIKELY_ORIGINAL for one in pair.seen_from(pair.second).alterations):
            made.add(pair.first)
    return max(members, key=lambda one: (one not in made, quality(known[one]), one))


def was_enlarged(file: LibraryFile, other: LibraryFile) -> bool:
    """Tell whether a file has more pixels than another in fewer bytes of the same format: they were made up."""
    pixels, fewer = file.width * file.height, other.width * other.height
    same_format = PurePath(file.path).suffix.lower() == PurePath(other.path).suffix.lower()
    return same_format and pixels > fewer > 0 and file.size < other.size


def _identical(twins: Sequence[LibraryFile]) -> FileGroup:
    first, *others = (file.id for file in sorted(twins, key=lambda file: (len(file.path), file.path)))
    return FileGroup("identical", (first, *others), {other: Link(first, other, "identical") for other in others})


def _with_identical(
    group: FileGroup, known: Mapping[str, LibraryFile], same: Mapping[str, Sequence[LibraryFile]]
) -> FileGroup:
    """Add the files of the same bytes as a member to a group."""
    best = group.files[0]
    files: list[str] = []
    links = dict(group.links)
    for file in group.files:
        files.append(file)
        for twin in same[known[file].content]:
            if twin.id != file:
                files.append(twin.id)
                link = links.get(file)
                links[twin.id] = (
                    Link(best, twin.id, "identical") if link is None else Link(best, twin.id, "copy", link.alterations)
                )
    return FileGroup(group.kind, tuple(files), links)


def _parts(links: Sequence[Link], known: Mapping[str, LibraryFile], within: Mapping[str, str]) -> Iterator[FileGroup]:
    """Yield each file with those that have a stretch of it and are shorter; of copies, the one to keep."""
    pairs = by_pair(link for link in links if not {link.first, link.second} & within.keys())
    for link in links:
        first, second = (within.get(one, one) for one in (link.first, link.second))
        if first != second:
            pairs.setdefault(frozenset((first, second)), replace(link, first=first, second=second))
    whole: dict[str, dict[str, Link]] = {}
    for link in pairs.values():
        longer, shorter = sorted((link.first, link.second), key=lambda one: (known[one].duration, one), reverse=True)
        whole.setdefault(longer, {})[shorter] = link.seen_from(longer)
    for longer, found in whole.items():
        yield FileGroup("parts", (longer, *sorted(found)), found)


def _similar(
    links: Sequence[Link],
    known: Mapping[str, LibraryFile],
    within: Mapping[str, str],
    told: Collection[frozenset[str]],
) -> Iterator[FileGroup]:
    """Yield files that are alike; of copies of each other only the one to keep, and nothing that was told already."""
    seen = [
        Link(within.get(link.first, link.first), within.get(link.second, link.second), "similar", link.alterations)
        for link in links
    ]
    pairs = by_pair(one for one in seen if frozenset((one.first, one.second)) not in told and one.first != one.second)
    for members in components((link.first, link.second) for link in pairs.values()):
        ranked = sorted(members, key=lambda one: quality(known[one]), reverse=True)
        linked = {one: next(iter(linked_to(one, members, pairs).values())) for one in ranked[1:]}
        yield FileGroup("similar", tuple(ranked), linked)
