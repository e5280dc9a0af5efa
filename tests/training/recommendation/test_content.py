"""From content to factors: each method beside a slow reading of it, and whole trainings on made tastes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge

from making import RATE, write_wav
from sonolux.checkpoints.inputs import Words
from sonolux.encoders import resolve
from sonolux.encoders.trained.encoder import word_counts, words_in
from sonolux.errors import TrainingError
from sonolux.metrics.ranking import area_under_roc
from sonolux.training.data.images import ImageSet
from sonolux.training.data.numbers import RowSet
from sonolux.training.data.sounds import COEFFICIENTS, make_sound_input, read_sounds
from sonolux.training.data.sources import FoundFiles
from sonolux.training.data.texts import vocabulary_of
from sonolux.training.losses.weighted_prediction import weighted_prediction_error
from sonolux.training.recipes import make_recipe
from sonolux.training.recommendation.content import year_nearness
from sonolux.training.recommendation.late_fusion import foretell_folds, weigh_contents
from sonolux.training.recommendation.learn import TasteSet
from sonolux.training.recommendation.metric_learning import MARGIN, _violations, learn_metric
from sonolux.training.recommendation.ridge import RIDGES, choose_ridge, fit_ridge
from sonolux.training.recommendation.train import train_taste
from tastes import made_targets

FRUIT = ("apple", "pear", "plum", "cherry")
TOOLS = ("hammer", "saw", "drill", "file")

SMALL_NETWORK = ["epochs=40", "hidden=16", "learning_rate=0.03", "batch_size=16"]


def made_texts(count: int = 80, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Return texts of fruit or tools, from long ago or of late, and what they mean, (n, 2)."""
    random = np.random.default_rng(seed)
    texts, meaning = [], []
    for _ in range(count):
        kind, late = random.random() < 0.5, random.random() < 0.5
        year = int(random.integers(1995, 2003) if late else random.integers(1930, 1938))
        texts.append(f"{' '.join(random.choice(FRUIT if kind else TOOLS, 3))} ({year})")
        meaning.append((1.0 if kind else -1.0, 1.0 if late else -1.0))
    return texts, np.array(meaning)


def text_set(texts: list[str]) -> RowSet:
    how = Words(vocabulary=vocabulary_of(texts, "made", numbers=True), numbers=True)
    return RowSet("made", word_counts(texts, how), how)


def test_ridge_regression_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    rows, factors = random.normal(size=(50, 6)), random.normal(size=(50, 3))
    weights = random.random(50) + 0.1
    found = fit_ridge(rows, factors, weights, 2.0)
    shares = weights / weights.sum()
    variance = (shares @ (rows - shares @ rows) ** 2).mean()
    oracle = Ridge(alpha=2.0 * variance * 6 / 50).fit(rows, factors, sample_weight=shares)
    np.testing.assert_allclose(found(rows), oracle.predict(rows), rtol=1e-6)


def test_cross_validation_shrinks_what_is_noise_and_keeps_what_tells() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(60, 20))
    told, noise = rows @ random.normal(size=(20, 3)), random.normal(size=(60, 3))
    users, weights = random.normal(size=(30, 3)), np.ones(60)
    assert choose_ridge(rows, told, weights, users, 0) == RIDGES[0]
    assert choose_ridge(rows, noise, weights, users, 0) >= 30


def slow_violations(rows: np.ndarray, similar: np.ndarray, metric: np.ndarray) -> float:
    total = 0.0
    for query in range(len(rows)):
        near = [i for i in range(len(rows)) if similar[query, i]]
        far = [i for i in range(len(rows)) if not similar[query, i] and i != query]
        distance = [float((rows[query] - row) @ metric @ (rows[query] - row)) for row in rows]
        pairs = [max(0.0, MARGIN + distance[i] - distance[j]) for i in near for j in far]
        total += sum(pairs) / len(pairs)
    return total / len(rows)


