"""Batches are encoded on Ray as they are here, whatever becomes of the actors."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import rays
from contracts.executor_contract import ExecutorContract, images, same
from sonolux.annotators.photo_labels import PhotoLabels, label_images
from sonolux.encoders import ray_executor, register, resolve
from sonolux.encoders.batch import Batch, Look, encode_all
from sonolux.encoders.classical.hog import Hog
from sonolux.encoders.ray_executor import RayExecutor
from sonolux.encoders.registry import ENCODERS
from sonolux.errors import EncoderError, SonoluxError
from sonolux.media.segment import Image
from sonolux.media.workers.ray_cluster import RayCluster

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayCluster]:
    with rays.local_ray(tmp_path_factory.mktemp("ray")) as cluster:
        yield cluster


@pytest.fixture
def executor(cluster: RayCluster) -> Iterator[RayExecutor]:
    executor = RayExecutor(cluster)
    yield executor
    executor.close()


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have actors that a black image ends."""
    import ray

    actor = ray.remote(num_cpus=0, max_restarts=0)(rays.PoisonedActor)
    monkeypatch.setattr(ray_executor, "_remote", lambda: actor)


def actor_of(executor: RayExecutor) -> Any:
    [pool] = executor._pools.values()
    return pool._idle[-1]


def process_of(actor: Any) -> int:
    import ray

    return int(ray.get(actor.__ray_call__.remote(lambda _: os.getpid())))


class TestOnRay(ExecutorContract):
    setting = "ray"
    within = 1e-5

    @pytest.fixture
    def executor(self, cluster: RayCluster) -> Iterator[RayExecutor]:
        executor = RayExecutor(cluster)
        yield executor
        executor.close()


def test_an_actor_keeps_its_encoders(executor: RayExecutor) -> None:
    for _ in range(3):
        executor.submit(resolve("hog"), images(2)).result()
    [pool] = executor._pools.values()
    assert len(pool._all) == 1


def test_a_batch_whose_actor_is_killed_is_encoded_by_another(executor: RayExecutor) -> None:
    executor.submit(resolve("hog"), images(1)).result()
    os.kill(process_of(actor_of(executor)), signal.SIGKILL)
    batch = images(5)
    assert same(executor.submit(resolve("hog"), batch).result(), encode_all(resolve("hog"), batch))


@pytest.mark.usefixtures("poisoned")
def test_a_file_that_ends_its_actors_is_named_and_costs_no_other(executor: RayExecutor) -> None:
    batch = images(3)
    black = Image(np.zeros((40, 40, 3), np.uint8))
    look = Look(label_images, [0, 1, 2])
    whole = Batch([black, *batch.contents], [7, 1, 2, 3], [frozenset({"hog"})] * 4, look)
    encoded = executor.submit(resolve("hog"), whole).result()
    assert encoded.failures == {7: "has ended the Ray worker that encodes it 2 times: left out"}
    assert [sorted(row) for row in encoded.rows] == [[], ["hog"], ["hog"], ["hog"]]
    assert sorted(encoded.seen) == [1, 2]


@pytest.mark.usefixtures("poisoned")
def test_where_all_files_end_their_actors_it_is_not_the_files(executor: RayExecutor) -> None:
    black = Image(np.zeros((40, 40, 3), np.uint8))
    batch = Batch([black, black], [0, 1], [frozenset({"hog"})] * 2)
    with pytest.raises(EncoderError, match=r"^every Ray worker that encodes with hog ends at once: has its node"):
        executor.submit(resolve("hog"), batch).result()


def test_labels_are_those_of_this_process(executor: RayExecutor) -> None:
    batch = images(4)
    looked = Batch(batch.contents, batch.files, batch.spaces, Look(label_images, [1, 3]))
    seen = executor.submit(resolve("photo"), looked).result().seen
    pixels = [batch.contents[place].pixels for place in (1, 3)]
    expected = PhotoLabels().label_and_kinds(pixels)
    assert sorted(seen) == [1, 3]
    for one, other in zip(seen.values(), expected, strict=True):
        assert [label.label for label in one] == [label.label for label in other]


def test_another_encoder_and_another_version_are_refused(
    executor: RayExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    [hog] = resolve("hog")
    hog.digest = "another"
    with pytest.raises(EncoderError, match=r"^hog gives another hog in the Ray node [\d.]+ than here$"):
        executor.submit([hog], images(1)).result()
    monkeypatch.setattr(ray_executor, "own_version", lambda: "0.0.1")
    with pytest.raises(SonoluxError, match=r"^the Ray node [\d.]+ has Sonolux .*, this process 0\.0\.1: install"):
        executor.submit(resolve("colour-layout"), images(1)).result()


def test_what_a_program_registered_is_not_on_ray(executor: RayExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    class MineOnRay(Hog):
        name = spec = space = "mine"

    monkeypatch.setattr(ENCODERS, "entries", dict(ENCODERS.entries))
    register("mine", MineOnRay)
    with pytest.raises(EncoderError, match=r"no encoder 'mine'.*not what a program registered: without --on ray"):
        executor.submit(resolve("mine"), images(1)).result()


def test_bytes_on_their_way_are_bounded(cluster: RayCluster) -> None:
    executor = RayExecutor(RayCluster(8, 0.0, 4 * 40_000))
    flow, most = executor._flow, 0
    batches = [images(3) for _ in range(12)]
    futures = []
    for batch in batches:
        futures.append(executor.submit(resolve("hog"), batch))
        most = max(most, flow.now)
    assert [len(future.result().rows) for future in futures] == [3] * 12
    executor.close()
    assert most <= 40_000 and flow.now == 0
