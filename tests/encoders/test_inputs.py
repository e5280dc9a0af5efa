"""What encoders take is made once for all that take it alike."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data

from sonolux.encoders import Encoder, resolve
from sonolux.encoders.inputs import EncoderInputs
from sonolux.encoders.resize import reduced
from sonolux.media.segment import Audio, Image

LAYOUT, HOG, HISTOGRAM, MFCC, CHROMA = (
    resolve(name)[0] for name in ("colour-layout", "hog", "colour-histogram", "mfcc", "chroma")
)


def test_an_image_is_reduced_once_for_encoders_that_want_it_as_small() -> None:
    image = Image(np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8))
    inputs = EncoderInputs()
    assert inputs.of(LAYOUT, image) is inputs.of(HOG, image)
    assert inputs.of(HISTOGRAM, image) is image.pixels


@pytest.mark.parametrize("encoder", [LAYOUT, HOG])
def test_a_reduced_image_is_described_as_the_whole_one(encoder: Encoder) -> None:
    pixels = skimage.data.astronaut()
    taken = EncoderInputs().of(encoder, Image(pixels))
    assert taken.shape == (40, 40, 3)
    np.testing.assert_array_equal(encoder.encode([taken]), encoder.encode([pixels]))


def test_a_recording_is_resampled_once_for_encoders_that_want_its_rate() -> None:
    sound = Audio(np.zeros(48_000, np.float32), 48_000)
    inputs = EncoderInputs()
    assert inputs.of(MFCC, sound) is inputs.of(CHROMA, sound)
    assert len(inputs.of(MFCC, sound)) == 22_050


def test_contents_do_not_share() -> None:
    dark, light = (Image(np.full((50, 50, 3), level, np.uint8)) for level in (0, 255))
    inputs = EncoderInputs()
    assert inputs.of(HOG, dark).max() == 0
    assert inputs.of(HOG, light).min() == 255


def test_each_reduced_pixel_is_the_mean_of_those_it_covers() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (80, 120, 3), dtype=np.uint8)
    means = pixels.reshape(40, 2, 40, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(reduced(pixels, 40), means, atol=1)


def test_a_square_of_that_side_stays_as_it_is() -> None:
    small = np.zeros((40, 40, 3), np.uint8)
    assert reduced(small, 40) is small
