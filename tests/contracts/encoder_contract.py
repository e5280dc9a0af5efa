"""What every encoder must do: inherit `EncoderContract`, say how to make one, and what to feed it.

`encoder` makes the encoder under test; `altered` one that decides differently; `inputs` returns ordinary inputs, each
unlike the others; `degenerate` inputs with nothing in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from sonolux.encoders import Encoder, resolve
from sonolux.encoders.base import Descriptors
from sonolux.types import Modality


def dense(rows: Descriptors) -> np.ndarray:
    """Return rows as an array that can be compared, whatever their kind."""
    if isinstance(rows, np.ndarray):
        return rows
    return np.stack([_folded(rows[[i]]) for i in range(rows.shape[0])]) if rows.shape[0] else np.empty((0, 1024))


def _folded(row: Any) -> np.ndarray:
    # 2**32 columns do not fit in memory: fold them onto 1,024.
    return np.bincount(row.indices % 1024, weights=row.data, minlength=1024)


def images(n: int = 5) -> list[np.ndarray]:
    """Return smooth random images of several sizes."""
    rng = np.random.default_rng(0)
    sizes = [(48, 64), (64, 48), (90, 30), (33, 127), (100, 100)]
    made = []
    for i in range(n):
        height, width = sizes[i % len(sizes)]
        coarse = rng.integers(0, 256, (6, 6, 3))
        made.append(coarse[np.ix_(np.arange(height) * 6 // height, np.arange(width) * 6 // width)].astype(np.uint8))
    return made


def sounds(rate: int, n: int = 4) -> list[np.ndarray]:
    """Return chords with noise, of several lengths."""
    rng = np.random.default_rng(0)
    made = []
    for i in range(n):
        time = np.arange(int(rate * (0.4 + 0.3 * i))) / rate
        tones = sum(np.sin(2 * np.pi * f * time) for f in 110 * 2 ** (rng.integers(0, 36, 3) / 12))
        made.append((0.2 * tones + 0.02 * rng.normal(size=time.size)).astype(np.float32))
    return made


TEXTS = ["a dog on a beach", "the price of bread", "Vögel singen am Morgen", "海滩上的狗", "night train to Lisbon"]


def ordinary(encoder: Encoder) -> list[Any]:
    """Return inputs of the encoder's modality, each unlike the others."""
    if encoder.modality is Modality.IMAGE:
        return images()
    return sounds(encoder.sample_rate) if encoder.modality is Modality.AUDIO else TEXTS


def empty(encoder: Encoder) -> list[Any]:
    """Return inputs with nothing in them, or hardly anything."""
    if encoder.modality is Modality.IMAGE:
        flat = np.full((40, 30, 3), 127, np.uint8)
        return [np.zeros((1, 1, 3), np.uint8), flat, np.full((1, 512, 3), 255, np.uint8), np.zeros((3, 3, 3), np.uint8)]
    if encoder.modality is Modality.AUDIO:
        silence = np.zeros(encoder.sample_rate, np.float32)
        return [silence[:0], np.ones(1, np.float32), silence, silence + 1]
    return ["", " \n", "\x00", "\udcff", "?!", "x" * 5000]


class EncoderContract:
    """Inherit this and write `encoder` and `altered`."""

    tolerance = 1e-5

    @pytest.fixture
    def encoder(self) -> Encoder:
        raise NotImplementedError

    @pytest.fixture
    def altered(self) -> Encoder:
        raise NotImplementedError

    def test_attributes_are_whole(self, encoder: Encoder) -> None:
        assert encoder.name and encoder.space and encoder.digest and encoder.dim > 0
        assert (encoder.sample_rate > 0) == (encoder.modality is Modality.AUDIO)
        assert (encoder.metric == "hamming") == (encoder.kind == "binary")
        assert encoder.as_space().name == encoder.space

    def test_rows_fit_the_space(self, encoder: Encoder) -> None:
        inputs = ordinary(encoder)
        for rows in (encoder.encode(inputs), encoder.encode_queries(inputs)):
            width = encoder.dim // 8 if encoder.kind == "binary" else encoder.dim
            assert rows.shape == (len(inputs), width)
            assert rows.dtype == (np.uint8 if encoder.kind == "binary" else np.float32)
            assert np.isfinite(dense(rows)).all()

    def test_float_rows_have_length_one(self, encoder: Encoder) -> None:
        if (encoder.kind, encoder.metric) != ("float", "cosine"):
            pytest.skip("rows are not directions")
        inputs = ordinary(encoder)
        for rows in (encoder.encode(inputs), encoder.encode_queries(inputs)):
            np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)

    def test_different_inputs_give_different_rows(self, encoder: Encoder) -> None:
        rows = dense(encoder.encode(ordinary(encoder)))
        assert len(np.unique(rows, axis=0)) == len(rows)

    def test_a_batch_equals_its_members_in_order(self, encoder: Encoder) -> None:
        inputs = ordinary(encoder)
        together = dense(encoder.encode(inputs))
        alone = np.concatenate([dense(encoder.encode_one(one)) for one in inputs])
        np.testing.assert_allclose(together, alone, atol=self.tolerance)

    def test_small_batches_change_nothing(self, encoder: Encoder) -> None:
        inputs = ordinary(encoder)
        whole = [dense(encode(inputs)) for encode in (encoder.encode, encoder.encode_queries)]
        encoder.batch_size = 2
        parts = [dense(encode(inputs)) for encode in (encoder.encode, encoder.encode_queries)]
        np.testing.assert_allclose(whole, parts, atol=self.tolerance)

    def test_the_same_input_gives_the_same_row(self, encoder: Encoder) -> None:
        inputs = ordinary(encoder)
        np.testing.assert_array_equal(dense(encoder.encode(inputs)), dense(encoder.encode(inputs)))

    def test_nothing_gives_no_rows(self, encoder: Encoder) -> None:
        width = encoder.dim // 8 if encoder.kind == "binary" else encoder.dim
        assert encoder.encode([]).shape == (0, width)
        assert encoder.encode_queries([]).shape == (0, width)

    def test_degenerate_inputs_give_finite_rows(self, encoder: Encoder) -> None:
        inputs: Sequence[Any] = empty(encoder)
        for rows in (encoder.encode(inputs), encoder.encode_queries(inputs)):
            assert rows.shape[0] == len(inputs)
            assert np.isfinite(dense(rows)).all()

    def test_the_digest_follows_what_decides(self, encoder: Encoder, altered: Encoder) -> None:
        assert altered.digest != encoder.digest

    def test_the_spec_makes_it_again(self, encoder: Encoder) -> None:
        again = {other.name: other for other in resolve(encoder.spec)}[encoder.name]
        assert again.digest == encoder.digest
        assert again.as_space() == encoder.as_space()
