"""Compressed descriptors on a cluster: what is asked of it, when a space is made and when it is searched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from qdrant_client import models

from contracts.faulty_cluster import FaultyCluster
from contracts.index_contract import SPACES, corpus, descriptor
from contracts.index_oracle import BruteForce, assert_best
from sonolux.index import ClusterLayout
from sonolux.index.cluster.connection import ClusterConnection
from sonolux.index.cluster.remote import RemoteIndex
from sonolux.index.layout import Compression

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
BITS = models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
BYTES = models.ScalarQuantization(
    scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
)
CODE, FLOATS, WORDS = (next(space for space in SPACES if space.kind == kind) for kind in ("binary", "float", "sparse"))


@pytest.fixture
def calm() -> Iterator[FaultyCluster]:
    cluster = FaultyCluster(share=0)
    yield cluster
    cluster.close()


def opened(cluster: FaultyCluster) -> RemoteIndex:
    return RemoteIndex(ClusterConnection(("http://a:6333",), cluster.at), "trips")


def made(cluster: FaultyCluster) -> dict[str, models.VectorParamsDiff]:
    """Return what was said of named vectors."""
    said = [options["vectors_config"] for name, options in cluster.said if name == "update_collection"]
    return {name: storage for one in said for name, storage in one.items()}


def searched(cluster: FaultyCluster, space: Any, **how: Any) -> models.SearchParams:
    opened(cluster).search(space.name, descriptor(space, np.random.default_rng(0)), 3, **how)
    params: models.SearchParams = next(
        said["search_params"] for name, said in reversed(cluster.said) if name == "query_points"
    )
    return params


def test_codes_lie_in_memory_as_bits_and_are_not_compared_again(calm: FaultyCluster) -> None:
    index = opened(calm)
    index.create()
    for space in SPACES:
        index.add_space(space)
    assert made(calm) == {"code": models.VectorParamsDiff(on_disk=True, quantization_config=BITS)}
    creations = {args[1]: args[2] for name, args in calm.given if name == "create_vector_name"}
    assert creations["code"].dense.datatype == models.VectorStorageDatatype.FLOAT16
    assert creations["energy"].dense.datatype is None
    assert searched(calm, CODE).quantization == models.QuantizationSearchParams(rescore=False)
    assert searched(calm, FLOATS).quantization is None
    assert searched(calm, WORDS).quantization is None


@pytest.mark.parametrize(("compress", "kept", "more"), [("int8", BYTES, 2.0), ("binary", BITS, 4.0)])
def test_float_descriptors_are_compared_roughly_then_exactly(
    calm: FaultyCluster, compress: Compression, kept: Any, more: float
) -> None:
    opened(calm).create(ClusterLayout(compress=compress))
    for space in SPACES:
        opened(calm).add_space(space)  # by another process, which asks for nothing
    storage = made(calm)
    assert set(storage) == {"look%2Fv1%2E5", "energy", "place", "code"}
    assert storage["energy"] == models.VectorParamsDiff(on_disk=True, quantization_config=kept)
    assert storage["code"].quantization_config == BITS
    assert searched(calm, FLOATS).quantization == models.QuantizationSearchParams(rescore=True, oversampling=more)
    assert searched(calm, CODE).quantization == models.QuantizationSearchParams(rescore=False)
    assert searched(calm, FLOATS, exact=True) == models.SearchParams(exact=True)


@pytest.mark.parametrize("compress", ["int8", "binary"])
def test_what_is_compressed_is_found(calm: FaultyCluster, compress: Compression) -> None:
    index = opened(calm)
    index.create(ClusterLayout(compress=compress))
    for space in SPACES:
        index.add_space(space)
    points = corpus()
    index.upsert(points)
    oracle = BruteForce(SPACES, points)
    for space in SPACES:
        question = descriptor(space, np.random.default_rng(1))
        assert_best(index.search(space.name, question, 10), oracle.scores(space.name, question), 10)
    index.drop_space("energy")
    index.add_space(next(space for space in SPACES if space.name == "energy"))
    assert made(calm)["energy~1"].quantization_config is not None


@pytest.mark.parametrize("compress", [None, "int8", "binary"])
def test_spaces_of_a_new_index_are_made_as_added_ones_are(calm: FaultyCluster, compress: Compression | None) -> None:
    opened(calm).create(ClusterLayout(compress=compress), spaces=SPACES)
    given = next(options for name, options in calm.said if name == "create_collection")
    together, sparse = given["vectors_config"], given["sparse_vectors_config"]
    assert sparse == {"words": models.SparseVectorParams(modifier=None)}
    calm.said.clear()
    calm.given.clear()
    other = RemoteIndex(ClusterConnection(("http://a:6333",), calm.at), "other")
    other.create(ClusterLayout(compress=compress))
    for space in SPACES:
        other.add_space(space)
    creations = {args[1]: args[2] for name, args in calm.given if name == "create_vector_name"}
    for name, params in together.items():
        made_later, storage = creations[name].dense, made(calm).get(name, models.VectorParamsDiff())
        assert (params.size, params.distance) == (made_later.size, made_later.distance)
        assert (params.datatype or None) == (made_later.datatype and models.Datatype(made_later.datatype.value))
        assert (params.on_disk, params.quantization_config) == (storage.on_disk, storage.quantization_config)
