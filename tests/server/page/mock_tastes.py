"""Answers of the mock service on tastes: what was said is remembered, and moves what is recommended."""

from __future__ import annotations

import json
from typing import Any

import made_up
from mock_problems import ProblemError

KNOWN = {
    "recommend": {"user", "like", "unlike", "new_only", "where", "spaces", "diverse", "fresh", "limit"},
    "next": {"user", "like", "unlike", "played", "new_only", "where", "seed"},
    "interact": {"user", "items", "kind", "weight", "at"},
    "withdraw": {"user", "items", "kind", "at"},
}
FEW = 3
LATEST = 1.7e9


class TasteAnswers:
    """What each address of tastes answers; `mock_service.Handler` sends it."""

    state: Any
    query: dict[str, str]
    body: bytes
    send: Any
    send_data: Any

    def asked(self, what: str) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.body)
        if set(body) - KNOWN[what] or len(body.get("user", "")) > 1000:
            raise ProblemError(422, "invalid", f"not as documented: {sorted(set(body) - KNOWN[what])}")
        return body

    def rows_of(self, user: str) -> list[dict[str, Any]]:
        return [row for row in self.state.interactions if row["user"] == user]

    def taste_of(self, user: str) -> tuple[list[str], list[str]]:
        """Return what a user likes and does not: plays and skips of an item outweigh one another."""
        said: dict[str, float] = {}
        for row in self.rows_of(user):
            said[row["item"]] = said.get(row["item"], 0) + (row["weight"] if row["kind"] != "skip" else -row["weight"])
        return [item for item, sum_ in said.items() if sum_ > 0], [item for item, sum_ in said.items() if sum_ < 0]

    def taste(self) -> None:
        liked, disliked = self.taste_of(self.query["user"])
        items = len({row["item"] for row in self.rows_of(self.query["user"])})
        self.send_data({"liked": len(liked), "disliked": len(disliked), "items": items})

    def starters(self) -> None:
        seed = int(self.query.get("seed", 0))
        judged = {row["item"] for row in self.rows_of(self.query.get("user", ""))}
        numbers = matching(json.loads(self.query.get("where", "{}")), 100 * seed)
        items = [made_up.item(n) for n in numbers if made_up.id_of(n) not in judged]
        self.send_data({"items": items[: int(self.query["limit"])]})

    def recommend(self) -> None:
        asked = self.asked("recommend")
        liked, disliked = self.taste_of(asked["user"])
        liked += asked.get("like", [])
        if not liked:
            raise ProblemError(422, "question", f"nothing is known of {asked['user']}")
        hidden = {*liked, *disliked, *asked.get("unlike", [])}
        if asked.get("new_only"):
            hidden |= {row["item"] for row in self.rows_of(asked["user"])}
        begin = 40 * len(liked) + 7 * len(disliked)
        numbers = [n for n in matching(asked.get("where", {}), begin) if made_up.id_of(n) not in hidden]
        hits = [recommended(n, rank, liked[rank % len(liked)]) for rank, n in enumerate(numbers[: asked["limit"]])]
        remark = (
            "" if len(liked) >= FEW else f"not enough is known of {asked['user']}: {len(liked)} items that are liked"
        )
        told = {"hits": hits, "examples": examples(liked), "spaces": ["clip", "sounds"], "remark": remark}
        self.send_data({**told, "seconds": 0.02})

    def choose_next(self) -> None:
        asked = self.asked("next")
        self.state.stations.append(asked)
        liked = self.taste_of(asked["user"])[0] + asked.get("like", [])
        left = [n for n in matching(asked["where"], 0) if made_up.id_of(n) not in asked["played"]]
        left = left[: self.state.station_length - len(asked["played"])]
        hit = recommended(left[0], 1, liked[0]) if left and liked else made_up.hit(left[0], 1, 1) if left else None
        self.send_data({"hit": hit, "examples": examples(liked[:1])})

    def interactions(self) -> None:
        rows = sorted(self.rows_of(self.query["user"]), key=lambda row: -row["time"])
        told = [
            {**{key: row[key] for key in ("item", "kind", "weight", "time")}, **shown(row["item"])}
            for row in rows[: int(self.query["limit"])]
        ]
        self.send_data({"interactions": told, "next": None})

    def interact(self) -> None:
        said = self.asked("interact")
        at = said.get("at") or LATEST + len(self.state.interactions)
        row = {"user": said["user"], "kind": said.get("kind", "play"), "weight": said.get("weight", 1.0), "time": at}
        self.state.interactions += [{**row, "item": item} for item in said["items"]]
        self.send_data({"kept": len(said["items"]), "at": at})

    def withdraw(self) -> None:
        said = self.asked("withdraw")
        gone = [
            row
            for row in self.rows_of(said["user"])
            if (row["kind"], row["time"]) == (said["kind"], said["at"]) and row["item"] in said["items"]
        ]
        self.state.interactions = [row for row in self.state.interactions if row not in gone]
        self.send_data({"withdrawn": len(gone)})

    def forget_user(self) -> None:
        rows = self.rows_of(json.loads(self.body)["user"])
        self.state.interactions = [row for row in self.state.interactions if row not in rows]
        self.send_data({"removed": len(rows), "learned": False})

    def export(self) -> None:
        asked = json.loads(self.body)
        names = [made_up.path_of(made_up.number_of(id_)) for id_ in asked["ids"]]
        self.send(200, ("\n".join(["#EXTM3U", *names]) + "\n").encode(), "audio/x-mpegurl")


def matching(where: dict[str, Any], begin: int) -> list[int]:
    wanted = where.get("modality")
    wanted = [wanted] if isinstance(wanted, str) else wanted
    return [n for n in range(begin, begin + 400) if not wanted or made_up.modality_of(n) in wanted]


def recommended(number: int, rank: int, example: str) -> dict[str, Any]:
    hit = made_up.hit(number, rank, 40)
    space = {"audio": "sounds", "text": "words"}.get(hit["modality"], "clip")
    return {**hit, "why": [{"space": space, "chance": hit["chance"], "rank": rank + 1, "example": example}]}


def shown(item: str) -> dict[str, Any]:
    number = made_up.number_of(item)
    return {"path": made_up.path_of(number), "title": "", "modality": made_up.modality_of(number)}


def examples(ids: list[str]) -> list[dict[str, Any]]:
    return [{"id": id_, **shown(id_)} for id_ in dict.fromkeys(ids)]
