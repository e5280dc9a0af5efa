"""Recommendations by the service that holds a library: what `sonolux.library.Library` says of tastes, asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sonolux.cli.answer import Answer
from sonolux.cli.output import shown_path
from sonolux.cli.warm.service import RefusedError, Service
from sonolux.presentation.data import hit_from_data, item_from_data, path_from_data
from sonolux.types import Hit, Item

REMEMBERED = 1_000
"""As `sonolux.library.recommending.REMEMBERED`, which takes longer to import than a question takes."""


class ServedTaste:
    """Tastes of the library that a service holds; see `sonolux.cli.tastes.Taster`.

    Parameters
    ----------
    service : Service
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def recommend(self, asked: Mapping[str, Any]) -> Answer:
        """Ask what somebody may like."""
        body = {**_named(self._service, asked), "limit": asked["k"]}
        del body["k"]
        try:
            told = self._service.ask("POST", "recommendations", body)
        except RefusedError as error:
            if error.kind == "invalid":
                _check_as_library(asked, body)
            raise
        names = {one["id"]: shown_path(path_from_data(one)) for one in told["examples"]}
        return Answer([hit_from_data(hit) for hit in told["hits"]], told["spaces"], names=names, remark=told["remark"])

    def path_between(self, ends: Sequence[str], asked: Mapping[str, Any]) -> list[Item]:
        """Ask what leads from one item to another."""
        start, end = (self._service.item(one) for one in ends)
        try:
            told = self._service.ask("POST", "recommendations/path", {**asked, "start": start, "end": end})
        except RefusedError as error:
            if error.kind == "invalid":
                from sonolux.library.playlists import check_steps

                check_steps(asked["steps"])
            raise
        return [item_from_data(item) for item in told["items"]]

    def station(self, asked: Mapping[str, Any]) -> ServedStation:
        """Begin a station."""
        return ServedStation(self._service, _named(self._service, asked))

    def item(self, target: str) -> Item:
        """Return an item by its id or its path."""
        return item_from_data(self._service.ask("GET", f"items/{self._service.item(target)}"))

    def interact(self, user: str, item: str, kind: str) -> None:
        """Keep that a user played or skipped an item."""
        self._service.ask("POST", "interactions", {"user": user, "items": [item], "kind": kind})


class ServedStation:
    """A station as `sonolux.library.recommending.Station` is, which asks a service for each item.

    Parameters
    ----------
    service : Service
    asked : mapping
        ``user``, ``like`` and ``unlike``, ids of files, ``new_only``, ``where`` and ``seed``.
    """

    def __init__(self, service: Service, asked: Mapping[str, Any]) -> None:
        self._service = service
        self._asked = dict(asked)
        self.played: list[str] = []

    def play(self) -> Hit | None:
        """Return the next item; None once everything has been played."""
        body = {**self._asked, "played": self.played[-REMEMBERED:]}
        told = self._service.ask("POST", "recommendations/next", body)["hit"]
        if told is None:
            return None
        hit = hit_from_data(told)
        self.played.append(hit.file)
        return hit

    def like(self, item: str = "") -> str:
        """Note that an item is liked, by default the last that was played; return which."""
        return self._judge(item, "like")

    def skip(self, item: str = "") -> str:
        """Note that an item is not liked, by default the last that was played; return which."""
        return self._judge(item, "unlike")

    def _judge(self, item: str, side: str) -> str:
        judged = item or self.played[-1]
        for name in ("like", "unlike"):
            kept = [one for one in self._asked[name] if one != judged]
            self._asked[name] = [*kept, judged][-REMEMBERED:] if name == side else kept
        return judged


def _named(service: Service, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return a question with ids of files in place of what names items."""
    for name in ("like", "unlike"):
        if "" in asked[name]:
            from sonolux.library.query import names_in

            names_in(name, asked[name])
    sides = {name: [_file(service, one) for one in asked[name]] for name in ("like", "unlike")}
    return {**asked, **{name: list(dict.fromkeys(files)) for name, files in sides.items()}}


def _file(service: Service, target: str) -> str:
    return str(service.ask("GET", f"items/{service.item(target)}")["file"])


def _check_as_library(asked: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Raise what the library itself says of a question that has no right form."""
    from sonolux.library.recommending import RecommendationQuery
    from sonolux.retrieval.query import Query

    like, unlike = (tuple(body[name]) for name in ("like", "unlike"))
    RecommendationQuery(like=like, unlike=unlike, k=asked["k"], diverse=asked["diverse"], fresh=asked["fresh"])
    Query(like=("",), k=asked["k"], diverse=asked["diverse"])
