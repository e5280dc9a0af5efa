"""Codewords are counted as a slow reference counts them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sonolux.models.bag_of_features import BagOfFeatures


def made(words: int, width: int, seed: int = 0) -> BagOfFeatures:
    generator = torch.Generator().manual_seed(seed)
    codebook = BagOfFeatures(width, words)
    codebook.words.copy_(torch.randn(words, width, generator=generator))
    codebook.mean.copy_(torch.randn(width, generator=generator))
    codebook.deviation.copy_(torch.rand(width, generator=generator) + 0.5)
    return codebook


@given(words=st.integers(1, 9), width=st.integers(1, 4), frames=st.integers(1, 20), seed=st.integers(0, 99))
def test_each_frame_counts_for_its_nearest_word(words: int, width: int, frames: int, seed: int) -> None:
    codebook = made(words, width, seed)
    sound = torch.randn(frames, width, generator=torch.Generator().manual_seed(seed + 1))
    counts = torch.zeros(words)
    for frame in sound:
        scaled = (frame - codebook.mean) / codebook.deviation
        counts[min(range(words), key=lambda word: float((scaled - codebook.words[word]).square().sum()))] += 1
    torch.testing.assert_close(codebook(sound[None])[0], (counts / frames).sqrt())


def test_a_sound_has_length_one_however_long() -> None:
    codebook = made(8, 3)
    rows = codebook(torch.randn(5, 40, 3))
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(5))
    sound = torch.randn(1, 12, 3)
    torch.testing.assert_close(codebook(sound), codebook(sound.repeat(1, 3, 1)))


def test_no_words_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one word"):
        BagOfFeatures(3, 0)
