"""Labels of a model folder: right by construction, calibrated by its temperature."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotators.colours import COLOURS, SHARPNESS, colour_model
from contracts.annotator_contract import AnnotatorContract
from contracts.encoder_contract import images
from sonolux.annotators import Annotator, resolve
from sonolux.annotators.classifier import Classifier
from sonolux.errors import EncoderError


class TestContract(AnnotatorContract):
    @pytest.fixture
    def annotator(self, tmp_path: Path) -> Annotator:
        return resolve(str(colour_model(tmp_path / "colours").path))

    @pytest.fixture
    def altered(self, tmp_path: Path) -> Annotator:
        return resolve(str(colour_model(tmp_path / "others" / "colours", temperature=2.0).path))


def flat(red: int, green: int, blue: int) -> np.ndarray:
    return np.full((9, 7, 3), (red, green, blue), np.uint8)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_probabilities_are_the_softmax_over_the_temperature(tmp_path: Path, temperature: float) -> None:
    classifier = Classifier(colour_model(tmp_path / "colours", temperature).path)
    said = classifier.annotate_one(flat(255, 51, 102))
    powers = np.exp(np.array([1.0, 0.4, 0.2]) * SHARPNESS / temperature)
    assert [annotation.label for annotation in said] == ["red", "blue", "green"]
    assert [annotation.probability for annotation in said] == pytest.approx(powers / powers.sum(), rel=1e-4)
    assert sum(annotation.probability for annotation in said) == pytest.approx(1)


def test_the_temperature_changes_no_decision(tmp_path: Path) -> None:
    models = [Classifier(colour_model(tmp_path / f"{t}" / "colours", t).path) for t in (0.1, 1.0, 10.0)]
    answers = [[said[0].label for said in model.annotate(images())] for model in models]
    assert answers[0] == answers[1] == answers[2]


def test_it_gives_five_labels_or_as_many_as_are_asked(tmp_path: Path) -> None:
    path = colour_model(tmp_path / "colours").path
    assert len(Classifier(path).annotate_one(flat(1, 2, 3))) == len(COLOURS) < Classifier(path).k == 5
    assert [said.label for said in Classifier(path, k=2).annotate_one(flat(9, 200, 90))] == ["green", "blue"]


def test_a_model_without_labels_is_refused(tmp_path: Path) -> None:
    path = colour_model(tmp_path / "nameless", labels=None).path
    with pytest.raises(EncoderError, match="nameless names no labels: train a model that does"):
        resolve(str(path))


def test_labels_that_are_not_those_of_the_outputs_are_refused(tmp_path: Path) -> None:
    classifier = Classifier(colour_model(tmp_path / "four", labels=(*COLOURS, "infrared")).path)
    with pytest.raises(EncoderError, match="has 4 labels, but 3 outputs"):
        classifier.annotate_one(flat(1, 2, 3))
