"""Sentences of many languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sonolux as sx
from contracts.encoder_contract import EncoderContract
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.packaged import languages as module
from sonolux.encoders.packaged.packages import LANGUAGES
from sonolux.errors import EncoderError, ModelError

if LANGUAGES.state != "ready":
    pytest.skip(f"{LANGUAGES.name} is not installed", allow_module_level=True)


class TestLanguages(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        [encoder] = resolve("languages")
        return encoder

    @pytest.fixture
    def altered(self, monkeypatch: pytest.MonkeyPatch) -> Encoder:
        monkeypatch.setattr(module, "LANGUAGES", replace(LANGUAGES, files={module.E5_WEIGHTS: "0" * 64}))
        return module.Languages()


def test_a_question_finds_what_means_the_same_in_another_language() -> None:
    [encoder] = resolve("languages")
    passages = encoder.encode(["a dog on a beach", "le prix du pain augmente", "ニュースを読む人"])
    asked = encoder.encode_queries(["ein Hund am Strand", "bread is getting dearer", "someone reads the news"])
    assert (asked @ passages.T).argmax(axis=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("text", ["x" * 1_000_000, "\x00", "\udcff\udc80", "🎵" * 5000, "a\x00b", " "])
def test_texts_of_strangers_are_encoded(text: str) -> None:
    [encoder] = resolve("languages")
    assert np.isfinite(encoder.encode([text])).all()


def test_damaged_weights_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LANGUAGES", replace(LANGUAGES, files={module.E5_WEIGHTS: "0" * 64}))
    with pytest.raises(ModelError, match="is damaged or was changed"):
        module.Languages().encode(["a"])


def test_a_library_has_one_sentence_model(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("A dog on a beach.")
    with sx.Library(tmp_path / "l.sonolux") as library:
        library.add(tmp_path / "note.txt", spaces=["sentences", "bm25"])
        with pytest.raises(EncoderError, match=r"already by sentences: .*spaces --drop sentences") as refused:
            library.add(tmp_path / "note.txt", spaces=["languages"])
        assert "\n" not in str(refused.value)
        library.drop_space("sentences")
        library.add(tmp_path / "note.txt", spaces=["languages"])
        assert library.search("ein Hund", spaces="languages")[0].path.endswith("note.txt")
