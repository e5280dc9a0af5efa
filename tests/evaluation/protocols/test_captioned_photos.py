"""The protocol of words and pictures: its halves, its questions, and its scores on answers that are known."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from sonolux.errors import SonoluxError
from sonolux.evaluation.protocols.captioned_photos import (
    Captioned,
    absence_scores,
    caption_questions,
    category_questions,
    class_questions,
    precision_scores,
    rank_photos,
    recall_scores,
    split_captioned,
    write_captions,
)
from sonolux.library import Library
from sonolux.training.alignment.data import rows_in


class Scripted:
    """A library whose answers are written down: of each question, photos with scores and chances, best first."""

    def __init__(self, answers: dict[str, list[tuple[Path, float, float]]]) -> None:
        self.answers = answers

    def search(self, text: str, *, space: str, k: int) -> list[Any]:
        assert space == "words"
        return [
            SimpleNamespace(path=str(path), score=s, chance=c, confident=c <= 0.05)
            for path, s, c in self.answers[text][:k]
        ]


def scripted(**answers: list[tuple[Path, float, float]]) -> Library:
    return cast(Library, Scripted(answers))


def test_halves_share_no_photo_and_every_caption_is_written(tmp_path: Path) -> None:
    names = [f"{number:02}.jpg" for number in range(50)]
    lines = [f"{name}\t{word}, {name}" for name in reversed(names) for word in ("one", "two")]
    (tmp_path / "captions.tsv").write_text("\n".join(lines))
    learned, scored = split_captioned(tmp_path)
    assert [photo.path.name for photo in learned] == names[::2]
    assert [photo.path.name for photo in scored] == names[1::2]
    table = write_captions(learned, tmp_path / "learned.csv")
    written = [(Path(path).name, sentence) for _, path, sentence in rows_in(table)[0]]
    assert written == [(name, f"{word}, {name}") for name in names[::2] for word in ("one", "two")]
    with pytest.raises(SonoluxError, match="holds 0 photos with captions"):
        split_captioned(tmp_path / "nowhere")


def test_a_sentence_below_two_photos_is_answered_by_either(tmp_path: Path) -> None:
    photos = [Captioned(tmp_path / name, (said, "other")) for name, said in (("a", "x"), ("b", "y"), ("c", "x"))]
    assert caption_questions(photos) == {"x": [tmp_path / "a", tmp_path / "c"], "y": [tmp_path / "b"]}


def test_categories_that_no_photo_shows_have_no_answer(tmp_path: Path) -> None:
    record = {
        "categories": [{"id": 3, "name": "cat"}, {"id": 4, "name": "dog"}],
        "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}],
        "annotations": [{"image_id": 2, "category_id": 3}, {"image_id": 2, "category_id": 3}],
    }
    (tmp_path / "instances.json").write_text(json.dumps(record))
    assert category_questions(tmp_path) == {"cat": {tmp_path / "b.jpg"}, "dog": set()}


def test_classes_of_the_half_that_is_not_scored_are_absent(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"n{number:08}_some_{number}.jpg").touch()
    questions = class_questions(tmp_path)
    assert questions["some 0"] == []
    assert questions["some 1"] == [tmp_path / "n00000001_some_1.jpg"]
    assert len(questions) == 40


def test_links_to_photos_are_the_photos_that_are_asked_for(tmp_path: Path) -> None:
    photo, link = tmp_path / "photo.jpg", tmp_path / "link.jpg"
    photo.touch()
    link.symlink_to(photo)
    library = scripted(asked=[(photo, 0.9, 0.1), (link, 0.8, 0.1)])
    assert rank_photos(library, {"asked": [link]}, "words", 2).tolist() == [[False, True]]


def test_scores_of_known_answers(tmp_path: Path) -> None:
    a, b, c = (tmp_path / name for name in "abc")
    library = scripted(
        first=[(a, 0.9, 1e-6), (b, 0.5, 0.1), (c, 0.1, 0.6)],
        second=[(a, 0.8, 0.02), (c, 0.7, 0.03), (b, 0.6, 0.1)],
        unfound=[],
        absent=[(b, 0.8, 0.01)],
    )
    questions = {"first": [a], "second": [b, c], "unfound": [a], "absent": []}
    relevant = rank_photos(library, questions, "words", 3)
    assert relevant.tolist() == [[True, False, False], [False, True, True], [False, False, False]]
    assert recall_scores(relevant) == pytest.approx({"R@1": 1 / 3, "R@10": 2 / 3})
    assert precision_scores(relevant)["mAP"] == pytest.approx(np.mean([1, (1 / 2 + 2 / 3) / 2, 0]))
    assert absence_scores(library, questions, "words") == pytest.approx(
        {"AUC by score": 1.5 / 3, "AUC by chance": 1 / 3, "found, present": 2 / 3, "found, absent": 1}
    )


def test_the_least_chance_of_a_page_decides_and_not_that_of_its_first_hit(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    library = scripted(there=[(a, 0.9, 0.5), (b, 0.8, 0.001)], absent=[(a, 0.7, 0.2), (b, 0.6, 0.1)])
    assert absence_scores(library, {"there": [b], "absent": []}, "words") == pytest.approx(
        {"AUC by score": 1, "AUC by chance": 1, "found, present": 1, "found, absent": 0}
    )
