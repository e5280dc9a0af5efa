"""Protocols of aligned, fused and felt: folds share nothing, scores by brute force, bad folders said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sonolux.errors import SonoluxError
from sonolux.evaluation.protocols.caption_alignment import gain_interval, recall_of_ranks
from sonolux.evaluation.protocols.film_genres import FOLDS, answer_in_folds, precision_areas, read_film_genres
from sonolux.evaluation.protocols.moods import EMOTIONS, MoodTask, mood_tasks
from sonolux.evaluation.protocols.three_senses import recall_by_digit
from sonolux.evaluation.rendered_midi import render_midi
from sonolux.training.fusion.data import FusionSet


def films(count: int = 40) -> FusionSet:
    random = np.random.default_rng(0)
    answers = (random.random((count, 3)) < 0.4).astype(np.float32)
    rows = random.normal(size=(count, 4)).astype(np.float32)
    return FusionSet("films", None, {"image": 4}, rows, np.ones((count, 1), np.bool_), "tags", ("a", "b", "c"), answers)


def test_every_film_is_answered_by_a_model_that_did_not_learn_from_it() -> None:
    items = films()
    learned: list[set[bytes]] = []

    def learn(some: FusionSet):  # type: ignore[no-untyped-def]
        known = {row.tobytes() for row in some.rows}
        learned.append(known)

        def answer(asked: FusionSet) -> np.ndarray:
            assert not known & {row.tobytes() for row in asked.rows}
            return asked.answers

        return answer

    (answers,) = answer_in_folds(items, learn, items)
    assert np.array_equal(answers, items.answers)
    assert len(learned) == FOLDS


def test_areas_are_whole_for_right_answers_and_the_share_for_none() -> None:
    items = films()
    assert precision_areas(items.answers, items.answers) == (1.0, 1.0)
    assert precision_areas(np.zeros_like(items.answers), items.answers)[0] == pytest.approx(items.answers.mean())


def test_moods_of_sounds_that_say_them_are_told() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(60, 5)).astype(np.float32)
    folds = tuple(np.arange(60)[start::5] for start in range(5))
    paths = tuple(Path(f"{number}.wav") for number in range(60))
    shares = rows[:, :2] @ np.array([[1.0, 0.2], [0.3, -1.0]])
    ranks = MoodTask("made", "ranks", paths, shares, folds)
    assert ranks.score(ranks.predict(rows)) > 0.95
    signs = MoodTask("made", "classes", paths, (rows[:, :1] > 0).astype(float), folds)
    told = signs.predict(rows)
    assert signs.score(told) > 0.85
    noise = signs.predict(random.normal(size=(60, 5)).astype(np.float32))
    low, high = signs.gain(told, noise)
    assert 0 < low < signs.score(told) - signs.score(noise) < high


@pytest.mark.data
def test_folds_of_real_sounds_share_no_game_and_no_speaker(data: Path, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("sonolux.evaluation.protocols.moods.render_midi", lambda midi, folder: midi)
    tasks = {task.name: task for task in mood_tasks(data, tmp_path, lambda line: None)}
    felt = tasks["felt emotions of music"]
    assert felt.targets.shape == (40, len(EMOTIONS))
    for task in tasks.values():
        assert sorted(np.concatenate(task.folds)) == list(range(len(task.paths)))
    for name, group in (("valence of game music", "_"), ("emotions of speech, speaker left out", "a")):
        task = tasks[name]
        groups = np.array([path.name.split(group)[0] for path in task.paths])
        assert all(not set(groups[fold]) & set(np.delete(groups, fold)) for fold in task.folds)


def test_recalls_by_hand() -> None:
    assert recall_of_ranks(np.array([1, 2, 5, 6, 11])) == {1: 0.2, 5: 0.6, 10: 0.8}
    low, high = gain_interval(np.array([1] * 50), np.array([2] * 50), 1)
    assert (low, high) == (1.0, 1.0)
    rows, digits = np.eye(3, dtype=np.float32), np.arange(3)
    assert recall_by_digit(rows, digits, rows[::-1], digits[::-1]) == 1
    assert recall_by_digit(rows, digits, rows, digits[::-1]) == pytest.approx(1 / 3)


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SonoluxError, match="name the folder of the data sets"):
        read_film_genres(tmp_path, tmp_path, lambda line: None)
    with pytest.raises(SonoluxError, match="name the folder of the data sets"):
        next(mood_tasks(tmp_path, tmp_path, lambda line: None))
    monkeypatch.setattr("sonolux.evaluation.rendered_midi.shutil.which", lambda name: None)
    with pytest.raises(SonoluxError, match="apt-get install fluidsynth"):
        render_midi(tmp_path / "a.mid", tmp_path)
