"""Decoders of many files: what reads files somewhere else, so that whoever needs them decoded need not know where."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable
from dataclasses import replace
from typing import Self

from sonolux.media.workers.worker import DecodeEvent, Orders, Reader


class FileDecoder(ABC):
    """Reads many files at once; a context manager that ends what it has started.

    Parameters
    ----------
    orders : Orders
        How files are read, where nothing else is said.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    @abstractmethod
    def read(
        self, paths: Iterable[str], orders: Orders | None = None
    ) -> Generator[tuple[str, DecodeEvent], None, None]:
        """Read files, in any number, as their paths come; whoever stops early closes it, which ends what reads.

        Parameters
        ----------
        paths : iterable of str
        orders : Orders, optional
            How these are read, by default as the others are.

        Yields
        ------
        path : str
            As it was given.
        event : Probe, Piece, Finished or Failure
            Those of one file come in order, and the last is `Finished` or `Failure`; files interleave.

        Raises
        ------
        SonoluxError
            Where nothing can be read at all.
        """

    @abstractmethod
    def close(self, keep: int = 0) -> None:
        """End the processes that wait for work, but for so many."""

    def orders_for(self, reader: Reader) -> Orders:
        """Return orders to read files by another function, with the decoder's own options and limits."""
        return replace(self._orders, reader=reader)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
