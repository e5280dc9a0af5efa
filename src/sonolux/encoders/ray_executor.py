"""Encoding on Ray: batches go to actors, each of which loads the encoders of one modality once and keeps them.

An actor asks for no processor, for it works by turns with the tasks that feed it, and for the share of a GPU that its
encoders need where the cluster has any. A batch whose actor or node is lost is encoded again, the same batch at first,
so that its descriptors are the same to the last bit; a file that is alone with an actor and ends it twice is named.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from math import ceil, floor
from typing import Any

from sonolux.encoders.base import Encoder
from sonolux.encoders.batch import Batch, Encoded, Look, encode_all
from sonolux.encoders.executor import Executor
from sonolux.encoders.named import EncoderName, encoder_named, names_of
from sonolux.errors import EncoderError, SonoluxError
from sonolux.media.segment import Audio, Content, Image
from sonolux.media.workers.ray_cluster import (
    RayCluster,
    lost_connection_named,
    lost_errors,
    node_address,
    own_version,
    ray_failure,
    refuse_other_version,
)
from sonolux.media.workers.ray_decoder import owned
from sonolux.types import Modality

TRIES = 2
"""How often a batch is encoded as it is, and each of its files alone, before a lost actor is theirs to blame."""

STARTS = 3
"""How often an actor is started, before it is said that none does."""


class RayExecutor(Executor):
    """Encodes in actors of a Ray cluster; they start when batches come that no other is free for.

    Parameters
    ----------
    cluster : RayCluster
    """

    apart = True

    def __init__(self, cluster: RayCluster) -> None:
        self.cluster = cluster
        self.at_once = max(1, cluster.processors // 2)
        self._threads = ThreadPoolExecutor(self.at_once * len(Modality), "encoding")
        self._pools: dict[tuple[EncoderName, ...], _ActorPool] = {}
        self._flow = _Flow(cluster.store // 4)

    def submit(self, encoders: Sequence[Encoder], batch: Batch) -> Future[Encoded]:
        """Have a batch encoded, once there is room for it; EncoderError where workers have not these encoders."""
        names = names_of(encoders)
        if names not in self._pools:
            wanted = sum(encoder.gpu_share for encoder in encoders)
            share, places = places_on(self.cluster.accelerators, wanted) if wanted else (0.0, 0)
            self._pools[names] = _ActorPool(names, share, places or self.at_once)
        size = sum(map(_bytes_of, batch.contents))
        self._flow.enter(size)
        try:
            future = self._threads.submit(_encode, self._pools[names], batch)
        except BaseException:
            self._flow.leave(size)
            raise
        future.add_done_callback(lambda _: self._flow.leave(size))
        return future

    def close(self) -> None:
        """End the actors."""
        self._threads.shutdown(cancel_futures=True)
        for pool in self._pools.values():
            pool.close()


def places_on(accelerators: float, wanted: float) -> tuple[float, int]:
    """Return the share of a GPU that an actor asks for, and how many actors of a modality may: all get theirs.

    An actor that asks for more than there is would wait without end, and its batch with it.

    Parameters
    ----------
    accelerators : float
        GPUs of the cluster; with none the share and the number are 0.
    wanted : float
        What encoders of the modality need together.
    """
    if not accelerators:
        return 0.0, 0
    share = floor(min(wanted, 1 / ceil(len(Modality) / accelerators)) * 10_000) / 10_000
    return share, max(1, int(accelerators * floor(1 / share + 1e-9) / len(Modality) + 1e-9))


@dataclass(slots=True)
class _Flow:
    """Bytes that are on their way to actors, and back; who would make them too many waits."""

    most: int
    now: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def enter(self, size: int) -> None:
        with self.changed:
            self.changed.wait_for(lambda: not self.now or self.now + size <= self.most)
            self.now += size

    def leave(self, size: int) -> None:
        with self.changed:
            self.now -= size
            self.changed.notify()


class _ActorPool:
    """The actors that have the same encoders, and whether each is free."""

    def __init__(self, names: tuple[EncoderName, ...], share: float, most: int) -> None:
        self.names = names
        self.share = share
        self._free = threading.BoundedSemaphore(most)
        self._idle: list[Any] = []
        self._all: list[Any] = []

    def encode(self, batch: Batch) -> Encoded:
        """Encode a batch in an actor that is free, or a new one; the errors of `lost_errors` where it is lost."""
        import ray

        with self._free:
            actor = self._idle.pop() if self._idle else self._started()
            try:
                with lost_connection_named():
                    answer: Encoded | SonoluxError = ray.get(actor.encode.remote(batch))
            except lost_errors():
                with suppress(Exception):  # it is most likely gone
                    ray.kill(actor)
                raise
            except ray.exceptions.RayError as error:
                raise ray_failure(error) from error
            self._idle.append(actor)
        if isinstance(answer, SonoluxError):
            raise answer
        return answer

    def close(self) -> None:
        import ray

        for actor in self._all:
            with suppress(Exception):  # one that is gone already
                ray.kill(actor)

    def _started(self) -> Any:
        """Start an actor that has the encoders of the pool."""
        import ray

        for _ in range(STARTS):
            actor = _remote().options(num_gpus=self.share).remote(self.names)
            self._all.append(actor)
            try:
                with lost_connection_named():
                    refusal: SonoluxError | None = ray.get(actor.refusal.remote(own_version()))
            except lost_errors() as error:
                last = error
                continue
            except ray.exceptions.RayError as error:
                raise ray_failure(error) from error
            if refusal is not None:
                raise refusal
            return actor
        raise EncoderError(f"Ray workers that encode do not start: {' '.join(str(last).split())[:300]}") from last


def _encode(pool: _ActorPool, batch: Batch) -> Encoded:
    """Encode a batch; where its actor is lost, again, and then file by file."""
    encoded = _tried(pool, batch)
    return _file_by_file(pool, batch) if encoded is None else encoded


def _tried(pool: _ActorPool, batch: Batch) -> Encoded | None:
    """Encode a batch; None where its actors were lost each time."""
    for _ in range(TRIES):
        with suppress(*lost_errors()):
            return pool.encode(batch)
    return None


def _file_by_file(pool: _ActorPool, batch: Batch) -> Encoded:
    """Encode a batch that has ended its actors, one file after the other, to find whose it is."""
    encoded = Encoded([{} for _ in batch.contents])
    files = dict.fromkeys(batch.files)
    for file in files:
        places = [place for place, number in enumerate(batch.files) if number == file]
        its = _tried(pool, _part_of(batch, places))
        if its is None:
            encoded.failures[file] = f"has ended the Ray worker that encodes it {TRIES} times: left out"
            continue
        encoded.failures |= its.failures
        for place, rows in zip(places, its.rows, strict=True):
            encoded.rows[place] = rows
        encoded.seen |= {places[place]: answer for place, answer in its.seen.items()}
    if len(files) > 1 and len(encoded.failures) == len(files):
        names = ", ".join(name.name for name in pool.names)
        raise EncoderError(f"every Ray worker that encodes with {names} ends at once: has its node memory enough?")
    return encoded


def _part_of(batch: Batch, places: Iterable[int]) -> Batch:
    chosen = list(places)
    look = batch.look
    if look is not None:
        look = Look(look.function, [new for new, place in enumerate(chosen) if place in look.places])
    return Batch(
        [batch.contents[place] for place in chosen],
        [batch.files[place] for place in chosen],
        [batch.spaces[place] for place in chosen],
        look,
    )


def _bytes_of(content: Content) -> int:
    if isinstance(content, Image):
        return content.pixels.nbytes
    return content.samples.nbytes if isinstance(content, Audio) else len(content)


@cache
def _remote() -> Any:
    import ray

    return ray.remote(num_cpus=0, max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD")(EncodingActor)


class EncodingActor:
    """Encodes batches with the encoders of some names, which are loaded with the first; runs in a Ray worker."""

    def __init__(self, names: Sequence[EncoderName]) -> None:
        self._names = names

    def refusal(self, version: str) -> SonoluxError | None:
        """Return why this worker is not to encode, None where it is: it has another Sonolux, or other weights."""
        try:
            refuse_other_version(version)
            for name in self._names:
                _encoder(name)
        except SonoluxError as error:
            return error.with_traceback(None)
        return None

    def encode(self, batch: Batch) -> Encoded | SonoluxError:
        """Return what becomes of a batch, or why its encoders cannot be loaded."""
        own = replace(batch, contents=list(map(owned, batch.contents)))
        try:
            return encode_all([_encoder(name) for name in self._names], own)
        except SonoluxError as error:
            return error.with_traceback(None)


@lru_cache(maxsize=64)
def _encoder(wanted: EncoderName) -> Encoder:
    return encoder_named(wanted, f"the Ray node {node_address()}", "without --on ray this process encodes")
