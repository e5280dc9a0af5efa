"""Checkpoints that are broken or mean harm get one clear line, and no code of theirs runs."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from sonolux.encoders import resolve
from sonolux.errors import EncoderError


class Bomb:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return (Path.touch, (Path("exploded"),))


@pytest.fixture
def copy(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(clip, tmp_path / "clip"))


@pytest.fixture
def sentence(minilm: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(minilm, tmp_path / "sentence"))


def refusal(folder: Path, encode: bool = False) -> str:
    with pytest.raises(EncoderError) as refused:
        for encoder in resolve(str(folder)):
            if encode and encoder.modality == "text":
                encoder.encode(["a dog"])
    assert "\n" not in str(refused.value)
    return str(refused.value)


def edit(file: Path, **changes: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def test_pickled_weights(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))
    assert "pytorch_model.bin are pickled and could run code" in refusal(copy)
    assert not Path("exploded").exists()


def test_no_weights(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    assert "no weights (*.safetensors)" in refusal(copy)


def test_weights_cut_short(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    assert "model clip cannot be loaded" in refusal(copy, encode=True)


def test_weights_that_lack_a_part_are_not_made_up(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    del tensors["text_projection.weight"]
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    assert "the weights lack text_projection.weight" in refusal(copy, encode=True)


def test_an_unknown_type(copy: Path) -> None:
    edit(copy / "config.json", model_type="gpt2")
    assert "is of type 'gpt2'; supported are clip, siglip" in refusal(copy)


@pytest.mark.parametrize("content", ["", "{", "[1]", "null", '"x"', "\xff", "[" * 100_000])
def test_a_configuration_that_is_none(copy: Path, content: str) -> None:
    (copy / "config.json").write_bytes(content.encode("latin-1"))
    assert "config.json" in refusal(copy)


@pytest.mark.parametrize("part", ["text_config", "projection_dim"])
def test_a_configuration_of_other_types(copy: Path, part: str) -> None:
    edit(copy / "config.json", **{part: ["unexpected"]})
    assert "config.json is not as expected" in refusal(copy)


def test_a_missing_tokenizer(copy: Path) -> None:
    for file in copy.glob("tokenizer*"):
        file.unlink()
    assert "model clip has no tokenizer" in refusal(copy)


def test_code_of_its_own_never_runs(copy: Path) -> None:
    (copy / "evil.py").write_text("from pathlib import Path\nPath('exploded').touch()\n")
    edit(copy / "config.json", auto_map={"AutoModel": "evil.Model", "AutoConfig": "evil.Config"})
    for encoder in resolve(str(copy)):
        encoder.encode([])
    _, text = resolve(str(copy))
    text.encode(["a dog"])
    assert not Path("exploded").exists()


def test_a_sentence_step_with_code_of_its_own(sentence: Path) -> None:
    steps = json.loads((sentence / "modules.json").read_text())
    steps[1]["type"] = "evil.Pooling"
    (sentence / "modules.json").write_text(json.dumps(steps))
    assert "wants to run code of its own (evil.Pooling)" in refusal(sentence)


def test_a_sentence_step_outside_the_folder(sentence: Path) -> None:
    steps = json.loads((sentence / "modules.json").read_text())
    steps[1]["path"] = "../../elsewhere"
    (sentence / "modules.json").write_text(json.dumps(steps))
    assert "lies outside its folder" in refusal(sentence)


def test_a_sentence_step_with_pickled_weights(sentence: Path) -> None:
    steps = json.loads((sentence / "modules.json").read_text())
    steps.append({"path": "3_Dense", "type": "sentence_transformers.models.Dense"})
    (sentence / "modules.json").write_text(json.dumps(steps))
    (sentence / "3_Dense").mkdir()
    (sentence / "3_Dense" / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))
    assert "pickled" in refusal(sentence)


@pytest.mark.parametrize("content", ['{"a": 1}', "[1, 2]", "[]", '[{"idx": 0}]'])
def test_steps_that_are_none(sentence: Path, content: str) -> None:
    (sentence / "modules.json").write_text(content)
    assert "modules.json" in refusal(sentence)


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlanguage: en\nlicense: cc-by-4.0\n---\n", "cc-by-4.0"),
        ('---\r\nlicense: "mit"\r\n---\r\n', "mit"),
        ("license: mit\n", ""),
        ("---\nlicence: x\n---\n", ""),
        ("\xff\xfe", ""),
    ],
)
def test_the_licence_is_read_from_the_card(copy: Path, card: str, licence: str) -> None:
    (copy / "README.md").write_bytes(card.encode("latin-1"))
    assert resolve(str(copy))[0].licence == licence


def test_the_card_is_no_part_of_the_digest_but_weights_are(copy: Path) -> None:
    before = resolve(str(copy))[0].digest
    (copy / "README.md").write_text("changed")
    assert resolve(str(copy))[0].digest == before
    tensors = load_file(copy / "model.safetensors")
    tensors["text_projection.weight"] += 1
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    assert resolve(str(copy))[0].digest != before
