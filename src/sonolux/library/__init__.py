"""The front door: a library of items, to add to, search, show, remove from and export.

`Library` is in `library`. Adding goes through `ingest`: `changes` compares files with what is there, `draft` and
`encode` gather what their pieces are encoded to, `write` makes them durable. `spaces` knows the encoders, `manifest`
what the library writes down of itself, `sharing` who may do what beside whom.
"""

from __future__ import annotations

from sonolux.library.ingest.run import Summary
from sonolux.library.library import Library

__all__ = ["Library", "Summary"]
