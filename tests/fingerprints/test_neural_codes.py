"""Learned fingerprints: windows of contrast to codes, the same however a recording comes, near after noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Contrast
from sonolux.encoders import resolve
from sonolux.errors import EncoderError
from sonolux.fingerprints.constellation import RATE, SECONDS, STRETCH, band_log_power, spectral_contrast
from sonolux.fingerprints.extraction import extract_fingerprints
from sonolux.fingerprints.neural_codes import (
    SHIPPED,
    STEP,
    FingerprintEncoder,
    fingerprint_encoder,
    pool_bands,
    slide_windows,
)
from tunes import faster, noisy, tune


def contrast_of(sound: np.ndarray) -> np.ndarray:
    return spectral_contrast(band_log_power(sound))


def likeness(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the cosine of each row with the signs of the other."""
    return (one * np.sign(other)).sum(axis=1) / np.linalg.norm(one, axis=1) / np.sqrt(one.shape[1])


def test_bands_are_pooled_and_windows_cut() -> None:
    frames = np.arange(40 * 7, dtype=np.float32).reshape(40, 7)
    seen = pool_bands(frames, Contrast(frames=32, pooled=3, deviation=2.0))
    np.testing.assert_array_equal(seen[0], [1.0, 2.5])
    cut = slide_windows(seen, 32, 4)
    assert cut.shape == (3, 32, 2)
    np.testing.assert_array_equal(cut[1], seen[4:36])
    assert len(slide_windows(seen[:31], 32, 4)) == 0


def test_codes_are_the_signs_of_numbers() -> None:
    encoder, heard = fingerprint_encoder(), contrast_of(tune(1, 4))
    numbers, codes = encoder.encode(heard, STEP), encoder.codes(heard)
    assert codes.shape == (len(numbers), encoder.bits // 8)
    np.testing.assert_array_equal(np.unpackbits(codes, axis=1), numbers > 0)


def test_a_long_recording_has_the_codes_of_its_whole() -> None:
    sound = tune(2, 1.5 * STRETCH * SECONDS)
    taken = extract_fingerprints(np.split(sound, range(5000, len(sound), 50_000)), fingerprint_encoder())
    whole = fingerprint_encoder().codes(contrast_of(sound))
    assert taken.codes.shape == whole.shape
    # Running means round otherwise after another start.
    assert np.mean(np.unpackbits(taken.codes ^ whole, axis=1)) < 1e-3
    assert taken.encoder == fingerprint_encoder().digest


@pytest.mark.parametrize("seconds", [0.1, 1.0])
def test_what_is_too_short_has_none(seconds: float) -> None:
    assert fingerprint_encoder().codes(contrast_of(tune(1, seconds))).shape == (0, 16)


def test_a_second_is_known_again() -> None:
    encoder = fingerprint_encoder()
    kept = encoder.encode(contrast_of(tune(1, 20)), STEP)
    for again in (noisy(tune(1, 20), 5), tune(1, 20) * np.float32(0.01), faster(tune(1, 20), 1.03)):
        asked = encoder.encode(contrast_of(again), STEP)
        places = np.minimum(np.rint(np.arange(len(asked)) * len(kept) / len(asked)).astype(int), len(kept) - 1)
        right = likeness(asked, kept[places])
        wrong = likeness(asked, kept[(places + len(kept) // 2) % len(kept)])
        assert right.mean() > wrong.mean() + 0.25


def test_what_is_shipped_says_what_it_learned_from() -> None:
    model = ModelFolder.load(SHIPPED)
    assert "made up" in model.data["source"]
    assert model.licence == "Apache-2.0"


def test_other_models_are_refused(tmp_path: Path) -> None:
    from sonolux.checkpoints.folder import Architecture
    from sonolux.checkpoints.inputs import Numbers
    from sonolux.checkpoints.outputs import Descriptor
    from sonolux.models import registry

    arguments = {"inputs": 3, "outputs": 2}
    record = ModelFolder(
        architecture=Architecture(name="projection", arguments=arguments),
        preprocessing=Numbers(mean=(0, 0, 0), deviation=(1, 1, 1)),
        descriptor=Descriptor(space="s", dim=2),
    )
    record.save(tmp_path / "numbers", registry.build("projection", arguments))
    with pytest.raises(EncoderError, match="takes no fingerprints: train a model with `sonolux train fingerprints`"):
        FingerprintEncoder(tmp_path / "numbers")
    wide = record.model_copy(update={"preprocessing": Contrast(frames=64, pooled=3)})
    wide.save(tmp_path / "wide", registry.build("projection", arguments))
    with pytest.raises(EncoderError, match="hears 64 frames at once: 47 are the most"):
        FingerprintEncoder(tmp_path / "wide")


def test_it_is_no_space_of_a_library() -> None:
    with pytest.raises(EncoderError, match="takes fingerprints: use it with sonolux fingerprint"):
        resolve(str(SHIPPED))


def test_silence_has_codes_that_mean_nothing_but_are_finite() -> None:
    assert np.isfinite(fingerprint_encoder().encode(contrast_of(np.zeros(4 * RATE, np.float32)), STEP)).all()
