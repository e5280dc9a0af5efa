"""Workplaces: where the files of an addition are decoded and encoded, in this machine's processes or on Ray."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sonolux.encoders.executor import Executor, chosen_executor
from sonolux.errors import LibraryError
from sonolux.media.reading import ReadOptions
from sonolux.media.workers.base import FileDecoder
from sonolux.media.workers.pool import DecoderPool
from sonolux.settings import settings

if TYPE_CHECKING:
    from sonolux.media.workers.ray_cluster import RayCluster


class Workplace(ABC):
    """Gives what decodes and what encodes."""

    @abstractmethod
    def decoder(self, options: ReadOptions) -> FileDecoder:
        """Return what decodes files as these options say, within the limits of the settings."""

    @abstractmethod
    def executor(self) -> Executor:
        """Return what encodes batches."""


class LocalWorkplace(Workplace):
    """Processes and threads of this machine, as the settings say."""

    def decoder(self, options: ReadOptions) -> FileDecoder:
        """Return a pool of decoding processes."""
        limits = settings()
        return DecoderPool(limits.workers, options, timeout=limits.decode_seconds, memory=limits.decode_memory)

    def executor(self) -> Executor:
        """Return the executor that the settings name."""
        return chosen_executor()


class RayWorkplace(Workplace):
    """Tasks and actors of a Ray cluster.

    Parameters
    ----------
    cluster : RayCluster
    """

    def __init__(self, cluster: RayCluster) -> None:
        self.cluster = cluster

    def decoder(self, options: ReadOptions) -> FileDecoder:
        """Return what decodes in tasks."""
        from sonolux.media.workers.ray_decoder import RayDecoder

        limits = settings()
        return RayDecoder(self.cluster, options, timeout=limits.decode_seconds, memory=limits.decode_memory)

    def executor(self) -> Executor:
        """Return what encodes in actors."""
        from sonolux.encoders.ray_executor import RayExecutor

        return RayExecutor(self.cluster)


@contextmanager
def workplace(on: str | None) -> Iterator[Workplace]:
    """Have a place for as long as a block lasts: this machine for None, or a cluster for ``"ray"``.

    Raises
    ------
    LibraryError
        For any other.
    SonoluxError
        Where Ray is not installed, or there is no cluster: see `sonolux.media.workers.ray_cluster`.
    """
    if on is None:
        yield LocalWorkplace()
        return
    if on != "ray":
        raise LibraryError(f"there is no work on {on!r}: on='ray', or None for this machine")
    from sonolux.media.workers.ray_cluster import ray_cluster

    with ray_cluster() as cluster:
        yield RayWorkplace(cluster)
