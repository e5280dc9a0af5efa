"""The held-out scores, beside what can be counted by hand."""

from __future__ import annotations

import pytest
import torch

from sonolux.training.loop import validation
from sonolux.training.loop.validation import label_precisions, spread, views_found


def test_label_precisions_are_the_share_of_the_nearest_ten() -> None:
    gallery = torch.cat([torch.tensor([[1.0, 0.01 * n]]) for n in range(12)])
    labels = torch.tensor([0] * 7 + [1] * 5)
    queries = torch.tensor([[1.0, 0.0], [1.0, 0.11]])
    found = label_precisions(queries, torch.tensor([0, 1]), gallery, labels)
    assert found.mean() == pytest.approx((7 + 5) / 20)


def test_views_found_are_views_that_find_their_image() -> None:
    images = torch.eye(4)
    views = images[[0, 1, 3, 2]]
    assert views_found(views, images).tolist() == [1, 1, 0, 0]


def test_of_images_in_the_order_of_their_classes_all_classes_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "MOST", 20)
    labels = torch.arange(10).repeat_interleave(50)
    looked_at = labels[spread(len(labels))]
    assert torch.equal(looked_at.bincount(), torch.full((10,), 2))
    assert torch.equal(spread(7), torch.arange(7))
