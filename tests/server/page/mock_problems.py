"""Problems that the mock service answers with."""

from __future__ import annotations


class ProblemError(Exception):
    def __init__(self, status: int, kind: str, detail: str) -> None:
        self.status, self.kind, self.detail = status, kind, detail
