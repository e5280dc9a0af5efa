"""What teachers say together, against plain loops over the images."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sonolux.training.hashing.neighbours import COMPARED, averaged, principal, side_by_side


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((120, 6)).astype(np.float32) * [9, 5, 3, 2, 1, 0.5]


def test_each_descriptor_counts_the_same_whatever_its_size(rows: np.ndarray) -> None:
    small, large = rows[:, :3].astype(np.float32), rows[:, 3:].astype(np.float32)
    [both, asked] = side_by_side([small, large], [small[:7], large[:7]])
    [scaled, _] = side_by_side([small, 1000 * large], [small[:7], large[:7]])
    assert both.shape == (120, 6) and asked.shape == (7, 6)
    torch.testing.assert_close(both.norm(dim=1), torch.ones(120))
    torch.testing.assert_close(both[:, 3:].norm(dim=1), torch.full((120,), 0.5**0.5))
    torch.testing.assert_close(scaled @ scaled.T, both @ both.T, atol=1e-4, rtol=0)
    torch.testing.assert_close(asked, both[:7])


def test_the_first_axes_no_longer_decide_alone(rows: np.ndarray) -> None:
    def share(found: np.ndarray) -> float:
        variances = np.linalg.eigvalsh(np.cov(found.T))
        return float(variances[-1] / variances.sum())

    [found, _] = side_by_side([rows.astype(np.float32)], [rows.astype(np.float32)])
    assert 1 / 6 < share(found.numpy()) < share(unit(rows - rows.mean(0))) - 0.1


@pytest.mark.parametrize("neighbours", [1, 5])
def test_the_mean_is_that_of_the_nearest(neighbours: int) -> None:
    random = np.random.default_rng(1)
    gallery, asked = unit(random.standard_normal((50, 4))), unit(random.standard_normal((COMPARED + 3, 4)))
    expected = [gallery[np.argsort(-(gallery @ row))[:neighbours]].mean(axis=0) for row in asked]
    found = averaged(torch.from_numpy(asked), torch.from_numpy(gallery), neighbours)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


def test_principal_axes_keep_angles_about_the_mean(rows: np.ndarray) -> None:
    learned = torch.from_numpy(rows.astype(np.float32))
    [found, other] = principal(learned, learned[:5])
    centred = unit(rows - rows.mean(axis=0))
    np.testing.assert_allclose((found @ found.T).numpy(), centred @ centred.T, atol=1e-4)
    torch.testing.assert_close(other, found[:5])
