"""Chapter of `sonolux.library.Library`: what people play, and what else they may like."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sonolux.errors import QueryError
from sonolux.index import Where
from sonolux.index.interactions import Interaction, InteractionKind
from sonolux.library import playlists
from sonolux.library.chapters.asking import AskingLibrary
from sonolux.library.chapters.looking import LookingLibrary
from sonolux.library.interactions.factors import LEARNED, FactorModel, FactorSummary, learn_factors, update_factors
from sonolux.library.interactions.importing import ImportSummary, import_interactions
from sonolux.library.interactions.rows import is_future
from sonolux.library.items import ids_of
from sonolux.library.query import ItemLike, PathLike, conditions_of, names_in
from sonolux.library.recommending import RecommendationQuery, Recommendations, Recommender, Station
from sonolux.library.starters import find_starters
from sonolux.training.recommendation.factorisation import PassProgress
from sonolux.training.recommendation.recipe import FactorisationRecipe
from sonolux.types import Item


class RecommendingLibrary(AskingLibrary, LookingLibrary):
    """A library that recommends."""

    def import_interactions(self, file: PathLike, *, user: str = "") -> ImportSummary:
        """Keep who played or rated what, from a file; see `sonolux.library.interactions.importing`.

        Parameters
        ----------
        file : path
            csv with any delimiter, HetRec, MovieLens, Last.fm scrobbles, or ListenBrainz JSON lines.
        user : str
            Whose the rows are that name nobody.

        Returns
        -------
        summary : ImportSummary
            Its ``names`` are what the file names and the library does not hold.
        """
        with self.locks.writer:
            return import_interactions(self.index, self.interactions, file, user)

    def interact(
        self, user: str, *items: ItemLike, kind: InteractionKind = "play", weight: float = 1.0, at: float | None = None
    ) -> int:
        """Keep that a user played, rated or skipped items, now or at a time in seconds since 1970; return how many.

        Raises
        ------
        QueryError
            For what the library does not hold, a weight that is not above 0, and a time that is still to come; nothing
            is kept then.

        Examples
        --------
        >>> library.interact("ann", "songs/rain.flac")
        >>> library.interact("ann", "songs/rain.flac", kind="rating", weight=4.5)
        """
        ids = ids_of(self.index, names_in("items", items))
        when = time.time() if at is None else at
        if not 0 <= when < math.inf or is_future(when):
            raise QueryError(f"at is {at}: a time is in seconds since 1970, and not still to come")
        return self.interactions.add([Interaction(user, item, weight, when, kind) for item in dict.fromkeys(ids)])

    def learn_factors(
        self, recipe: FactorisationRecipe | None = None, *, progress: PassProgress | None = None
    ) -> FactorSummary:
        """Learn factors of what people play, into the space `factors`; see `sonolux.library.interactions.factors`.

        The library answers meanwhile, by the factors that it had.

        Parameters
        ----------
        recipe : FactorisationRecipe, optional
            By default 64 factors by weighted matrix factorisation.
        progress : callable, optional
            Called with how many passes are made, and of how many; `sonolux.errors.Cancelled`, raised from it, ends the
            learning, and factors stay as they were.

        Raises
        ------
        TrainingError
            Where nobody has played anything, or a package is missing.
        """
        with self.locks.writer:
            self.index.check_writable()
            learned = learn_factors(self.interactions, recipe or FactorisationRecipe(method="wmf"), progress)
            with self.locks.questions.writing:
                self._follow(self.manifest.upon(self.index.read_meta(), self.location))
                summary = learned.write(self.index, self.spaces, self.interactions)
                self.manifest.changes += summary.written
                self._calibration = None
            self._save()
            return summary

    def update_factors(self, *, progress: PassProgress | None = None) -> FactorSummary:
        """Give items that were played since `learn_factors` factors too, in seconds; all others stay as they are."""
        with self.locks.writer:
            self.index.check_writable()
            summary = update_factors(self.index, self.interactions, progress)
            self.manifest.changes += summary.written
            self._save()
            return summary

    def recommend(  # noqa: PLR0913 - each is a part of the question, or of how the answer is to look
        self,
        user: str = "",
        *,
        like: ItemLike | Iterable[ItemLike] | None = (),
        unlike: ItemLike | Iterable[ItemLike] | None = (),
        new_only: bool = False,
        where: Mapping[str, Any] | Where | None = None,
        spaces: str | Iterable[str] | None = (),
        k: int = 10,
        diverse: float = 0.3,
        fresh: float = 0.5,
    ) -> Recommendations:
        """Recommend items to a user, or to somebody who likes some items; new users and new items need no training.

        Parameters
        ----------
        user : str
            An id of the interactions that the library keeps (`import_interactions`, `interact`).
        like, unlike : str, path, Item, Hit, or several of them, optional
            Items that are liked and not, beside what the user played.
        new_only : bool
            Whether everything that the user ever played is left out; what the taste is made from always is.
        where : mapping or sequence of Condition, optional
            Filter, see `sonolux.retrieval.filters`.
        spaces : str or several, optional
            Spaces to ask, by default all that items ask as examples, and that of factors.
        k : int
            How many.
        diverse : float
            In [0, 1): towards 1 for variety.
        fresh : float
            In [0, 1): how far what was played lately is held back.

        Returns
        -------
        recommendations : Recommendations
            Hits, each with the liked item that it resembles and the space that says so in its ``why``; its ``remark``
            says where not enough is known of the user.

        Raises
        ------
        QueryError
            Where nothing is known to ask with.

        Examples
        --------
        >>> library.recommend(like=["rain.flac", "tide.flac", "fog.flac"], k=5)
        >>> library.recommend("ann", new_only=True, where={"modality": "audio"})
        """
        return self._recommend(
            RecommendationQuery(
                user=user,
                like=self._files_of(names_in("like", like)),
                unlike=self._files_of(names_in("unlike", unlike)),
                where=conditions_of(where),
                spaces=tuple(names_in("spaces", spaces)),
                k=k,
                new_only=new_only,
                diverse=diverse,
                fresh=fresh,
            )
        )

    def station(
        self,
        user: str = "",
        *,
        like: ItemLike | Iterable[ItemLike] | None = (),
        unlike: ItemLike | Iterable[ItemLike] | None = (),
        new_only: bool = False,
        where: Mapping[str, Any] | Where | None = None,
        seed: int = 0,
    ) -> Station:
        """Return a station that plays one item after the other and learns from what is liked and skipped.

        Examples
        --------
        >>> station = library.station(like=["rain.flac"])
        >>> station.play(), station.skip(), station.play(), station.like()
        """
        asked = RecommendationQuery(
            user=user,
            like=self._files_of(names_in("like", like)),
            unlike=self._files_of(names_in("unlike", unlike)),
            where=conditions_of(where),
            new_only=new_only,
            diverse=0.0,
        )
        return Station(self._recommend, asked, seed)

    def starters(
        self, k: int = 12, *, user: str = "", where: Mapping[str, Any] | Where | None = None, seed: int = 0
    ) -> list[Item]:
        """Return files that are typical and differ, for somebody of whom little is known to choose from.

        Parameters
        ----------
        k : int
            How many, at most.
        user : str
            What this user has judged is left out.
        where : mapping or sequence of Condition, optional
            Filter.
        seed : int
            Another one finds others.

        Raises
        ------
        QueryError
            For more, or fewer, than can be asked for.
        """
        judged = {row.item for row in self.interactions.of_user(user)} if user else set()
        with self.locks.questions.reading:
            found = find_starters(self.index, self.spaces, k, conditions_of(where), judged, seed)
        return [self.item(one) for one in found]

    def path_between(
        self, start: ItemLike, end: ItemLike, *, steps: int = 8, space: str = "", where: Mapping[str, Any] | Where = ()
    ) -> list[Item]:
        """Return files that lead from one to another in small even steps, both ends among them.

        Parameters
        ----------
        start, end : str, path, Item or Hit
        steps : int
            Files between them, at most.
        space : str
            In which steps are measured; by default the strongest that holds both.
        where : mapping or sequence of Condition
            Filter of what lies between.

        Raises
        ------
        QueryError
            Where no space of vectors holds both.
        """
        ends = ids_of(self.index, [*names_in("start", start), *names_in("end", end)])
        with self.locks.questions.reading:
            found = playlists.path_between(self.index, self.spaces, ends, steps, space, conditions_of(where))
        return [self.item(one) for one in found]

    def _recommend(self, asked: RecommendationQuery) -> Recommendations:
        with self.locks.questions.reading:
            ranker = self._ranker()
            return Recommender(self.index, self.spaces, self.interactions, ranker, self._factor_model).recommend(asked)

    def _factor_model(self) -> FactorModel | None:
        """Return what folding in needs, read once for each time that factors were learned."""
        learned = self.interactions.note(LEARNED)
        if not learned:
            return None
        if self._factors is None or self._factors[0] != learned["id"]:
            model = FactorModel.load(self.interactions)
            if model is None:
                return None
            self._factors = (learned["id"], model)
        return self._factors[1]

    def _files_of(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the files that ids and paths name, or spans of which they name."""
        ids = ids_of(self.index, names)
        files = {point.id: point.payload["file"] for point in self.index.fetch(ids, keys=("file",))}
        return tuple(dict.fromkeys(files[one.lower()] for one in ids if one.lower() in files))
