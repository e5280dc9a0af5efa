"""Sentences through the model of a package."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.encoder_contract import EncoderContract
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.packaged.packages import MINILM, SENTENCES
from sonolux.encoders.packaged.sentences import DIM, PackagedSentences
from sonolux.errors import ModelError


class TestSentences(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        [encoder] = resolve("sentences")
        return encoder

    @pytest.fixture
    def altered(self) -> Encoder:
        other = replace(SENTENCES, files={name: hash_[::-1] for name, hash_ in SENTENCES.files.items()})
        return PackagedSentences(other, MINILM, DIM, "sentences")


def test_what_means_the_same_is_near() -> None:
    [encoder] = resolve("sentences")
    rows = encoder.encode(["a puppy runs along the shore", "a dog on a beach", "interest rates were raised"])
    assert rows[0] @ rows[1] > 0.4 > rows[0] @ rows[2]


def test_a_changed_file_is_refused_when_the_model_is_wanted() -> None:
    other = replace(SENTENCES, files={**SENTENCES.files, f"{MINILM}vocab.txt": "0" * 64})
    encoder = PackagedSentences(other, MINILM, DIM, "sentences")
    with pytest.raises(ModelError, match=r"vocab.txt is damaged or was changed"):
        encoder.encode(["a"])
