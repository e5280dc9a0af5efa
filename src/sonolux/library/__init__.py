"""The front door: a library of items, to add to, search, show, remove from and export.

`Library` is in `front`. Adding goes through `adding`: `catalog` compares files with what is there, `draft` and
`encoding` gather what their pieces are encoded to, `writing` makes them durable. `spaces` knows the encoders,
`record` what the library writes down of itself.
"""

from __future__ import annotations

from sonolux.library.ingest.run import Summary
from sonolux.library.library import Library

__all__ = ["Library", "Summary"]