def test_the_loss_of_metric_learning_is_that_of_all_pairs_and_its_gradient_is_its_slope() -> None:
    random = np.random.default_rng(0)
    rows, root = random.normal(size=(12, 4)), random.normal(size=(4, 4))
    similar = random.random((12, 12)) < 0.3
    np.fill_diagonal(similar, False)
    similar[similar.sum(axis=1) == 0, 0] = True
    similar[0] = False
    similar[0, 1] = True
    metric = root @ root.T
    loss, gradient = _violations(rows, similar, metric)
    assert loss == pytest.approx(slow_violations(rows, similar, metric))
    step = random.normal(size=(4, 4))
    step = 1e-6 * (step + step.T)
    rise = _violations(rows, similar, metric + step)[0] - _violations(rows, similar, metric - step)[0]
    assert rise / 2 == pytest.approx((gradient * step).sum(), rel=1e-3)


def test_metric_learning_brings_what_is_similar_near() -> None:
    random = np.random.default_rng(0)
    rows = np.column_stack([random.normal(size=(80, 2)), 3 * random.normal(size=(80, 6))])
    apart = ((rows[:, None, :2] - rows[:, :2]) ** 2).sum(axis=-1)
    np.fill_diagonal(apart, np.inf)
    similar = np.argsort(np.argsort(apart, axis=1), axis=1) < 8

    def area(mapped: np.ndarray) -> float:
        distances = ((mapped[:, None] - mapped) ** 2).sum(axis=-1)
        scores = np.where(np.eye(len(mapped), dtype=bool), -np.inf, -distances)
        return float(np.nanmean(area_under_roc(scores, similar)))

    assert area(rows) < 0.75
    assert area(rows @ learn_metric(rows, similar, 10.0, 20)) > 0.9


def test_the_weighted_prediction_error_is_its_sum() -> None:
    random = np.random.default_rng(0)
    predicted, users = random.normal(size=(4, 3)), random.normal(size=(5, 3))
    played = (random.random((4, 5)) < 0.5).astype(float)
    confidence = 1 + played * random.random((4, 5))
    found = weighted_prediction_error(*map(torch.from_numpy, (predicted, users, played, confidence)))
    slow = [confidence[i, u] * (played[i, u] - users[u] @ predicted[i]) ** 2 for i in range(4) for u in range(5)]
    assert float(found) == pytest.approx(sum(slow) / 4)


def test_years_are_alike_the_nearer_they_are_and_words_stay_alone() -> None:
    nearness = year_nearness(("apple", "1999", "2000", "1950", "3000"))
    inner = nearness @ nearness.T
    np.testing.assert_allclose(np.diag(inner), 1)
    assert inner[1, 2] > 0.9 and inner[1, 3] < 1e-6
    assert inner[0, 1:].max() == 0 and inner[4, :4].max() == 0


def test_numbers_are_words_only_where_that_is_asked_for() -> None:
    assert words_in("Heat (1995)") == ["heat"]
    assert words_in("Heat (1995), 2nd", numbers=True) == ["heat", "1995", "2", "nd"]


def test_late_fusion_trusts_the_content_that_tells() -> None:
    random = np.random.default_rng(0)
    meaning = random.normal(size=(120, 2))
    targets = made_targets(meaning)
    telling = meaning @ random.normal(size=(2, 5)) + 0.1 * random.normal(size=(120, 5))
    contents = (telling, random.normal(size=(120, 5)))
    shares = weigh_contents([foretell_folds(rows, targets, 0) for rows in contents], targets)
    assert shares[0] > 0.8 and shares[1] < 0.2


@pytest.mark.parametrize(
    ("method", "settings"),
    [("linear", []), ("mlr", []), ("mlp", SMALL_NETWORK)],
)
def test_words_foretell_who_plays_a_text_that_is_new(method: str, settings: list[str], tmp_path: Path) -> None:
    texts, meaning = made_texts()
    known = np.arange(60)
    targets = made_targets(meaning[known])
    model = train_taste(
        TasteSet(text_set(texts[:60]), targets), make_recipe(f"taste-{method}", settings), tmp_path / "t"
    )
    encoder = resolve(str(model.path))[0]
    rows = np.asarray(encoder.encode(texts))
    liked = meaning[60:] @ meaning[:1].T > 1  # as the first text is
    if method == "mlr":
        assert encoder.metric == "euclidean"
        scores = -((rows[60:] - rows[0]) ** 2).sum(axis=1)
    else:
        assert encoder.metric == "dot"
        scores = rows[60:] @ targets.factors.items[0]
    assert area_under_roc(scores[None], liked.T)[0] > 0.9


