"""Linear projections, against numpy."""

from __future__ import annotations

import numpy as np
import torch

from sonolux.models.projection import Projection


def test_it_is_a_matrix_product_after_the_mean_is_taken_off() -> None:
    random = np.random.default_rng(0)
    x, mean, matrix = random.normal(size=(5, 12)), random.normal(size=12), random.normal(size=(12, 4))
    network = Projection(12, 4).double()
    network.load_state_dict({"mean": torch.tensor(mean), "matrix": torch.tensor(matrix)})
    np.testing.assert_allclose(network(torch.tensor(x.reshape(5, 3, 2, 2))), (x - mean) @ matrix)


def test_principal_components_bring_points_of_a_plane_back() -> None:
    random = np.random.default_rng(1)
    points = random.normal(size=(40, 2)) @ random.normal(size=(2, 6)) + random.normal(size=6)
    mean = points.mean(axis=0)
    _, _, directions = np.linalg.svd(points - mean, full_matrices=False)
    network = Projection(6, 2).double()
    network.load_state_dict({"mean": torch.tensor(mean), "matrix": torch.tensor(directions[:2].T.copy())})
    coordinates = network(torch.tensor(points)).numpy()
    np.testing.assert_allclose(coordinates @ directions[:2] + mean, points, atol=1e-9)


def test_lengths_before_and_after() -> None:
    x = torch.randn(5, 12, generator=torch.Generator().manual_seed(0))
    loud = torch.cat([x, 7 * x])
    first = Projection(12, 4, normalise_inputs=True)(loud)
    torch.testing.assert_close(first[:5], first[5:])
    last = Projection(12, 4, normalise_outputs=True)(loud)
    torch.testing.assert_close(last.norm(dim=1), torch.ones(10))
    torch.testing.assert_close(last[:5], last[5:])


def test_nothing_stays_nothing() -> None:
    both = Projection(12, 4, normalise_inputs=True, normalise_outputs=True)
    assert torch.equal(both(torch.zeros(2, 12)), torch.zeros(2, 4))
