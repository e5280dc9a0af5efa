"""Other rates and fewer levels, beside scipy's and librosa's."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly

from sonolux.features.resampling import compand, expand, quantise, resample

RATES = [(44_100, 16_000), (48_000, 16_000), (8_000, 16_000), (22_050, 16_000), (16_000, 22_050), (3, 2), (2, 3)]
SOUND = np.random.default_rng(0).normal(0, 0.3, 5_000)


@pytest.mark.parametrize(("source", "target"), RATES)
@pytest.mark.parametrize("n", [1, 2, 3, 50, 5_000])
def test_it_is_that_of_scipy(source: int, target: int, n: int) -> None:
    ours = resample(torch.from_numpy(SOUND[:n]), source, target).numpy()
    np.testing.assert_allclose(ours, resample_poly(SOUND[:n], target, source), atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(n=st.integers(0, 200), source=st.integers(1, 60), target=st.integers(1, 60))
def test_any_length_at_any_rate(n: int, source: int, target: int) -> None:
    ours = resample(torch.from_numpy(SOUND[:n]), source, target).numpy()
    expected = resample_poly(SOUND[:n], target, source) if n else SOUND[:0]
    np.testing.assert_allclose(ours, expected, atol=1e-6)


@given(bits=st.integers(2, 16))
def test_levels_are_those_of_pcm(bits: int) -> None:
    samples = torch.linspace(-1, 1, 1_001, dtype=torch.float64)
    quantised = quantise(samples, bits)
    stored = quantised * 2 ** (bits - 1)
    assert torch.equal(stored, stored.round())
    assert -(2 ** (bits - 1)) <= int(stored.min()) and int(stored.max()) == 2 ** (bits - 1) - 1
    assert torch.equal(quantise(quantised, bits), quantised)
    # Half a step, but for the loudest, for which PCM has no level.
    inside = samples <= quantised.max()
    assert float((samples - quantised)[inside].abs().max()) <= 2.0**-bits + 1e-12


def test_eight_levels_by_hand() -> None:
    samples = torch.tensor([-2.0, -1.0, -0.9, -0.1, 0.1, 0.2, 0.9, 1.0, 2.0])
    expected = [-1.0, -1.0, -1.0, 0.0, 0.0, 0.25, 0.75, 0.75, 0.75]
    assert quantise(samples, 3).tolist() == expected


@pytest.mark.parametrize("mu", [15, 255])
def test_companding_is_that_of_librosa_and_leads_back(mu: int) -> None:
    samples = np.linspace(-1, 1, 501)
    companded = compand(torch.from_numpy(samples), mu)
    np.testing.assert_allclose(companded.numpy(), librosa.mu_compress(samples, mu=mu, quantize=False))
    np.testing.assert_allclose(expand(companded, mu).numpy(), samples, atol=1e-12)


def test_companding_saves_what_is_quiet() -> None:
    quiet = torch.from_numpy(0.01 * SOUND)
    plainly = (quantise(quiet, 8) - quiet).square().mean()
    companded = (expand(quantise(compand(quiet), 8)) - quiet).square().mean()
    assert float(companded) < 0.02 * float(plainly)
