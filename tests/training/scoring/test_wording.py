"""Scores in words: captions and feedback say how surely, and beside what."""

from __future__ import annotations

import numpy as np
import torch

from sonolux.training.feedback.data import JudgedQuery
from sonolux.training.feedback.learn import compare_projection
from sonolux.training.feedback.triplets import ordered_share, triplets_of
from sonolux.training.scoring.wording import scores_in_words
from sonolux.types import Space


def test_captions_stand_beside_chance_with_their_interval() -> None:
    scores = {"recall-1": 0.5, "recall-1_low": 0.3, "recall-1_high": 0.7, "recall-10": 0.9, "recall-10_low": 0.8}
    said = scores_in_words(scores | {"baseline": 0.05, "scored_on": 20})
    assert said == "recall-1 0.50 (0.30 to 0.70) of 20 never seen; by chance 0.05; recall-10 0.90"


def test_what_feedback_gains_has_an_interval() -> None:
    random = np.random.default_rng(0)
    questions = [
        JudgedQuery(*(random.normal(size=shape).astype(np.float32) for shape in ((4,), (2, 4), (3, 4))))
        for _ in range(12)
    ]
    space = Space("s", 4)
    matrix = torch.diag(torch.tensor([3.0, 1.0, 1.0, 0.1]))
    scores = compare_projection(questions, space, matrix, 0)
    triplets = triplets_of(questions, 0)
    assert scores["order-after"] == round(ordered_share(triplets, "cosine", matrix), 4)
    assert scores["order-after_low"] < scores["order-after"] < scores["order-after_high"]
    assert scores["order-gain_low"] <= scores["order-gain"] <= scores["order-gain_high"]
    assert scores["scored_on"] == 12
    said = scores_in_words(scores)
    assert said.startswith(f"order-after {scores['order-after']:.2f} (") and "of 12 never seen" in said
    assert f"before {scores['order-before']:.2f}; the gain is between" in said
