"""Recordings in windows: what is said of them is whole, and said once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from making import RATE, write_wav
from sonolux.annotators import Annotator
from sonolux.annotators.files import Annotated, annotate_files, windows_of
from sonolux.media.pool import DecoderPool
from sonolux.media.reading import ReadOptions
from sonolux.types import Annotation, Modality, Span

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
