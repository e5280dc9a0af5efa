"""Pooling: one number a feature, wherever it was found."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sonolux.models import pooling


@pytest.fixture
def maps() -> torch.Tensor:
    return torch.tensor(np.random.default_rng(0).normal(size=(2, 3, 4, 5)))


def test_each_pooling_is_its_definition(maps: torch.Tensor) -> None:
    places = maps.numpy().reshape(2, 3, 20)
    np.testing.assert_allclose(pooling.average(maps), places.sum(axis=2) / 20)
    np.testing.assert_allclose(pooling.maximum(maps), np.sort(places, axis=2)[:, :, -1])
    cubes = np.where(places > 0, places, 0) ** 3
    np.testing.assert_allclose(pooling.generalised_mean(maps), np.cbrt(cubes.mean(axis=2)), rtol=1e-6)
    np.testing.assert_array_equal(pooling.flatten(maps), places.reshape(2, 60))


@pytest.mark.parametrize("name", ["avg", "max", "gem"])
def test_places_do_not_count(name: str, maps: torch.Tensor) -> None:
    moved = maps.roll((1, 2), dims=(2, 3)).flip(3)
    torch.testing.assert_close(pooling.POOLINGS[name](moved), pooling.POOLINGS[name](maps))


def test_the_generalised_mean_lies_between_average_and_maximum(maps: torch.Tensor) -> None:
    positive = maps.abs()
    between = pooling.generalised_mean(positive)
    assert (pooling.average(positive) < between).all() and (between < pooling.maximum(positive)).all()


def test_the_generalised_mean_has_gradients_where_nothing_is_active() -> None:
    silent = torch.zeros(1, 2, 3, 3, requires_grad=True)
    pooling.generalised_mean(silent).sum().backward()
    assert torch.isfinite(silent.grad).all()
