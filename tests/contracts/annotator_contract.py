"""What every annotator must do: inherit `AnnotatorContract` and say how to make one.

`annotator` makes the annotator under test, `altered` one that decides differently. Inputs are those of
`contracts.encoder_contract`.
"""

from __future__ import annotations

from typing import Any

import pytest

from contracts.encoder_contract import TEXTS, images, sounds
from sonolux.annotators import Annotator, resolve
from sonolux.types import Annotation, Modality


def ordinary(annotator: Annotator) -> list[Any]:
    """Return inputs of the annotator's modality, each unlike the others."""
    if annotator.modality is Modality.IMAGE:
        return images()
    return sounds(annotator.sample_rate) if annotator.modality is Modality.AUDIO else TEXTS


def same(one: list[list[Annotation]], other: list[list[Annotation]], tolerance: float) -> bool:
    """Tell whether two answers say the same of each input, probabilities within a tolerance, ties in any order."""
    return len(one) == len(other) and all(_alike(a, b, tolerance) for a, b in zip(one, other, strict=True))


def _alike(one: list[Annotation], other: list[Annotation], tolerance: float) -> bool:
    first, second = ({(a.label, a.span, a.box): a.probability for a in said} for said in (one, other))
    return first.keys() == second.keys() and all(abs(first[key] - second[key]) <= tolerance for key in first)


class AnnotatorContract:
    """Inherit this and write `annotator` and `altered`."""

    tolerance = 1e-5

    @pytest.fixture
    def annotator(self) -> Annotator:
        raise NotImplementedError

    @pytest.fixture
    def altered(self) -> Annotator:
        raise NotImplementedError

    def test_attributes_are_whole(self, annotator: Annotator) -> None:
        assert annotator.name and annotator.spec and annotator.digest
        assert (annotator.sample_rate > 0) == (annotator.modality is Modality.AUDIO)

    def test_each_input_is_answered_by_signed_annotations(self, annotator: Annotator) -> None:
        inputs = ordinary(annotator)
        found = annotator.annotate(inputs)
        assert len(found) == len(inputs)
        assert any(found)
        for annotation in (annotation for said in found for annotation in said):
            assert annotation.annotator == annotator.name
            assert annotation.label
            assert 0 <= annotation.probability <= 1

    def test_the_most_probable_comes_first_and_k_are_enough(self, annotator: Annotator) -> None:
        inputs = ordinary(annotator)
        whole = annotator.annotate(inputs)
        for said in whole:
            assert said == sorted(said, key=lambda annotation: -annotation.probability)
        annotator.k = 1
        assert [said[0].probability for said in annotator.annotate(inputs) if said] == pytest.approx(
            [said[0].probability for said in whole if said], abs=self.tolerance
        )
        assert all(len(said) <= 1 for said in annotator.annotate(inputs))

    def test_what_is_kept_was_said(self, annotator: Annotator) -> None:
        for said in annotator.annotate(ordinary(annotator)):
            kept = annotator.keep(said)
            assert kept == [annotation for annotation in said if annotation in kept]

    def test_regions_are_of_images(self, annotator: Annotator) -> None:
        found = [annotation for said in annotator.annotate(ordinary(annotator)) for annotation in said]
        if annotator.modality is not Modality.IMAGE:
            assert not annotator.region_items
            assert all(annotation.region is None for annotation in found)
        assert all(annotation.item == "" for annotation in found)

    def test_a_batch_equals_its_members_in_order(self, annotator: Annotator) -> None:
        inputs = ordinary(annotator)
        alone = [annotator.annotate_one(one) for one in inputs]
        assert same(annotator.annotate(inputs), alone, self.tolerance)
        annotator.batch_size = 2
        assert same(annotator.annotate(inputs), alone, self.tolerance)

    def test_the_same_input_gives_the_same_answer(self, annotator: Annotator) -> None:
        inputs = ordinary(annotator)
        assert annotator.annotate(inputs) == annotator.annotate(inputs)

    def test_nothing_gives_nothing(self, annotator: Annotator) -> None:
        assert annotator.annotate([]) == []

    def test_the_digest_follows_what_decides(self, annotator: Annotator, altered: Annotator) -> None:
        assert altered.digest != annotator.digest

    def test_the_spec_makes_it_again(self, annotator: Annotator) -> None:
        again = resolve(annotator.spec)
        assert (again.name, again.digest, again.modality) == (annotator.name, annotator.digest, annotator.modality)
