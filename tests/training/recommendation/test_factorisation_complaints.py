"""What people have complained of in factorisation and cold starts, asked again: tests name the reports they follow."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from sonolux.checkpoints.inputs import Words
from sonolux.encoders import resolve
from sonolux.encoders.trained.encoder import word_counts
from sonolux.errors import TrainingError
from sonolux.metrics.ranking import truncated_average_precision
from sonolux.training.data.numbers import RowSet
from sonolux.training.data.texts import vocabulary_of
from sonolux.training.recipes import make_recipe
from sonolux.training.recommendation.data import read_plays
from sonolux.training.recommendation.factorisation import Factors, factorise, fold_in
from sonolux.training.recommendation.learn import TasteSet
from sonolux.training.recommendation.recipe import FactorisationRecipe
from sonolux.training.recommendation.train import train_taste
from tastes import made_targets

pytest.importorskip("implicit")


def made_plays(users: int = 30, items: int = 20) -> csr_matrix:
    return csr_matrix((np.random.default_rng(0).random((users, items)) < 0.3) * 1.0)


def finite(factors: Factors) -> bool:
    return bool(np.isfinite(factors.users).all() and np.isfinite(factors.items).all())


def test_more_factors_than_items_are_numbers() -> None:
    """implicit #377: they were NaN, and recommended all the same."""
    assert finite(factorise(csr_matrix(np.eye(10)), FactorisationRecipe(factors=15)))


@pytest.mark.parametrize(
    ("plays", "options"),
    [
        (np.eye(10), {"factors": 15, "regularisation": 0.0}),
        (np.full((4, 4), 1e30), {"factors": 2, "confidence": "linear"}),
        (np.full((4, 4), 1e300), {"factors": 2, "confidence": "linear"}),
    ],
)
def test_where_there_are_no_factors_it_is_one_line_what_to_do(plays: np.ndarray, options: dict[str, float]) -> None:
    """implicit #94, #377, #252: "NaN encountered in factors", or that LAPACK fails on row 0."""
    with warnings.catch_warnings(), pytest.raises(TrainingError, match="raise the regularisation, or leave") as said:
        warnings.simplefilter("error")
        factorise(csr_matrix(plays), FactorisationRecipe(**options))  # type: ignore[arg-type]
    assert "\n" not in str(said.value)


def test_without_regularisation_factors_are_numbers_or_it_is_one_line() -> None:
    """implicit #94 again: which of both it is depends on how a processor rounds."""
    plays, recipe = csr_matrix(np.ones((2, 2))), FactorisationRecipe(factors=2, regularisation=0.0, iterations=500)
    try:
        factors = factorise(plays, recipe)
    except TrainingError as error:
        assert "raise the regularisation" in str(error)
    else:
        assert finite(factors)


def test_the_first_item_is_recommended_like_any_other() -> None:
    """implicit #316: item 0 never came."""
    plays = made_plays()
    factors = factorise(plays, FactorisationRecipe(factors=4))
    scores = np.where(plays.toarray() > 0, -np.inf, factors.users @ factors.items.T)
    assert 0 in scores.argmax(axis=1)


def test_a_known_user_is_where_a_new_one_with_the_same_plays_is() -> None:
    """implicit #343, #152: users that are folded in were not those that were learned."""
    recipe = FactorisationRecipe(factors=4)
    plays = made_plays()
    factors = factorise(plays, recipe)
    for user in range(plays.shape[0]):
        np.testing.assert_allclose(fold_in(plays[user], factors.items, recipe), factors.users[user], atol=1e-5)


def test_a_dislike_is_less_than_nothing_said() -> None:
    """implicit #385, Spark 20790: a weight below 0 was taken for a play, or for nothing."""
    plays = made_plays().toarray()
    unsaid, disliked = plays.copy(), plays.copy()
    unsaid[:15, 0], disliked[:15, 0] = 0, -50
    without, told = (factorise(csr_matrix(each), FactorisationRecipe(factors=4)) for each in (unsaid, disliked))
    assert (told.users[:15] @ told.items[0]).mean() < (without.users[:15] @ without.items[0]).mean()


def test_a_zero_that_is_written_is_no_play() -> None:
    """implicit #724: is an explicit zero the same as nothing?"""
    plays = made_plays()
    written = plays.copy()
    written.data = np.where(np.arange(written.nnz) % 3 == 0, 0.0, written.data)
    missing = written.copy()
    missing.eliminate_zeros()
    recipe = FactorisationRecipe(factors=4)
    np.testing.assert_array_equal(factorise(written, recipe).items, factorise(missing, recipe).items)


def test_a_seed_gives_the_same_whatever_was_drawn_before() -> None:
    """implicit #263, #402: other factors every time, in spite of a seed."""
    for method in ("wmf", "bpr"):
        recipe = make_recipe(method, ["factors=4", "iterations=5", "seed=3"])
        first = factorise(made_plays(), recipe)
        np.random.default_rng().random(7)
        np.testing.assert_array_equal(first.items, factorise(made_plays(), recipe).items)


def test_a_new_item_that_says_nothing_known_is_near_the_mean_and_a_number(tmp_path: Path) -> None:
    """LightFM #298, #556: an item without any known feature was predicted at random."""
    random = np.random.default_rng(0)
    kinds = random.random(40) < 0.5
    fruit, tools = ("apple", "pear", "plum"), ("saw", "drill", "file")
    texts = [" ".join(random.choice(fruit if kind else tools, 2)) for kind in kinds]
    how = Words(vocabulary=vocabulary_of(texts, "made", numbers=True), numbers=True)
    targets = made_targets(np.column_stack([np.where(kinds, 1.0, -1.0), np.ones(40)]))
    rows = RowSet("made", word_counts(texts, how), how)
    folder = train_taste(TasteSet(rows, targets), make_recipe("taste-linear"), tmp_path / "t")
    told, nothing = resolve(str(folder.path))[0].encode(["apple pear", "zzz"])
    middle = targets.factors.items.mean(axis=0)
    assert np.linalg.norm(nothing - middle) < np.linalg.norm(told - middle)


def test_a_ranking_of_ties_is_no_better_for_who_stands_first() -> None:
    """scikit-learn #6377, burn #5683: average precision of .5 for scores that say nothing."""
    first = np.arange(1000)[None] == 0
    assert truncated_average_precision(np.zeros((1, 1000)), first)[0] < 0.01
    assert truncated_average_precision(np.zeros((1, 1000)), first[:, ::-1])[0] < 0.01


def test_average_precision_is_of_all_that_could_be_found() -> None:
    """python-recsys #29: divided by what was found, one hit at the top of five was perfect."""
    scores = -np.arange(10.0)[None]
    relevant = np.isin(np.arange(10), (0, 7, 8, 9))[None]
    assert truncated_average_precision(scores, relevant, 5)[0] == 0.25


def test_ids_stay_as_they_are_written_and_rows_add_up(tmp_path: Path) -> None:
    """RecSys challenge 2016 #10: the same user again and again; and 007 is not 7."""
    (tmp_path / "plays.csv").write_text("user,item,plays\n007,1.0,2\n7,1,1\n007,1.0,3\n")
    users, plays, items = read_plays(tmp_path / "plays.csv")
    assert users == ("007", "7") and list(items) == ["1.0", "1"]
    assert plays.toarray().tolist() == [[5, 0], [0, 1]]
