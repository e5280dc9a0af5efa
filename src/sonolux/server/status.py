"""Status lines: what the library process tells its front over its standard output, one JSON object a line.

``{"state": "serving"}`` once calls are answered, ``{"state": "ready"}`` once it is warm, and, where the library cannot
be served, ``{"state": "refused", "message": ...}`` before it ends.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import Literal

ProcessState = Literal["serving", "ready", "refused"]

REFUSED = 3
"""Exit status of a process that cannot serve its library."""


@dataclass(frozen=True, slots=True)
class Status:
    """One line: what the process does now, and why it does not."""

    state: ProcessState
    message: str = ""

    def tell(self, descriptor: int) -> None:
        """Write the line; a front that is gone hears nothing, and is seen to be gone elsewhere."""
        try:
            os.write(descriptor, json.dumps(asdict(self)).encode() + b"\n")
        except BrokenPipeError:
            return

    @classmethod
    def heard(cls, line: bytes) -> Status:
        """Return what a line says.

        Raises
        ------
        ValueError
            For a line that is none.
        """
        told = json.loads(line)
        if not isinstance(told, dict) or told.get("state") not in ("serving", "ready", "refused"):
            raise ValueError(f"no status: {line[:80]!r}")
        return cls(told["state"], str(told.get("message", "")))
