"""``sonolux bench`` (hidden, for developers): measure, print, and write the table into docs/benchmarks.md."""

from sonolux.cli.benchmarks import index, learning, reading, retrieval, scaling
from sonolux.cli.benchmarks.publishing import app

__all__ = ["app", "index", "learning", "reading", "retrieval", "scaling"]
