"""`Library`: one object to add to, search and look after."""

from __future__ import annotations

import hashlib
import os
import time
import warnings
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Never

from sonolux.annotators import Annotator
from sonolux.annotators import resolve as resolve_annotator
from sonolux.annotators.files import windows_of
from sonolux.annotators.photo_labels import PhotoLabels
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.packaged.photo import PhotoEncoder, backbone
from sonolux.errors import LibraryError, QueryError
from sonolux.fingerprints.catalog import FingerprintCatalog
from sonolux.fingerprints.matching import ACCEPTED
from sonolux.index import Condition, Index, Where, open_index
from sonolux.index.feedback import Feedback, Judgement, open_feedback
from sonolux.library import feedback, fingerprinting
from sonolux.library.annotate import Annotating, Annotations, Rewriter, forget_annotations
from sonolux.library.annotation_payload import annotations_of
from sonolux.library.copies import Copies, CopyFinder, CopyProgress
from sonolux.library.exporting import export
from sonolux.library.ingest.labels import Labelling
from sonolux.library.ingest.near_copies import NearCopies
from sonolux.library.ingest.pruning import gone_from
from sonolux.library.ingest.renewal import renew_words
from sonolux.library.ingest.run import Adder, Progress, Summary
from sonolux.library.ingest.write import Writer, forget_space
from sonolux.library.items import ids_of, item_of, where_target
from sonolux.library.manifest import LibraryManifest
from sonolux.library.query import (
    AudioLike,
    ImageLike,
    ItemLike,
    PathLike,
    audio_of,
    build_parts,
    conditions_of,
    keyword_meant,
    names_in,
)
from sonolux.library.sharing import SharingLocks
from sonolux.library.spaces import Spaces, default_encoders
from sonolux.media.paths import absolute, from_stored, printable
from sonolux.media.reading import ReadOptions
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.media.workers.pool import DecoderPool
from sonolux.retrieval.calibration import Calibration
from sonolux.retrieval.copies.store import HashStore
from sonolux.retrieval.explaining import Explainer
from sonolux.retrieval.facets import Facets, count_facets
from sonolux.retrieval.hits import Hits
from sonolux.retrieval.kept_rankings import DEPTH as RANKED_AT_FIRST
from sonolux.retrieval.kept_rankings import CopiesOf, KeptRankings, Ranking, without_media
from sonolux.retrieval.places import Place, hits_at
from sonolux.retrieval.planning import plan
from sonolux.retrieval.query import Query
from sonolux.retrieval.query_files import decode_files
from sonolux.retrieval.ranking import Ranker
from sonolux.retrieval.space_query import SpaceQuery, spaces_of
from sonolux.settings import settings
from sonolux.training.feedback.data import FeedbackSet
from sonolux.types import Annotation, Failure, Item, Modality, Space

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sonolux.fingerprints.matching import Match


