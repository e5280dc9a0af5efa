"""Chapter of `sonolux.library.Library`: questions, and the rankings and copies that answer them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Never

from sonolux.index import Where
from sonolux.library.blending import blend_parts
from sonolux.library.chapters.opened import OpenedLibrary
from sonolux.library.copies import Copies, CopyFinder, CopyProgress
from sonolux.library.items import ids_of
from sonolux.library.query import (
    AudioLike,
    ImageLike,
    ItemLike,
    PathLike,
    build_parts,
    conditions_of,
    keyword_meant,
    names_in,
)
from sonolux.retrieval.copies.store import HashStore
from sonolux.retrieval.explaining import Explainer
from sonolux.retrieval.hits import Hits
from sonolux.retrieval.kept_rankings import DEPTH as RANKED_AT_FIRST
from sonolux.retrieval.kept_rankings import CopiesOf, Ranking, without_media
from sonolux.retrieval.places import Place, hits_at
from sonolux.retrieval.planning import plan
from sonolux.retrieval.query import Query
from sonolux.retrieval.query_files import decode_files
from sonolux.retrieval.ranking import Ranker
from sonolux.retrieval.space_query import SpaceQuery, spaces_of
from sonolux.types import Item, Modality, Space

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class AskingLibrary(OpenedLibrary):
    """A library that is asked."""

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
        blend: Mapping[Any, float] | Iterable[tuple[Any, float]] | None = None,
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
        blend : mapping, or sequence of (what, weight), optional
            A mix to ask with in place of all the above but `unlike`, each part with its weight from 0 to 1: words,
            paths of files, filters such as ``artist=Quesabe``, images and sounds; see `sonolux.library.blending`.
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
        parts = build_parts(weights, text=text, image=image, audio=audio, video=video, vector=vector)
        if blend is not None:
            alone = not (parts or weights or names_in("like", like))
            parts = blend_parts(blend, self._decoder, alone=alone)
        query = Query(
            parts=parts,
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

    def _dense_spaces(self) -> Iterator[Space]:
        return (space for name in self.spaces.names() if (space := self.spaces.by_name(name)).kind != "sparse")
