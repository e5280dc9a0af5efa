"""Sentences through the model of a package."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from contracts.encoder_contract import EncoderContract
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.packaged.packages import MINILM, SENTENCES
from sonolux.encoders.packaged.sentences import LONGEST, PackagedSentences
from sonolux.errors import ModelError


class TestSentences(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        [encoder] = resolve("sentences")
        return encoder

    @pytest.fixture
    def altered(self) -> Encoder:
        other = replace(SENTENCES, files={name: hash_[::-1] for name, hash_ in SENTENCES.files.items()})
        return PackagedSentences(other)


def test_what_means_the_same_is_near() -> None:
    [encoder] = resolve("sentences")
    rows = encoder.encode(["a puppy runs along the shore", "a dog on a beach", "interest rates were raised"])
    assert rows[0] @ rows[1] > 0.4 > rows[0] @ rows[2]


def test_a_changed_file_is_refused_when_the_model_is_wanted() -> None:
    other = replace(SENTENCES, files={**SENTENCES.files, f"{MINILM}vocab.txt": "0" * 64})
    encoder = PackagedSentences(other)
    with pytest.raises(ModelError, match=r"vocab.txt is damaged or was changed"):
        encoder.encode(["a"])


def test_it_gives_what_sentence_transformers_gives() -> None:
    from sentence_transformers import SentenceTransformer

    texts = [
        "",
        "a dog",
        "  Ünïcödé  漢字\x00 ",
        "word " * (2 * LONGEST),
        *(f"{'cats ' * n}and dogs" for n in range(40)),
    ]
    published = SentenceTransformer(str(SENTENCES.folder(f"{MINILM}config.json")), device="cpu")
    [encoder] = resolve("sentences")
    np.testing.assert_allclose(
        encoder.encode(texts), published.encode(texts, show_progress_bar=False), rtol=0, atol=2e-6
    )


def test_a_first_question_waits_for_no_library_of_networks() -> None:
    code = (
        "import sys; from sonolux.encoders import resolve; resolve('sentences')[0].encode_queries(['a dog']);"
        "print([name for name in ('transformers', 'sentence_transformers', 'sklearn', 'sympy') if name in sys.modules])"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert asked.stdout.strip() == "[]", asked.stderr