class Library:
    """Items with their descriptors, in a folder or on a Qdrant cluster.

    Nothing is opened before the first use; use it as a context manager, or `close` it. Threads may share it: questions
    run side by side, writers one at a time, and whoever closes it or drops a space waits for the questions under way.

    Parameters
    ----------
    location : str or path, optional
        A folder, made by the first `add`, or ``http://host:6333/name``; by default the setting ``SONOLUX_LIBRARY``.

    Examples
    --------
    >>> with Library("trips.sonolux") as library:
    ...     library.add("~/Pictures")
    ...     hits = library.search("a dog on a beach", k=20)
    """

    def __init__(self, location: PathLike | None = None) -> None:
        self.location = os.fspath(location) if location is not None else settings().library
        self.index: Index = open_index(self.location)
        self.feedback: Feedback = open_feedback(self.location)
        # In the library's folder; a library on a cluster has no fingerprints so far.
        self.fingerprints = FingerprintCatalog(Path(self.location).expanduser())
        self._decoder = IsolatedDecoder()
        # Whoever forgets to close a library leaves no process behind.
        weakref.finalize(self, self._decoder.close)
        self.locks = SharingLocks()
        self.rankings = KeptRankings()
        self._manifest: LibraryManifest | None = None
        self._spaces: Spaces | None = None
        self._calibration: Calibration | None = None

    # -- opening and closing ------------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Tell whether there is a library at the location."""
        return self.index.exists()

    def close(self) -> None:
        """Let go of the library, so that another process may open it, once nobody asks or writes any longer."""
        with self.locks.writer, self.locks.questions.writing, self.locks.making:
            self.index.close()
            self.feedback.close()
            self.fingerprints.close()
            self._decoder.close()
            self.rankings.clear()
            self._manifest = self._spaces = self._calibration = None

    def __enter__(self) -> Library:
        return self

    def __repr__(self) -> str:
        """Say where the library is and, of one in a folder that is open anyway, what it holds."""
        opened = self._manifest
        if opened is None or "://" in self.location:
            return f"<Library {self.location}>"
        files = self.index.count([Condition("kind", "=", "file")])
        return f"<Library {self.location}: {files:,} files in {', '.join(opened.spaces) or 'no space'}>"

    def __exit__(self, *exc: object) -> None:
        self.close()

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
                    self._calibration = Calibration(self.index, self.cache_folder(), digests)
                calibration = self._calibration
        return calibration

    def create(self, encoders: Sequence[Encoder]) -> None:
        """Make the library if there is none, and the spaces of these encoders where it has none yet.

        Raises
        ------
        EncoderError
            Where a space was written by another version of its encoder.
        """
        with self.locks.writer:
            if not self.index.exists():
                try:
                    self.index.create()
                except LibraryError:
                    if not self.index.exists():  # else another process was faster
                        raise
            self._follow(self.manifest.upon(self.index.read_meta(), self.location))
            self.spaces.add(encoders)
            self._save()

    # -- writing ------------------------------------------------------------------------------------------------

    def add(
        self,
        *paths: PathLike,
        spaces: Sequence[str] = (),
        prune: bool = False,
        fingerprints: bool = True,
        labels: bool = True,
        skip_copies: bool = False,
        progress: Progress | None = None,
        hearing: fingerprinting.Hearing | None = None,
    ) -> Summary:
        """Add files and folders; what is already there and unchanged is skipped.

        Parameters
        ----------
        *paths : path
            Files or folders; ``~`` is the home folder.
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
        """
        with self.locks.writer:
            roots = [absolute(path) for path in paths]
            there = [root for root in roots if os.path.lexists(root)]
            if not there:
                raise LibraryError(f"nothing to add: {', '.join(map(printable, roots)) or 'no path'} is not there")
            started = time.monotonic()
            if self.index.exists():
                self.index.check_writable()
            self._prepare(spaces)
            if older := self.spaces.older_keyword():
                renew_words(self.index, older, self._note_write)
                self.spaces.renew(older)
                self._save()
            writers = self.spaces.writers()
            self.spaces.weigh(writers)
            rate = max((encoder.sample_rate for encoder in writers), default=0) or 22_050
            options = self._read_options(rate)
            writer = Writer(self.index, self.spaces.names(), self._note_write)
            with self._pool(options) as pool:
                labelling = Labelling(PhotoLabels()) if labels and _has_photo(writers) else None
                near = NearCopies(self.index, HashStore(self.cache_folder("copies")), pool) if skip_copies else None
                adder = Adder(self.index, self.spaces, pool, writer, self._delete, progress, labelling, near=near)
                try:
                    summary = adder.run(roots)
                finally:
                    self._save()
            if fingerprints and "://" not in self.location:
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
        progress : callable, optional
            As for `add`.

        Returns
        -------
        summary : Annotations
            Files that could not be annotated are listed in its ``failed``; what is kept, see its module.
        """
        with self.locks.writer:
            self.index.check_writable()
            chosen = resolve_annotator(annotator) if isinstance(annotator, str) else annotator
            wheres = [where_target(self.index, os.fspath(target)) for target in targets] or [()]
            with self._pool(windows_of(chosen, self._read_options())) as pool:
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

    # -- asking -------------------------------------------------------------------------------------------------

    def search(  # noqa: PLR0913 - each is a part of the question, or of how the answer is to look
        self,
        text: str | None = None,
        *,
        image: ImageLike | None = None,
        audio: AudioLike | None = None,
        video: PathLike | None = None,
        vector: ArrayLike | None = None,
        like: ItemLike | Iterable[ItemLike] | None = (),
        unlike: ItemLike | Iterable[ItemLike] | None = (),
        weights: Mapping[str, float] | None = None,
        where: Mapping[str, Any] | Where | None = None,
        spaces: str | Iterable[str] | None = (),
        k: int = 10,
        page: int = 1,
        diverse: float = 0.0,
        spans: bool = False,
        confident: bool = False,
        explain: bool = False,
        space: str | Iterable[str] | None = (),
        **unknown: Never,
    ) -> Hits:
        """Find items by words, example, or several of both.

        Parameters
        ----------
        text : str, optional
            Words.
        image : path, ndarray of uint8 (height, width, 3), or PIL image, optional
            What the items are to show. Files to ask with are decoded in worker processes, see
            `sonolux.media.workers.isolated`.
        audio : path, or (samples, hertz), optional
            What they are to sound like: a file, or mono samples in [-1, 1].
        video : path, optional
            What they are to show and sound like.
        vector : ndarray, shape (dim,), optional
            A descriptor, in the one space named or the only one of its length.
        like, unlike : str, path, Item, Hit, or several of them, optional
            Items of the library that they are to resemble, and not to: ids, paths of files, or what was found.
        weights : mapping, optional
            How much "text", "image", "audio", "video", "vector" and "like" count in the fusion, 1 by default.
        where : mapping or sequence of Condition, optional
            Filter, see `sonolux.retrieval.filters`.
        spaces : str or several, optional
            Names of the spaces to ask, by default all that fit. `space` is the same, by its older name.
        k, page : int
            Hits a page, and which page, from 1.
        diverse : float
            In [0, 1): 0 for relevance alone, towards 1 for variety.
        spans : bool
            Whether each span is a hit of its own, instead of one hit a file.
        confident : bool
            Whether to answer only with hits that chance does not explain.
        explain : bool
            Whether each hit is to say, in its ``why``, by which spaces, words and examples it was found.

        Returns
        -------
        hits : Hits
            Best first; empty when nothing was found.

        Raises
        ------
        TypeError
            For a keyword that is none of these; it names the one that is meant.
        QueryError
            Where nothing is asked, a value is none that can be asked, or no space of the library can answer.
        MediaError
            Where an image, audio or video to ask with cannot be decoded.
        """
        for name in unknown:
            raise TypeError(f"search() has no keyword {name!r}: {keyword_meant(self.search, name)}")
        weights = weights or {}
        query = Query(
            parts=build_parts(weights, text=text, image=image, audio=audio, video=video, vector=vector),
            like=tuple(ids_of(self.index, names_in("like", like))),
            unlike=tuple(ids_of(self.index, names_in("unlike", unlike))),
            spaces=(*names_in("spaces", spaces), *names_in("space", space)),
            where=conditions_of(where),
            k=k,
            page=page,
            diverse=diverse,
            spans=spans,
            confident=confident,
            explain=explain,
            like_weight=weights.get("like", 1.0),
        )
        return self.ask(query)

    def ask(self, query: Query) -> Hits:
        """Answer a query; `search` is the same for people in a hurry."""
        with self.locks.questions.reading:
            query, questions = self._planned(query)
            if query.explain:
                found = hits_at(self.index, self._ranker().place(query, questions))
                hits = Explainer(self.index, query, questions, self.spaces.asker).explain(found)
                hits = [hit for hit in hits if hit.confident or not query.confident]
            else:
                hits = self._ranker().rank(query, questions)
            return Hits(hits, spaces_of(questions))

    def rank(self, query: Query, *, depth: int = RANKED_AT_FIRST, copies: CopiesOf | None = None) -> Ranking:
        """Answer a query with a ranking that is kept for some minutes and shown a window at a time.

        Parameters
        ----------
        query : Query
            All but its page.
        depth : int
            Hits at first; a window beyond has more ranked.
        copies : callable, optional
            Gives the number of the group of copies by the id of each file that is in one; of these the best hit alone
            is ranked.

        Examples
        --------
        >>> ranking = library.rank(Query((Part("text", "a dog on a beach"),)))
        >>> ranking.window(20, 10), library.ranking(ranking.id).total
        """
        with self.locks.questions.reading:
            query, questions = self._planned(query)
            query = without_media(query)
            explainer = Explainer(self.index, query, questions, self.spaces.asker) if query.explain else None

            def place(asked: Query) -> list[Place]:
                with self.locks.questions.reading:
                    return self._ranker().place(asked, questions)

            explain = explainer.explain if explainer else None
            ranking = Ranking(query, spaces_of(questions), self.index, place, depth, explain, copies)
        self.rankings.keep(ranking)
        return ranking

    def ranking(self, id_: str) -> Ranking:
        """Return a ranking that `rank` made, by its id; `sonolux.errors.ExpiredError` where it is kept no longer."""
        return self.rankings.get(id_)

    def copies(self, *, near: bool = True, thorough: bool = True, progress: CopyProgress | None = None) -> Copies:
        """Find files that are copies of one another, and say what was done to them and which to keep.

        Parameters
        ----------
        near : bool
            Whether to look for copies that were altered, or for files of the same bytes alone.
        thorough : bool
            Whether images are compared with their nearest neighbours as well: what is cropped or written over is found
            by that alone, and most of the time goes there.
        progress : callable, optional
            Called with what is being done, how much of it is done, and of how much.

        Returns
        -------
        copies : Copies
            Its groups, and in ``failed`` the files that could not be looked at.
        """
        with self.locks.questions.reading, self._pool(self._read_options()) as pool:
            dense = list(self._dense_spaces())
            learned = [space.name for space in dense if not self.spaces.is_classical(space.name)]
            store = HashStore(self.cache_folder("copies"))
            finder = CopyFinder(self.index, self.fingerprints, store, pool, dense, learned, progress)
            return finder.run(near=near, thorough=thorough)

    def duplicates(self, *, near: bool = True) -> list[list[Item]]:
        """Return groups of files that are copies of one another, by `copies`; the first of each is the one to keep."""
        found = self.copies(near=near)
        return [group.items for group in found.groups if group.kind in ("identical", "copies")]

    # -- naming recordings --------------------------------------------------------------------------------------

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
        found = fingerprinting.identify_clip(self.location, self.fingerprints, source, self._decoder, accepted, remark)
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
            fingerprinting.identify_clip_stream(self.location, self.fingerprints, source, self._decoder, remark=remark)
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

    # -- learning what is liked ---------------------------------------------------------------------------------

    def judge(
        self,
        query: PathLike | None = None,
        *,
        text: str = "",
        liked: Sequence[PathLike] = (),
        disliked: Sequence[PathLike] = (),
    ) -> int:
        """Keep what is liked and disliked of what an item, or else words, found; see `sonolux.library.feedback.judge`.

        Examples
        --------
        >>> library.judge("beach.jpg", liked=["dunes.jpg"], disliked=["desert.jpg"])
        """
        asked, hits = self._judging(query, text, liked, disliked)
        return feedback.judge(self.index, self.feedback, asked, *hits)

    def withdraw(
        self,
        query: PathLike | None = None,
        *,
        text: str = "",
        liked: Sequence[PathLike] = (),
        disliked: Sequence[PathLike] = (),
    ) -> int:
        """Take judgements back, given as they were made; see `sonolux.library.feedback.withdraw`."""
        asked, hits = self._judging(query, text, liked, disliked)
        return feedback.withdraw(self.index, self.feedback, asked, *hits)

    def _judging(
        self, query: PathLike | None, text: str, *judged: Sequence[PathLike]
    ) -> tuple[feedback.Asked, list[list[str]]]:
        if (query is None) == (not text):
            raise QueryError("a judgement is of one question: an item, or words")
        if self.exists():
            self.index.check_writable()
        asked: feedback.Asked = ("text", text) if query is None else ("item", os.fspath(query))
        return asked, [[os.fspath(hit) for hit in each] for each in judged]

    def judgements(self) -> list[Judgement]:
        """Return the judgements of items that are there, in the order in which they were made, the last of each hit."""
        return feedback.judgements(self.index, self.feedback)

    def feedback_set(self, space: str) -> FeedbackSet:
        """Return the descriptors of what was judged in a space, for `sonolux.training.feedback.train`."""
        with self.locks.questions.reading:
            return feedback.feedback_set(self.spaces, space, self.judgements())

    # -- looking ------------------------------------------------------------------------------------------------

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

    # -- inside -------------------------------------------------------------------------------------------------

    def _prepare(self, specs: Sequence[str]) -> None:
        """Make the library if there is none, and the spaces of any new encoders."""
        if specs:
            self.create([encoder for spec in specs for encoder in resolve(spec)])
        elif not (self.index.exists() and self.manifest.spaces):
            self.create(default_encoders())
        else:
            self._follow(self.manifest.upon(self.index.read_meta(), self.location))

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
        self.index.delete_where(where)
        feedback.clear(self.index, self.feedback)
        self._save()
        return files

    def _read_options(self, audio_rate: int = 22_050) -> ReadOptions:
        return replace(ReadOptions.from_settings(audio_rate), **self.manifest.cutting)

    def _planned(self, query: Query) -> tuple[Query, list[SpaceQuery]]:
        """Return a query with its files decoded, and the vectors that it asks with."""
        if any(part.is_file for part in query.parts):
            self._decoder.start()  # while the library is opened
        query = decode_files(query, self._decoder, self._read_options(self._rate_asked(query)))
        return query, plan(query, self.spaces)

    def _ranker(self) -> Ranker:
        return Ranker(self.index, self.calibration, self.manifest.changes, self.manifest.spans)

    def _rate_asked(self, query: Query) -> int:
        """Return the rate at which sound is decoded to ask with: that at which `add` decodes it."""
        asks = any(part.kind in ("audio", "video") for part in query.parts)
        names = (query.spaces or self.spaces.names()) if asks else ()
        hearing = [encoder for name in names if (encoder := self.spaces.asker(name, Modality.AUDIO))]
        return max((encoder.sample_rate for encoder in hearing), default=0) or 22_050

    def _pool(self, options: ReadOptions) -> DecoderPool:
        limits = settings()
        return DecoderPool(limits.workers, options, timeout=limits.decode_seconds, memory=limits.decode_memory)

    def _rewriter(self) -> Rewriter:
        return Rewriter(self.index, self.spaces.keyword(), self._note_write)

    def _describers(self, annotator: Annotator) -> list[Encoder]:
        """Return the encoders that describe an annotator's regions."""
        return self.spaces.writers() if annotator.region_items else []

    def cache_folder(self, name: str = "background") -> Path:
        """Return where what can be made again is kept: in the library's folder if that can be written, or here."""
        folder = Path(self.location).expanduser()
        if "://" not in self.location and os.access(folder, os.W_OK):
            return folder / name
        return settings().cache / name / hashlib.blake2b(self.location.encode(), digest_size=8).hexdigest()

    def _dense_spaces(self) -> Iterator[Space]:
        return (space for name in self.spaces.names() if (space := self.spaces.by_name(name)).kind != "sparse")


def _has_photo(writers: Iterable[Encoder]) -> bool:
    """Tell whether the network runs over every picture anyway."""
    return any(isinstance(encoder, PhotoEncoder) and encoder.backbone is backbone() for encoder in writers)
