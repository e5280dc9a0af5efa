"""Chapter of `sonolux.library.Library`: what comes in, what is said of it, and what leaves."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from typing import Any, Literal

from sonolux.annotators import Annotator
from sonolux.annotators import resolve as resolve_annotator
from sonolux.annotators.files import windows_of
from sonolux.annotators.photo_labels import PhotoLabels
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.packaged.photo import PhotoEncoder, backbone
from sonolux.errors import LibraryError
from sonolux.index import Condition, Where
from sonolux.index.layout import DEFAULT_LAYOUT, ClusterLayout, refuse_later_layout
from sonolux.library import feedback, fingerprinting
from sonolux.library.annotate import Annotating, Annotations, Rewriter, forget_annotations
from sonolux.library.chapters.opened import OpenedLibrary
from sonolux.library.ingest.labels import Labelling
from sonolux.library.ingest.near_copies import NearCopies
from sonolux.library.ingest.pruning import gone_from
from sonolux.library.ingest.renewal import renew_words
from sonolux.library.ingest.run import Adder, Progress, Summary
from sonolux.library.ingest.write import Writer, forget_space
from sonolux.library.items import where_target
from sonolux.library.query import PathLike, conditions_of
from sonolux.library.spaces import default_encoders
from sonolux.library.workplaces import workplace
from sonolux.media.inside.names import split_name
from sonolux.media.inside.patterns import expand_names
from sonolux.media.objects.urls import is_url
from sonolux.media.paths import absolute, named, printable
from sonolux.retrieval.copies.store import HashStore
from sonolux.types import Failure


class AddingLibrary(OpenedLibrary):
    """A library that is written to."""

    def add(  # noqa: PLR0913 - each is an option with a name
        self,
        *paths: PathLike,
        spaces: Sequence[str] = (),
        prune: bool = False,
        fingerprints: bool = True,
        labels: bool = True,
        skip_copies: bool = False,
        layout: ClusterLayout = DEFAULT_LAYOUT,
        on: Literal["ray"] | None = None,
        progress: Progress | None = None,
        hearing: fingerprinting.Hearing | None = None,
    ) -> Summary:
        """Add files and folders; what is already there and unchanged is skipped.

        Parameters
        ----------
        *paths : path
            Files or folders; ``~`` is the home folder. Of a shard (a tar file) the media in it are added. Braces in a
            text stand for several names, ``shards/{00000..00009}.tar``; a `Path` is taken as it is. The URL of a
            bucket, a prefix or an object (``s3://bucket/prefix``, ``gs://``, ``az://``) is a text.
        spaces : sequence of str, optional
            Encoders to use besides those the library has: built-in names, hub models, folders. A new library takes
            these alone, or by default what `sonolux.encoders.default_specs` finds.
        prune : bool
            Whether items whose files are gone from these folders leave; not from a folder that is itself gone, or that
            held files and is empty, or whose drive is another, for it may not be there today: `remove` does that, and
            ``failed`` says so. `forget` and `drop_space` take no items.
        fingerprints : bool
            Whether fingerprints are taken of recordings and videos, so that `identify` knows them.
        labels : bool
            Whether new pictures get labels of what they show, where the library has the space `photo`, whose network
            says so: those that are more likely than not, as by `annotate`.
        skip_copies : bool
            Whether new files are left out that have the same bytes as one that is there, and new images that show the
            same picture in no more pixels: encoded again or made smaller, but neither cropped, turned nor edited.
            ``skipped`` names them.
        layout : ClusterLayout
            Of a library on a cluster that this makes: copies, shards, compression.
        on : "ray", optional
            Where files are decoded and encoded: on the Ray cluster of ``RAY_ADDRESS``, or a local one, instead of by
            processes of this machine. Fingerprints are taken here all the same.
        progress : callable, optional
            Called with the number of files done with and the path of the last.
        hearing : callable, optional
            Called afterwards, while fingerprints are taken, with the number of files to be heard, then the same.

        Returns
        -------
        summary : Summary
            Files that could not be read are listed in its ``failed``, those read in part in its ``partly``.

        Raises
        ------
        LibraryError
            Where nothing is at any of the paths, or the library cannot be written.
        EncoderError
            Where an encoder cannot be had, or has changed.
        SonoluxError
            Where there is no Ray to work on.
        """
        with self.locks.writer, ExitStack() as working:
            roots = [absolute(one) for path in paths for one in _names_of(path)]
            there = [root for root in roots if is_url(root) or os.path.lexists(root) or split_name(root) is not None]
            if not there:
                raise LibraryError(f"nothing to add: {', '.join(map(printable, roots)) or 'no path'} is not there")
            started = time.monotonic()
            if self.index.exists():
                self.index.check_writable()
            place = working.enter_context(workplace(on))
            self._prepare(spaces, layout)
            if older := self.spaces.older_keyword():
                renew_words(self.index, older, self._note_write)
                self.spaces.renew(older)
                self._save()
            writers = self.spaces.writers()
            self.spaces.weigh(writers)
            rate = max((encoder.sample_rate for encoder in writers), default=0) or 22_050
            options = self._read_options(rate)
            writer = Writer(self.index, self.spaces.names(), self._note_write)
            with place.decoder(options) as pool:
                labelling = Labelling(PhotoLabels()) if labels and _has_photo(writers) else None
                near = NearCopies(self.index, HashStore(self.cache_folder("copies")), pool) if skip_copies else None
                parts = (self.index, self.spaces, pool, place.executor(), writer, self._delete, progress)
                adder = Adder(*parts, labelling=labelling, near=near)
                try:
                    summary = adder.run(roots)
                finally:
                    self._save()
            if fingerprints:
                heard = fingerprinting.fingerprint_items(self.index, self.fingerprints, roots, hearing)
                summary.fingerprinted = heard.recordings
                summary.failed += heard.failed
            if prune:
                removed, refused = self._prune(there)
                summary.removed += removed
                summary.failed += refused
            summary.seconds = round(time.monotonic() - started, 3)
            return summary

    def remove(self, *targets: PathLike) -> int:
        """Remove items: ids, files, or folders with all in them. Returns how many files left.

        Of all ways out it alone takes what is still on the disk. `add` with ``prune=True`` takes items whose files are
        gone, `forget` what an annotator said, and `drop_space` the descriptors of a space; items stay in the last two.

        Raises
        ------
        QueryError
            Where a target is nothing in this library; nothing is removed then.
        """
        with self.locks.writer:
            wheres = [where_target(self.index, os.fspath(target)) for target in targets]
            removed = 0
            for where in wheres:
                removed += self._delete(where)
            return removed

    def annotate(
        self,
        annotator: Annotator | str,
        *targets: PathLike,
        where: Mapping[str, Any] | Where = (),
        on: Literal["ray"] | None = None,
        progress: Progress | None = None,
    ) -> Annotations:
        """Have an annotator say what files are, and keep it with them; files that it has seen are skipped.

        Parameters
        ----------
        annotator : Annotator or str
            Or what `sonolux.annotators.resolve` makes one from.
        *targets : path
            Files, folders with all in them, or ids of files of the library; by default all of it.
        where : mapping or sequence of Condition
            Filter, see `sonolux.retrieval.filters`.
        on : "ray", optional
            Where files are decoded, as for `add`; the annotator works in this process.
        progress : callable, optional
            As for `add`.

        Returns
        -------
        summary : Annotations
            Files that could not be annotated are listed in its ``failed``; what is kept, see its module.
        """
        with self.locks.writer, workplace(on) as place:
            self.index.check_writable()
            chosen = resolve_annotator(annotator) if isinstance(annotator, str) else annotator
            wheres = [where_target(self.index, os.fspath(target)) for target in targets] or [()]
            with place.decoder(windows_of(chosen, self._read_options())) as pool:
                run = Annotating(self.index, chosen, pool, self._rewriter(), self._describers(chosen), progress)
                try:
                    for each in wheres:
                        run.run((*conditions_of(where), *each))
                finally:
                    self._save()
            return run.summary

    def forget(self, annotator: str) -> int:
        """Remove all annotations of an annotator, given by its name. Returns how many files it had seen.

        Items and their descriptors stay; see `remove`, ``add(prune=True)`` and `drop_space` for what takes those.

        Raises
        ------
        QueryError
            Where it has seen none, with those that have.
        """
        with self.locks.writer:
            files = forget_annotations(self.index, annotator, self._rewriter())
            self._save()
            return files

    def drop_space(self, name: str) -> None:
        """Remove a space and its descriptors, once no question asks it; items and other spaces stay.

        See `remove` and ``add(prune=True)`` for what takes items, and `forget` for what takes annotations.
        """
        with self.locks.writer:
            self._follow(self.manifest.upon(self.index.read_meta(), self.location))
            self.spaces.by_name(name)
            self.manifest.changes += self.index.count(space=name)
            forget_space(self.index, name)
            with self.locks.questions.writing:
                self.spaces.drop(name)
                self._calibration = None
                self.rankings.clear()
                self._save()

    def optimize(self, progress: Progress | None = None) -> None:
        """Merge the graphs of all additions into one, which is searched fastest; worth it after big ones.

        Parameters
        ----------
        progress : callable, optional
            Called with the number of phases done with and the name of the next. `sonolux.errors.Cancelled` raised from
            it ends the work, and leaves the library as good as it was.
        """
        with self.locks.writer:
            done = count()
            self.index.optimize(None if progress is None else lambda phase: progress(next(done), phase))

    def _prepare(self, specs: Sequence[str], layout: ClusterLayout) -> None:
        """Make the library if there is none, and the spaces of any new encoders."""
        if specs:
            self.create([encoder for spec in specs for encoder in resolve(spec)], layout)
        elif not (self.index.exists() and self.manifest.spaces):
            self.create(default_encoders(), layout)
        else:
            refuse_later_layout(layout, self.location)
            self._follow(self.manifest.upon(self.index.read_meta(), self.location))

    def _prune(self, roots: Sequence[str]) -> tuple[int, list[Failure]]:
        """Remove the files that are gone from these folders; return how many, and where that is not sure."""
        found = [gone_from(self.index, root) for root in roots]
        gone = sorted({id_ for ids in found if not isinstance(ids, Failure) for id_ in ids})
        removed = self._delete([Condition("file", "=", tuple(gone))]) if gone else 0
        return removed, [refusal for refusal in found if isinstance(refusal, Failure)]

    def _delete(self, where: Where) -> int:
        self.index.check_writable()
        files = self.index.count([*where, Condition("kind", "=", "file")])
        self.manifest.changes += self.index.count(where)
        fingerprinting.forget_recordings(self.index, self.fingerprints, where)
        gone = [point.id for point in self.index.scroll([*where, Condition("kind", "=", "file")], keys=())]
        self.index.delete_where(where)
        feedback.clear(self.index, self.feedback)
        self.interactions.forget(gone)
        self._save()
        return files

    def _rewriter(self) -> Rewriter:
        return Rewriter(self.index, self.spaces.keyword(), self._note_write)

    def _describers(self, annotator: Annotator) -> list[Encoder]:
        """Return the encoders that describe an annotator's regions."""
        return self.spaces.writers() if annotator.region_items else []


def _names_of(path: PathLike) -> list[str]:
    """Return the names that a path stands for."""
    return expand_names(named(path)) if isinstance(path, str) else [named(path)]


def _has_photo(writers: Iterable[Encoder]) -> bool:
    """Tell whether the network runs over every picture anyway."""
    return any(isinstance(encoder, PhotoEncoder) and encoder.backbone is backbone() for encoder in writers)
