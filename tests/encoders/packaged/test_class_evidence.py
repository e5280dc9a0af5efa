"""Recognition by classes: what a question names, what a descriptor of concepts shows, and how surely."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sonolux import sample
from sonolux.encoders import resolve
from sonolux.encoders.base import normalised
from sonolux.encoders.packaged import concepts
from sonolux.encoders.packaged.class_evidence import (
    BROADEST,
    CALLED,
    NAME_CHANCES,
    SENTENCE_CHANCES,
    SHOWN,
    _called,
    _classes_by_name,
    chances_of,
    class_probabilities,
    named_classes,
    names_classes,
)
from sonolux.encoders.packaged.image_classes import CLASSES, image_classes
from sonolux.errors import EncoderError
from sonolux.evaluation.protocols.captioned_photos import split_captioned
from tools.class_evidence import words_of


@pytest.fixture(scope="module")
def vectors() -> concepts.ClassVectors:
    made = concepts._class_vectors()
    made._held()
    return made


def test_the_distribution_over_classes_is_told_from_its_descriptor(vectors: concepts.ClassVectors) -> None:
    # As a network gives it at a high temperature: one class that it sees, some that are like it, a bit of everything.
    rng = np.random.default_rng(0)
    seen = rng.permutation(CLASSES)[:200].reshape(40, 5)
    flat = np.full((40, CLASSES), 0.5 / CLASSES, np.float32)
    flat[np.arange(40)[:, None], seen] += (0.3, 0.05, 0.05, 0.05, 0.05)
    found = class_probabilities(3 * normalised(flat @ vectors.directions), vectors.decoder())
    assert found.sum(axis=1) == pytest.approx(np.ones(40), rel=1e-4)
    assert (found.argmax(axis=1) == seen[:, 0]).mean() > 0.95
    assert np.median(found[np.arange(40), seen[:, 0]]) > 0.9
    assert found[np.arange(40), seen[:, 1]].max() < 0.3
    assert not class_probabilities(np.zeros((1, concepts.DIM), np.float32), vectors.decoder()).any()


@pytest.mark.parametrize("question", ["dog", "a Dog", "the dogs", " dogs "])
def test_a_name_of_a_kind_names_all_of_it(question: str) -> None:
    called = _called(question)
    assert called is not None
    table = image_classes()
    names = {table.labels[place] for place in np.flatnonzero(called)}
    assert {"Chihuahua", "beagle", "pug"} <= names
    assert "tabby" not in names


def test_a_word_of_several_senses_names_all_and_one_without_limits_names_nothing() -> None:
    table = image_classes()
    called = _called("crane")
    assert called is not None
    assert {table.labels[place] for place in np.flatnonzero(called)} == {
        "crane (wading bird)",
        "crane (lifting device)",
    }
    assert _called("object") is None
    assert _called("a dog on a lawn") is None
    assert max(map(len, _classes_by_name().values())) <= BROADEST


def test_what_is_not_called_so_counts_by_its_meaning(vectors: concepts.ClassVectors) -> None:
    text = resolve("concepts")[1]
    table = image_classes()
    [puppy, dog] = np.asarray(text.encode_queries(["a puppy", "dog"]))
    by_meaning = named_classes("a puppy", puppy, vectors.directions)
    assert by_meaning.sum() == pytest.approx(1, rel=1e-4)
    dogs = np.flatnonzero(_called("dog"))
    assert by_meaning[dogs].sum() > 0.5
    named = named_classes("dog", dog, vectors.directions)
    assert named[dogs].min() >= CALLED
    assert named[table.labels.index("tabby")] < 0.1


@pytest.mark.parametrize(("named", "table"), [(True, NAME_CHANCES), (False, SENTENCE_CHANCES)])
def test_chances_fall_as_what_is_shown_rises(named: bool, table: tuple[float, ...]) -> None:
    shown = np.linspace(0, 1, 1001)
    chances = chances_of(shown, named)
    assert (np.diff(chances) <= 0).all()
    assert chances[0] == pytest.approx(table[0])
    assert chances[-1] == pytest.approx(table[-1])
    assert chances.min() > 0
    assert chances.max() <= 1
    assert chances_of(np.array(SHOWN), named) == pytest.approx(table)


def test_a_sentence_means_a_little_of_many_things_and_is_less_sure_than_a_name() -> None:
    middling = np.array([0.001, 0.01, 0.1])
    assert (chances_of(middling, named=False) > 3 * chances_of(middling, named=True)).all()
    assert names_classes("dogs")
    assert not names_classes("dogs that play in the snow")


@pytest.mark.data
def test_chances_of_sentences_hold_for_photographs_of_something_else(data: Path) -> None:
    """Sentences of the odd half of flickr_captions, which the table was not learned from."""
    from PIL import Image

    photos = split_captioned(data / "flickr_captions")[1][:120]
    image, text = resolve("concepts")
    rows = np.asarray(image.encode([np.asarray(Image.open(photo.path).convert("RGB")) for photo in photos]))
    questions = [photo.sentences[0] for photo in photos]
    found = np.stack(
        [
            text.chances(question, row, rows)
            for question, row in zip(questions, np.asarray(text.encode_queries(questions)), strict=True)
        ]
    )
    said = [words_of(photo.sentences) for photo in photos]
    strangers = np.array([[not words_of([question]) & words for words in said] for question in questions])
    for claimed in (0.1, 0.01):
        assert (found[strangers] <= claimed).mean() < 2 * claimed


def test_a_picture_says_what_it_shows_and_what_it_does_not(tmp_path: Path) -> None:
    from PIL import Image

    sample.write_sample(tmp_path)
    image, text = resolve("concepts")
    cat = np.asarray(Image.open(tmp_path / "photos" / "cat.jpg").convert("RGB"))
    rows = np.asarray(image.encode([cat]))
    asked = ["a cat", "cats", "tabby", "an accordion", "wombat", "a fire engine", "dog"]
    chances = [
        float(text.chances(question, np.asarray(text.encode_queries([question]))[0], rows)[0]) for question in asked
    ]
    assert max(chances[:3]) < 0.001
    assert min(chances[3:]) > 0.005


def test_only_what_can_judge_does() -> None:
    image, text = resolve("concepts")
    assert text.judges("a dog") == 1
    assert 0 < text.judges("a dog on a lawn") < 1
    assert image.judges(None) == 0
    with pytest.raises(EncoderError, match="judges nothing"):
        image.chances(None, np.zeros(1), np.zeros((1, 1)))
