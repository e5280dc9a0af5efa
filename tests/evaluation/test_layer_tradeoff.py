"""Agreement of descriptors with classes and colours, against loops that count one pair at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.inputs import Preprocessing
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders import Encoder, resolve
from sonolux.errors import SonoluxError
from sonolux.evaluation.layer_tradeoff import benchmark_layers, measure_agreements, take_first_of_each_class
from sonolux.models import registry
from sonolux.training.data.images import ImageSet

N, CLASSES = 36, ("a", "b", "c")


@pytest.fixture(scope="module")
def images() -> ImageSet:
    """Images of 4 x 4 coloured fields."""
    random = np.random.default_rng(0)
    fields = random.integers(0, 256, (N, 4, 4, 3)).astype(np.uint8)
    return ImageSet("fields", fields.repeat(8, 1).repeat(8, 2), random.integers(0, 3, N), CLASSES)


def ranking(encoder: Encoder, images: ImageSet, number: int) -> tuple[list[int], list[float]]:
    """Return all other images, nearest first, and their scores in the order of their numbers."""
    rows = encoder.encode(list(images.pixels))
    scores = {other: float(rows[number] @ rows[other]) for other in range(N) if other != number}
    return sorted(scores, key=scores.__getitem__, reverse=True), [scores[other] for other in sorted(scores)]


@pytest.mark.parametrize("name", ["hog", "colour-histogram"])
def test_numbers_are_those_of_a_slow_count(name: str, images: ImageSet) -> None:
    [encoder], [visual] = resolve(name), resolve("colour-layout")
    [found] = measure_agreements([encoder], images)
    precision, overlap, correlation = [], [], []
    for number in range(N):
        mine, my_scores = ranking(encoder, images, number)
        theirs, their_scores = ranking(visual, images, number)
        precision.append(np.mean([images.labels[other] == images.labels[number] for other in mine[:10]]))
        overlap.append(len({*mine[:10]} & {*theirs[:10]}) / 10)
        correlation.append(spearmanr(my_scores, their_scores).statistic)
    assert (found.name, found.dim) == (name, encoder.dim)
    assert found.precision == pytest.approx(np.mean(precision))
    assert found.overlap == pytest.approx(np.mean(overlap))
    assert found.correlation == pytest.approx(np.mean(correlation), abs=1e-3)


def test_colour_layout_agrees_with_itself(images: ImageSet) -> None:
    [found] = measure_agreements(resolve("colour-layout"), images)
    assert (found.overlap, round(found.correlation, 9)) == (1.0, 1.0)


def test_classes_have_equal_shares(images: ImageSet) -> None:
    firsts = take_first_of_each_class(images, most=9)
    assert firsts.labels.tolist() == [0] * 3 + [1] * 3 + [2] * 3
    expected = np.flatnonzero(images.labels == 1)[:3]
    np.testing.assert_array_equal(firsts.pixels[3:6], images.pixels[expected])


def test_a_report_has_a_row_a_layer(images: ImageSet, tmp_path: Path) -> None:
    from PIL import Image

    for number, (label, pixels) in enumerate(zip(images.labels, images.pixels, strict=True)):
        for folder in (tmp_path / "data" / CLASSES[label], tmp_path / "unsorted"):
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    torch.manual_seed(0)
    arguments = {"widths": [4, 6], "strides": [1, 2]}
    ModelFolder(
        architecture=Architecture(name="small-resnet", arguments=arguments),
        preprocessing=Preprocessing(width=16, height=16),
        descriptor=Descriptor(space="net", dim=10),
    ).save(tmp_path / "net", registry.build("small-resnet", arguments))
    report = benchmark_layers(str(tmp_path / "net"), tmp_path / "data")
    names = [row[0] for row in report.rows]
    assert names[2:4] == ["stem.2", "stem"] and names[-2:] == ["linear", "colour-layout"]
    assert report.rows[-1][3:] == ["1.000", "1.000"]
    with pytest.raises(SonoluxError, match="has no labels"):
        benchmark_layers(str(tmp_path / "net"), tmp_path / "unsorted")
