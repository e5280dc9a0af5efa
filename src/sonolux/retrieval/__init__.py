"""Retrieval: a query to ranked hits, by planning, fusion, grouping, diversity and calibration.

Follow one question: `query` says what is asked, `query_files` decodes its files, `planning` turns it into one vector a
space, `ranking` asks the index and fuses the lists (`fusion`), keeps the best span of each file (`grouping`), spreads
the answers (`diversity`) and says how likely each is a chance match (`calibration`).
"""

from __future__ import annotations

from sonolux.retrieval.hits import Hits
from sonolux.retrieval.query import Part, Query

__all__ = ["Hits", "Part", "Query"]
