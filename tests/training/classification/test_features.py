"""Classifiers on descriptors: the network says what was fitted, noise scores as chance, and strangers are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sonolux.annotators.classifier import Classifier
from sonolux.annotators.none import NONE
from sonolux.encoders import resolve
from sonolux.training.classification.choosing import CandidateFolds, LabelledDescriptors
from sonolux.training.classification.features import fit_selected, select, selection_scores
from sonolux.training.classification.heads import HeadCandidate, HeadFitter, Preparation
from sonolux.training.classification.recipes import FeaturesRecipe
from sonolux.training.data.described import DescribedSet, describe_images
from sonolux.training.data.images import read_images
from sonolux.training.data.splits import fold_numbers
from sonolux.training.loop.run import run


def described(each: int, apart: float, seed: int = 0, classes: int = 3) -> DescribedSet:
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    rows = apart * np.eye(classes, 20)[labels] + random.normal(size=(len(labels), 20))
    names = tuple("abcdef"[:classes])
    return DescribedSet("made", {"x": rows.astype(np.float32)}, {}, {"x": {}}, {}, labels, names)


@pytest.mark.parametrize("rooted", [False, True])
@pytest.mark.parametrize("head", [("discriminant", 0.1), ("logistic", 10.0)])
def test_the_network_gives_the_scores_of_the_head(head: tuple[str, float], rooted: bool) -> None:
    items = described(9, 3)
    rows = np.abs(items.rows["x"]) if rooted else items.rows["x"]
    told = LabelledDescriptors({"x": rows}, {}, items.labels, 3, balanced=False)
    selection, _ = select(items, FeaturesRecipe(repeats=1))
    candidate = HeadCandidate("x", *head)
    object.__setattr__(selection, "best", candidate)
    fitted = fit_selected(selection, told)
    prepare = Preparation.of(rows, rooted=rooted)
    wanted = HeadFitter(prepare(rows), items.labels, 3, balanced=False).fit(candidate).scores(prepare(rows))
    with torch.inference_mode():
        given = fitted.network(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose(given, wanted, atol=1e-3 * np.abs(wanted).max())


def test_of_labels_that_mean_nothing_the_score_is_chance() -> None:
    reached, held = [], 0
    for seed in range(12):
        items = described(20, 0, seed)
        selection, _ = select(items, FeaturesRecipe(repeats=1, seed=seed))
        scores = selection_scores(selection, items)
        reached.append(scores["accuracy"])
        held += scores["accuracy_low"] <= 1 / 3 <= scores["accuracy_high"]
    assert np.mean(reached) == pytest.approx(1 / 3, abs=0.06)
    assert held >= 10


def test_what_is_scored_has_no_part_in_what_chooses() -> None:
    items = described(10, 1)
    assert items.labels is not None
    folds = fold_numbers(items.labels, None, 5, 1, 0)[0]
    candidates = [HeadCandidate("x", "discriminant", strength) for strength in (0.1, 1.0)]

    def choosing(labels: np.ndarray) -> np.ndarray:
        told = LabelledDescriptors(items.rows, {}, labels, 3, balanced=False)
        return CandidateFolds.of(told, candidates, folds, None).inner[:, 2]

    changed = np.where(folds == 2, (items.labels + 1) % 3, items.labels)
    np.testing.assert_array_equal(choosing(items.labels), choosing(changed))
    assert not np.array_equal(choosing(items.labels), choosing(np.where(folds == 1, 0, items.labels)))


def test_the_worst_class_and_guessing_stand_beside_the_accuracy() -> None:
    items = described(12, 6)
    rows = np.concatenate([np.arange(12), [12, 13], np.arange(24, 36)])
    selection, _ = select(items.subset(rows), FeaturesRecipe(repeats=1))
    scores = selection_scores(selection, items.subset(rows))
    assert scores["classes"]["b"]["support"] == 2
    assert scores["baseline"] == pytest.approx(12 / 26, abs=1e-4)
    assert scores["scored_on"] == 26 == round(sum(map(sum, scores["confusion"])))
    assert scores["worst_recall"] <= scores["balanced_accuracy"] <= 1


def test_a_folder_of_pictures_becomes_a_model_that_knows_what_is_none(shapes: Path, tmp_path: Path) -> None:
    images = read_images(shapes, 32)
    items = describe_images(images, ["hog"], mirrored=False)
    recipe = FeaturesRecipe(sources=("hog",), repeats=1)
    model = run(items, recipe, tmp_path / "model", takes=FeaturesRecipe)
    assert sorted(file.name for file in model.path.iterdir()) == [
        "confusion.png",
        "known.safetensors",
        "model.json",
        "model.safetensors",
    ]
    assert model.scores["accuracy_low"] > model.scores["baseline"]
    classifier = Classifier(model.path)
    black = np.zeros((32, 32, 3), np.uint8)
    said = classifier.annotate([black, images.pixels[0]])
    assert [one.label for one in said[0]] == [NONE] and said[0][0].chance < 0.05
    assert said[1][0].label in images.classes and said[1][0].chance > 0.05
    classifier.force()
    assert classifier.annotate_one(black)[0].label in images.classes
    [encoder] = resolve(str(model.path))
    assert encoder.encode([black]).shape == (1, encoder.dim)


def test_a_class_that_nothing_is_learned_of_leaves_no_hole() -> None:
    """It lies in the part that scores alone."""
    items = described(12, 6)
    parts = np.where(items.labels == 2, "test", np.where(np.arange(36) % 3 == 0, "test", "train"))
    parted = replace(items, parts=tuple(parts.tolist()))
    selection, told = select(parted, FeaturesRecipe(repeats=1))
    fitted = fit_selected(selection, told)
    assert len(fitted.familiarity.means) == 2
    assert np.isfinite(fitted.familiarity.unfamiliarity(items.rows["x"])).all()
    assert all(torch.isfinite(tensor).all() for tensor in fitted.network.state_dict().values())
