"""Getting encoders by name, and what is said where there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from installing import install
from sonolux.encoders import Encoder, available, register, resolve
from sonolux.encoders.registry import ENCODERS
from sonolux.errors import EncoderError
from sonolux.types import Modality

BUILT_IN = [
    "bm25",
    "chroma",
    "colour-histogram",
    "colour-layout",
    "hog",
    "mfcc",
    "photo",
    "photo-code",
    "photo-lite2",
    "sentences",
]


class MeanColour(Encoder):
    name = spec = space = "mean-colour"
    modality = Modality.IMAGE
    dim = 3
    digest = "1"

    def encode_batch(self, batch):
        return np.stack([pixels.mean(axis=(0, 1)) for pixels in batch])


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENCODERS, "entries", dict(ENCODERS.entries))


def test_the_built_ins_are_there() -> None:
    assert [name for name in available() if name in BUILT_IN] == BUILT_IN
    for name in BUILT_IN:
        [encoder] = resolve(name)
        assert encoder.name == encoder.spec == name


def test_a_registered_class_is_found() -> None:
    register("mean-colour", MeanColour)
    assert "mean-colour" in available()
    [encoder] = resolve("mean-colour")
    np.testing.assert_allclose(encoder.encode([np.full((2, 2, 3), 9, np.uint8)]), [[3**-0.5] * 3])


def test_a_factory_may_make_several() -> None:
    register("two", lambda: [MeanColour(), MeanColour()])
    assert len(resolve("two")) == 2


def test_a_factory_of_something_else_is_refused() -> None:
    register("wrong", lambda: [object()])
    with pytest.raises(EncoderError, match="wrong: what is registered does not make encoders"):
        resolve("wrong")


def test_a_factory_that_fails_is_one_line() -> None:
    register("failing", lambda: int("five"))
    with pytest.raises(EncoderError, match=r"^encoder failing cannot be made: invalid literal for int"):
        resolve("failing")


def test_an_installed_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, tmp_path, ENCODERS, "from-a-package", "sonolux.encoders.classical.hog:Hog")
    assert "from-a-package" in available()
    assert resolve("from-a-package")[0].name == "hog"


def test_a_broken_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, tmp_path, ENCODERS, "from-a-package", "no_such_module:Thing")
    with pytest.raises(EncoderError, match="from-a-package of no_such_module:Thing cannot be loaded"):
        resolve("from-a-package")


def test_what_was_meant_is_said() -> None:
    with pytest.raises(EncoderError, match=r"no encoder 'colour-histgram' \(did you mean colour-histogram.*\?\)"):
        resolve("colour-histgram")


@pytest.mark.parametrize("spec", ["nonsense", "", "a/b/c", "x" * 5000, "nul\0byte", "../..//", "🎵"])
def test_an_unknown_name_lists_what_there_is(spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EncoderError, match=r"colour-histogram|neither model\.json") as refusal:
        resolve(spec)
    assert "\n" not in str(refusal.value)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"is no model: it has neither model\.json nor config\.json"):
        resolve(str(tmp_path))


def test_importing_is_cheap() -> None:
    heavy = ["torch", "transformers", "librosa", "skimage", "huggingface_hub", "sentence_transformers", "qdrant_edge"]
    code = f"import sys, sonolux.encoders; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
