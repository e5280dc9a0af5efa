"""Chapter of `sonolux.library.Library`: items, their spans and annotations, and counts of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sonolux.errors import QueryError
from sonolux.index import Condition, Where
from sonolux.index.layout import DEFAULT_LAYOUT, ClusterLayout
from sonolux.library.annotation_payload import annotations_of
from sonolux.library.chapters.opened import OpenedLibrary
from sonolux.library.exporting import export
from sonolux.library.items import ids_of, item_of
from sonolux.library.library_copy import LibraryCopyProgress, LibraryCopySummary, copy_library
from sonolux.library.query import PathLike, conditions_of
from sonolux.retrieval.facets import Facets, count_facets
from sonolux.types import Annotation, Item, Modality


class LookingLibrary(OpenedLibrary):
    """A library that is looked through."""

    def item(self, target: PathLike) -> Item:
        """Return an item by its id, or a file's item by its path.

        Raises
        ------
        QueryError
            Where there is none.
        """
        for point in self.index.fetch(ids_of(self.index, [os.fspath(target)])):
            return item_of(point)
        raise QueryError(f"{target} has just been removed")

    def items(self, where: Mapping[str, Any] | Where = (), *, spans: bool = False, after: str = "") -> Iterator[Item]:
        """Yield the files of the library that satisfy a filter, in the order of their ids; `after` is the one before.

        Spans and regions come too if they are wanted by `spans`, or asked for by a filter on their kind.
        """
        asked = conditions_of(where)
        every = spans or any(condition.key == "kind" for condition in asked)
        whole = () if every else (Condition("kind", "=", "file"),)
        return (item_of(point) for point in self.index.scroll((*asked, *whole), after=after))

    def facets(
        self,
        keys: str | Iterable[str],
        where: Mapping[str, Any] | Where | None = None,
        *,
        own: bool = True,
        limit: int = 100,
    ) -> Facets:
        """Count the files of each value of some keys; see `sonolux.retrieval.facets`.

        Parameters
        ----------
        keys : str or several
            As in filters: modality, folder, date (by year), artist, keywords, label, camera ...
        where : mapping or sequence of Condition, optional
            Filter of the files that are counted.
        own : bool
            Whether the conditions on a key hold where its own values are counted.
        limit : int
            Values of a key at most.

        Examples
        --------
        >>> library.facets(["modality", "date"], {"folder": "~/Pictures"})
        {'modality': [FacetCount(value='image', files=213)], 'date': [FacetCount(value=2020, files=213)]}
        """
        return count_facets(self.index, keys, conditions_of(where), own=own, limit=limit)

    def annotations(self, target: PathLike) -> list[Annotation]:
        """Return what annotators said of an item, given by its id or path: of a file all, of a span its own."""
        points = self.index.fetch(ids_of(self.index, [os.fspath(target)]), keys=("annotations",))
        return [annotation for point in points for annotation in annotations_of(point.payload)]

    def spans_of(self, item: str) -> list[Item]:
        """Return the spans and regions of a file, in their order."""
        where = [Condition("file", "=", item), Condition("kind", "!=", "file")]
        found = [item_of(point) for point in self.index.scroll(where)]
        return sorted(found, key=lambda item: (item.kind, item.span.start if item.span else 0.0))

    def info(self) -> dict[str, Any]:
        """Return counts of files by modality, of spans, of regions, and of descriptors by space."""
        with self.locks.questions.reading:
            files = Condition("kind", "=", "file")
            by_modality = {str(m): self.index.count([files, Condition("modality", "=", str(m))]) for m in Modality}
            whole = self.index.count([files])
            regions = self.index.count([Condition("kind", "=", "region")])
            return {
                "location": self.location,
                "created": self.manifest.created,
                "files": whole,
                "modalities": {name: count for name, count in by_modality.items() if count},
                "spans": self.index.count() - whole - regions,
                "regions": regions,
                "spaces": {name: self.index.count(space=name) for name in self.spaces.names()},
            }

    def export(self, folder: PathLike, *, spaces: Sequence[str] | None = None) -> int:
        """Write all items and their descriptors to a folder, in plain formats; see `sonolux.library.exporting`."""
        names = self.spaces.names() if spaces is None else spaces
        return export(self.index, Path(folder), [self.spaces.by_name(name) for name in names])

    def copy_to(
        self,
        location: PathLike,
        progress: LibraryCopyProgress | None = None,
        layout: ClusterLayout = DEFAULT_LAYOUT,
    ) -> LibraryCopySummary:
        """Copy the library to another folder or to a cluster, and compare; see `sonolux.library.library_copy`.

        Raises
        ------
        LibraryError
            Where another library is there, or this one changed while it was copied.

        Examples
        --------
        >>> Library("trips.sonolux").copy_to("http://localhost:6333/trips").points
        """
        with self.locks.writer:
            return copy_library(self, location, progress, layout)
