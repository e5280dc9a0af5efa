"""Recordings in windows: what is said of them is whole, and said once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from making import RATE, write_wav
from sonolux.annotators import Annotator
from sonolux.annotators.files import Annotated, annotate_files, windows_of
from sonolux.encoders import Encoder
from sonolux.media.reading import ReadOptions
from sonolux.media.workers.pool import DecoderPool
from sonolux.types import Annotation, Failure, Modality, Region, Span

STEP = 0.1


class Loud(Annotator):
    """Says where it is loud, in steps of a tenth of a second."""

    name = spec = "loud"
    modality = Modality.AUDIO
    digest = "1"
    sample_rate = 8_000
    window, overlap = 30.0, 10.0

    def annotate_batch(self, batch: Sequence[np.ndarray]) -> list[list[Annotation]]:
        return [list(self._loud(samples)) for samples in batch]

    def _loud(self, samples: np.ndarray):
        size = round(STEP * self.sample_rate)
        steps = samples[: len(samples) // size * size].reshape(-1, size)
        on = np.concatenate([[False], (steps**2).mean(axis=1) > 0.01, [False]])
        for start, end in np.flatnonzero(on[1:] != on[:-1]).reshape(-1, 2):
            yield Annotation(self.name, "loud", 0.9, Span(start * STEP, end * STEP))


def heard(file: Path) -> list[tuple[float, float]]:
    annotator = Loud()
    with DecoderPool(1, windows_of(annotator, ReadOptions()), timeout=30, memory=2**31) as pool:
        (outcome,) = annotate_files(annotator, [str(file)], pool)
    assert isinstance(outcome, Annotated)
    return [(one.span.start, one.span.end) for one in outcome.annotations]


@pytest.mark.parametrize(
    "true",
    [
        [(4.0, 5.5), (24.4, 25.9), (29.2, 30.7), (39.5, 41.0), (49.0, 51.0), (63.0, 64.0)],  # at seams and edges
        [(12.0, 36.0)],  # longer than what two windows share
        [(0.0, 70.0)],
        [(18.0, 33.0), (34.0, 34.5)],
        [],
    ],
)
def test_places_are_whole_and_said_once(true: list[tuple[float, float]], tmp_path: Path) -> None:
    sound = np.zeros(70 * RATE)
    for start, end in true:
        sound[round(start * RATE) : round(end * RATE)] = (
            0.5 * np.sin(np.arange(round((end - start) * RATE)) * 0.3)[: round(end * RATE) - round(start * RATE)]
        )
    found = heard(write_wav(tmp_path / "long.wav", sound))
    assert len(found) == len(true)
    if true:
        np.testing.assert_allclose(found, true, atol=STEP * 1.01)


def test_a_short_recording_is_one_window(tmp_path: Path) -> None:
    sound = np.zeros(3 * RATE)
    sound[RATE : 2 * RATE] = 0.5
    np.testing.assert_allclose(heard(write_wav(tmp_path / "short.wav", sound)), [(1, 2)], atol=STEP)


class Corners(Annotator):
    """Says of an image that its corners are regions, in one of them a dog."""

    name = spec = "corners"
    modality = Modality.IMAGE
    digest = "1"
    region_items = True
    batch_size = 2

    def annotate_batch(self, batch: Sequence[np.ndarray]) -> list[list[Annotation]]:
        regions = [Region(0, 0, 0.5, 0.5), Region(0.5, 0.5, 1, 1)]
        return [[Annotation(self.name, "corner", 0.5, region=one) for one in regions] for _ in batch]


class MeanRed(Encoder):
    """Describes an image by how red it is; takes none that is all white."""

    name = spec = space = "mean-red"
    modality = Modality.IMAGE
    dim = 2
    metric = "euclidean"
    digest = "1"

    def encode_batch(self, batch: Sequence[np.ndarray]) -> np.ndarray:
        if any(pixels.min() == 255 for pixels in batch):
            raise ValueError("too white")
        return np.array([[pixels[..., 0].mean(), 1.0] for pixels in batch])


def two_corners(path: Path, first: int, second: int) -> str:
    pixels = np.full((40, 40, 3), 50, np.uint8)
    pixels[:20, :20], pixels[20:, 20:] = first, second
    PIL.Image.fromarray(pixels).save(path)
    return str(path)


def test_crops_of_regions_are_encoded_and_one_that_cannot_be_costs_its_own_file(tmp_path: Path) -> None:
    good = two_corners(tmp_path / "good.png", 10, 200)
    bad = two_corners(tmp_path / "bad.png", 10, 255)
    with DecoderPool(1, ReadOptions(), timeout=30, memory=2**31) as pool:
        outcomes = list(annotate_files(Corners(), [good, bad], pool, encoders=[MeanRed()]))
    found = {one.path: one for one in outcomes}
    told = found[good]
    assert isinstance(told, Annotated)
    assert [its["mean-red"][0] for its in told.vectors if its] == [10, 200]
    # Once a file: its decoder says that it has finished only after the annotator has refused it.
    assert len(outcomes) == 2
    assert found[bad] == Failure(bad, "corners cannot annotate it: mean-red cannot encode a region: too white")