@pytest.mark.parametrize("method", ["linear", "cnn-mse", "cnn-wpe"])
def test_pixels_foretell_who_plays_an_image_that_is_new(method: str, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    stripes = random.random(80) < 0.5
    pixels = random.integers(0, 60, (80, 24, 24, 3)).astype(np.uint8)
    pixels[stripes, ::4] += 150
    pixels[~stripes, :, ::4] += 150
    meaning = np.where(stripes[:, None], (1.0, 0.5), (-1.0, 0.5))
    small = 'arguments={"widths": [8], "strides": [2]}'
    settings = ["words=16"] if method == "linear" else ["epochs=10", "learning_rate=0.01", small]
    tastes = TasteSet(ImageSet("made", pixels[:60]), made_targets(meaning[:60]))
    encoder = resolve(str(train_taste(tastes, make_recipe(f"taste-{method}", settings), tmp_path / "t").path))[0]
    rows = np.asarray(encoder.encode(list(pixels[60:])))
    assert area_under_roc((rows @ (1.0, 0.0))[None], stripes[None, 60:])[0] > 0.9


@pytest.mark.parametrize("method", ["linear", "cnn-mse"])
def test_sound_foretells_who_plays_it(method: str, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    high = random.random(40) < 0.5
    paths = []
    for number, pitch in enumerate(np.where(high, 1500, 300) * random.uniform(0.8, 1.2, 40)):
        path = tmp_path / f"{number:02}.wav"
        write_wav(path, 0.3 * np.sin(2 * np.pi * pitch * np.arange(4000) / RATE))
        paths.append(str(path))
    how = make_sound_input(RATE, COEFFICIENTS if method == "linear" else 0)
    meaning = np.where(high[:, None], (1.0, 0.5), (-1.0, 0.5))
    settings = ["words=8"] if method == "linear" else ["epochs=6"]
    tastes = TasteSet(read_sounds(FoundFiles("made", tuple(paths[:30])), how), made_targets(meaning[:30]))
    encoder = resolve(str(train_taste(tastes, make_recipe(f"taste-{method}", settings), tmp_path / "t").path))[0]
    rows = np.asarray(encoder.encode([0.3 * np.sin(2 * np.pi * p * np.arange(4000) / RATE) for p in (300, 1500)]))
    assert rows[1, 0] > rows[0, 0]


def test_what_nothing_can_be_learned_from_is_refused(tmp_path: Path) -> None:
    texts, meaning = made_texts()
    few = TasteSet(text_set(texts).subset(np.arange(10)), made_targets(meaning[:10]))
    with pytest.raises(TrainingError, match="10 items have content and plays; at least 20"):
        train_taste(few, make_recipe("taste-linear"), tmp_path / "few")
    uneven = TasteSet(text_set(texts), made_targets(meaning[:40]))
    with pytest.raises(TrainingError, match="80 items have content, 40 factors"):
        train_taste(uneven, make_recipe("taste-linear"), tmp_path / "uneven")
    with pytest.raises(TrainingError, match="takes sounds or pictures, not words"):
        train_taste(TasteSet(text_set(texts), made_targets(meaning)), make_recipe("taste-cnn-mse"), tmp_path / "cnn")
    with pytest.raises(TrainingError, match="a FactorisationRecipe says nothing of this"):
        train_taste(few, make_recipe("wmf"), tmp_path / "wmf")


def test_items_that_nobody_plays_count_little_and_break_nothing() -> None:
    targets = made_targets(np.ones((30, 2)))
    lonely = targets.confidences.toarray()
    lonely[:, 3] = 0
    weights = type(targets)(targets.factors, csr_matrix(lonely)).weights
    assert weights[3] == weights.min() > 0
