"""Learning from feedback: beside slow references, on a real library, and when to refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from digits import judge_like_somebody, precision, write_digits
from sonolux.checkpoints.inputs import SourceDescriptors
from sonolux.encoders import resolve
from sonolux.errors import TrainingError
from sonolux.library import Library
from sonolux.training.feedback import triplets
from sonolux.training.feedback.data import FeedbackSet, JudgedQuery
from sonolux.training.feedback.learn import best_epochs, split_queries
from sonolux.training.feedback.recipe import FeedbackRecipe
from sonolux.training.feedback.train import train_feedback
from sonolux.training.feedback.triplets import (
    learn_residual,
    margins,
    mean_reciprocal_rank,
    ordered_share,
    similarity,
    triplets_of,
)
from sonolux.training.recipes import make_recipe
from sonolux.types import Metric, Space

METRICS: tuple[Metric, ...] = ("cosine", "dot", "euclidean", "hamming")
DIM = 16


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def recipe(**changes: object) -> FeedbackRecipe:
    return make_recipe("feedback", **changes)


def tasteful(count: int, kind: str = "float", seed: int = 0, hits: int = 8) -> tuple[JudgedQuery, ...]:
    """Make questions of somebody to whom the first coordinate alone matters, which the space hides among others."""
    random = np.random.default_rng(seed)
    questions = []
    for _ in range(count):
        query, found = random.choice([-1.0, 1.0], DIM), random.choice([-1.0, 1.0], (hits, DIM))
        found[0, 0], found[1, 0] = query[0], -query[0]
        if kind == "float":
            query, found = query + 0.1 * random.standard_normal(DIM), found + 0.1 * random.standard_normal((hits, DIM))
        good = np.sign(found[:, 0]) == np.sign(query[0])
        rows = [np.packbits(row > 0, axis=-1) if kind == "binary" else row.astype(np.float32) for row in (query, found)]
        questions.append(JudgedQuery(rows[0], rows[1][good], rows[1][~good]))
    return tuple(questions)


def feedback(questions: tuple[JudgedQuery, ...], metric: Metric = "cosine") -> FeedbackSet:
    space = Space("look", DIM, metric, "binary" if metric == "hamming" else "float")
    source = SourceDescriptors(source="colour-layout", digests={"colour-layout": "0"})
    return FeedbackSet(space, source, "MIT", questions, sum(len(q.liked) + len(q.disliked) for q in questions))


def rows_of(question: JudgedQuery) -> list[np.ndarray]:
    parts = [question.query[None], question.liked, question.disliked]
    if question.query.dtype == np.uint8:
        parts = [np.unpackbits(part, axis=1) * 2.0 - 1 for part in parts]
    return [part.astype(float) for part in parts]


def slow_similarity(one: np.ndarray, other: np.ndarray, metric: Metric) -> float:
    if metric == "cosine":
        return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
    if metric == "euclidean":
        return -float(np.sqrt(((one - other) ** 2).sum()))
    if metric == "hamming":
        return 1 - 2 * int(((one > 0) != (other > 0)).sum()) / len(one)
    return float(one @ other)


def slow_order(questions: tuple[JudgedQuery, ...], metric: Metric, matrix: np.ndarray) -> tuple[float, float]:
    shares, ranks = [], []
    for question in questions:
        [query], liked, disliked = (part @ matrix for part in rows_of(question))
        good, bad = ([slow_similarity(query, row, metric) for row in rows] for rows in (liked, disliked))
        shares.append(np.mean([(g > b) + (g == b) / 2 for g in good for b in bad]))
        ranks.append(1 / (1 + sum(b >= max(good) for b in bad)))
    return float(np.mean(shares)), float(np.mean(ranks))


@pytest.mark.parametrize("metric", METRICS)
def test_scores_are_those_of_a_slow_reference(metric: Metric) -> None:
    questions = tasteful(7, "binary" if metric == "hamming" else "float")
    matrix = np.eye(DIM) + 0.4 * np.random.default_rng(5).standard_normal((DIM, DIM))
    projection = torch.from_numpy(matrix.astype(np.float32))
    expected = slow_order(questions, metric, matrix)
    assert ordered_share(triplets_of(questions, 0), metric, projection) == pytest.approx(expected[0], abs=1e-6)
    assert mean_reciprocal_rank(questions, metric, projection) == pytest.approx(expected[1], abs=1e-6)
    assert 0.1 < expected[0] < 0.99


@pytest.mark.parametrize("metric", METRICS)
def test_similarities_are_those_of_the_index(metric: Metric) -> None:
    one, other = (torch.from_numpy(np.sign(np.random.default_rng(n).standard_normal((5, DIM)))) for n in (0, 1))
    found = similarity(one, other, metric)
    pairs = zip(one.numpy(), other.numpy(), strict=True)
    assert found.tolist() == pytest.approx([slow_similarity(*pair, metric) for pair in pairs])


def test_every_question_counts_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = tasteful(1, hits=4)[0], tasteful(1, hits=40)[0]
    monkeypatch.setattr(triplets, "MOST", 50)
    made = triplets_of([few, many], 0)
    assert len(made.pairs) == few.triplets + 50
    assert float(made.weights[: few.triplets].sum()) == pytest.approx(0.5)
    assert float(made.weights.sum()) == pytest.approx(1)
    liked, disliked = made.pairs.T
    assert (made.asked[liked] == made.asked[disliked]).all()
    hits = np.concatenate([few.liked, few.disliked, many.liked, many.disliked])
    np.testing.assert_array_equal(made.hits.numpy(), hits)
    assert set(liked.tolist()).isdisjoint(disliked.tolist())


def test_margins_by_hand() -> None:
    question = JudgedQuery(*(np.array(rows, np.float32) for rows in ([1, 0], [[1, 0], [0, 2]], [[0, 1]])))
    found = margins(triplets_of([question], 0), "dot", lambda rows: rows)
    assert sorted(found.tolist()) == [0, 1]


@pytest.mark.parametrize("metric", METRICS)
def test_a_hidden_taste_is_found(metric: Metric) -> None:
    kind = "binary" if metric == "hamming" else "float"
    learned, unseen = tasteful(60, kind), tasteful(40, kind, seed=9)
    how = recipe(learning_rate=1e-2)
    matrix = learn_residual(learned, metric, how, 60, lambda epoch, so_far: None)
    judges = triplets_of(unseen, 0)
    before, after = ordered_share(judges, metric, torch.eye(DIM)), ordered_share(judges, metric, matrix)
    assert before < 0.75
    assert after > before + 0.15


def turned(question: JudgedQuery) -> JudgedQuery:
    return JudgedQuery(question.query, question.disliked, question.liked)


def test_whole_questions_are_held_out() -> None:
    questions = tasteful(21)
    for count, expected in ((10, 3), (15, 3), (20, 4), (21, 4)):
        learned, held_out = split_queries(questions[:count], recipe())
        assert len(held_out) == expected
        assert {id(one) for one in (*learned, *held_out)} == {id(one) for one in questions[:count]}


def slow_curve(questions: tuple[JudgedQuery, ...], fold: int, how: FeedbackRecipe) -> list[float]:
    """Return the order of every fifth question, before and after each epoch of learning from the others."""
    others = [one for number, one in enumerate(questions) if number % 5 != fold]
    matrices = [torch.eye(DIM)]
    learn_residual(others, "cosine", how, how.epochs, lambda _, matrix: matrices.append(matrix))
    return [slow_order(questions[fold::5], "cosine", matrix.numpy())[0] for matrix in matrices]


def test_how_long_to_learn_is_told_by_questions_that_were_not_learned_from() -> None:
    calls: list[int] = []
    questions, how = tasteful(20), recipe(epochs=12, learning_rate=1e-2)

    class Report:
        def after(self, epoch: int, matrix: torch.Tensor) -> None:
            calls.append(epoch)

    space = Space("look", DIM)
    best = best_epochs(questions, space, how, Report())  # type: ignore[arg-type]
    assert calls == [*range(1, 13)] * 5
    curves = [slow_curve(questions, fold, how) for fold in range(5)]
    assert best == np.argmax(np.mean(curves, axis=0)) > 0


def test_a_model_is_written_with_what_it_reached(tmp_path: Path) -> None:
    told: list[float] = []
    [source] = resolve("colour-layout")
    wide = SourceDescriptors(source="colour-layout", digests={"colour-layout": source.digest})
    given = replace(feedback(tasteful(30)), source=wide)
    saved = train_feedback(given, recipe(learning_rate=1e-2), tmp_path / "taste", lambda done, line: told.append(done))
    _, held_out = split_queries(given.questions, recipe())
    matrix = saved.network().matrix.numpy()
    before, after = slow_order(held_out, "cosine", np.eye(DIM)), slow_order(held_out, "cosine", matrix)
    names = ("order-before", "mrr-before", "order-after", "mrr-after")
    assert [saved.scores[name] for name in names] == pytest.approx([*before, *after], abs=1e-4)
    assert after[0] > before[0] + 0.1
    assert saved.data["questions"] + saved.data["held_out"] == 30
    assert (saved.recipe["margin"], saved.recipe["rank"]) == (1.0, 8)
    assert saved.licence == "MIT"
    assert told == sorted(told)
    assert 0 < told[-1] <= 1
    again = train_feedback(given, recipe(learning_rate=1e-2), tmp_path / "again")
    assert np.array_equal(again.network().matrix.numpy(), matrix)


def test_what_questions_held_out_do_not_gain_from_is_not_written(tmp_path: Path) -> None:
    questions = tasteful(30)
    held_out = {id(one) for one in split_queries(questions, recipe())[1]}
    against = tuple(turned(one) if id(one) in held_out else one for one in questions)
    with pytest.raises(TrainingError, match=r"questions held out do not gain: 0\.\d+ .* no model was written"):
        train_feedback(feedback(against), recipe(learning_rate=1e-2), tmp_path / "taste")
    assert not (tmp_path / "taste").exists()


def test_what_is_in_order_already_is_not_learned(tmp_path: Path) -> None:
    near, far = np.eye(DIM, dtype=np.float32)[:1] + 0.01, -np.eye(DIM, dtype=np.float32)[:3]
    content = tuple(JudgedQuery(near[0] * n, np.repeat(near, 2, 0), far) for n in range(1, 13))
    with pytest.raises(TrainingError, match="does not answer the others better: no model was written"):
        train_feedback(feedback(content), recipe(), tmp_path / "taste")
    assert not (tmp_path / "taste").exists()


@pytest.mark.parametrize(
    ("questions", "reason"),
    [
        (
            tasteful(9),
            "give 9 questions with hits liked and disliked in look, and .*: at least 10 questions and 30 pairs",
        ),
        (tasteful(14, hits=2), "14 questions .* 14 pairs of them: at least"),
        ((), "0 judgements give 0 questions"),
    ],
)
def test_too_little_feedback_is_refused(questions: tuple[JudgedQuery, ...], reason: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=reason):
        train_feedback(feedback(questions), recipe(), tmp_path / "taste")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"margin": 0, "rank": 8}, "margin is a positive number, not 0"),
        ({"margin": "wide", "rank": 8}, "margin is a positive number, not 'wide'"),
        ({"margin": 1.0, "rank": 0}, "rank is a whole number from 1, not 0"),
        ({"margin": 1.0, "rank": 2.5}, "rank is a whole number from 1"),
        ({"margin": 1.0, "rank": 8, "temperature": 2}, "no option temperature"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], reason: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=reason):
        train_feedback(feedback(tasteful(10)), recipe(**options), tmp_path / "taste")


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.json").touch()
    with pytest.raises(TrainingError, match="is there and not empty: name a new one with --out"):
        train_feedback(feedback(tasteful(10)), recipe(), tmp_path)


def test_somebody_who_likes_the_same_digit(tmp_path: Path) -> None:
    folder = write_digits(tmp_path / "digits", 300)
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=["colour-layout"])
        judge_like_somebody(library, folder, 60, "colour-layout")
        saved = train_feedback(library.feedback_set("colour-layout"), recipe(), tmp_path / "taste")
        assert saved.scores["order-after"] > saved.scores["order-before"] + 0.02
        library.add(folder, spaces=[str(saved.path)])
        unasked = sorted(folder.iterdir(), key=lambda path: path.name[2:])[60:180]
        before, after = (precision(library, unasked, space) for space in ("colour-layout", "taste"))
        assert after > before + 0.01
        assert library.search(image=unasked[0], space="taste", k=1)[0].path == str(unasked[0])
