"""Model folders and an unfinished training of the version before, kept in ``before``, open and say what they said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from sonolux.annotators import resolve as resolve_annotator
from sonolux.annotators.classifier import Classifier
from sonolux.checkpoints.folder import CARD, ModelFolder
from sonolux.checkpoints.outputs import Events, Labels, Speech
from sonolux.encoders import resolve
from sonolux.errors import EncoderError

BEFORE = Path(__file__).parent / "before"
EXPECTED = json.loads((BEFORE / "expected.json").read_text())
OUTPUTS = {"labels": Labels, "sounds": Labels, "events": Events, "speech": Speech}
FOLDERS = sorted(path.parent.name for path in BEFORE.glob(f"*/{CARD}"))


def drawn_inputs() -> dict[str, np.ndarray]:
    """Draw what the networks were shown when their outputs were recorded, in the same order."""
    random = np.random.default_rng(1)
    random.integers(0, 256, (16, 16, 3))
    return {name: random.standard_normal(shape).astype(np.float32) for name, shape in EXPECTED["inputs"].items()}


INPUTS = drawn_inputs()


@pytest.mark.parametrize("name", FOLDERS)
def test_a_network_gives_what_it_gave(name: str) -> None:
    folder = ModelFolder.load(BEFORE / name)
    assert folder.format == 4
    with torch.inference_mode():
        given = folder.network()(torch.from_numpy(INPUTS[name])).numpy()
    recorded = np.load(BEFORE / "outputs.npz")[name]
    np.testing.assert_allclose(given.reshape(recorded.shape), recorded, atol=1e-4)


@pytest.mark.parametrize("name", FOLDERS)
def test_outputs_are_one_tagged_union(name: str) -> None:
    outputs = ModelFolder.load(BEFORE / name).outputs
    assert isinstance(outputs, OUTPUTS.get(name, type(None)))


@pytest.mark.parametrize("name", EXPECTED["annotations"])
def test_an_annotator_says_what_it_said(name: str) -> None:
    image = np.random.default_rng(1).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    time = np.arange(16_000)
    sound = (0.4 * np.sin(2 * np.pi * 700 * time / 8_000) * (time > 6_000)).astype(np.float32)
    said = resolve_annotator(str(BEFORE / name)).annotate_one(image if name == "labels" else sound)
    recorded = EXPECTED["annotations"][name]
    assert [one.label for one in said] == [label for label, _, _ in recorded]
    for one, (_, probability, span) in zip(said, recorded, strict=True):
        assert one.probability == pytest.approx(probability, abs=1e-3)
        assert (one.span is None) == (span is None)
        if one.span is not None:
            assert [one.span.start, one.span.end] == pytest.approx(span, abs=1e-6)


@pytest.mark.parametrize("name", ["autoencoder", "contrastive", "supervised", "projection", "labels", "feedback"])
def test_an_encoder_describes_images(name: str) -> None:
    image = np.random.default_rng(2).integers(0, 256, (24, 24, 3)).astype(np.uint8)
    folder = ModelFolder.load(BEFORE / name)
    [encoder] = resolve(str(BEFORE / name))
    assert encoder.encode([image]).shape == (1, folder.descriptor.dim // (8 if encoder.kind == "binary" else 1))
    assert encoder.digest == json.loads((BEFORE / name / CARD).read_text())["digest"]


def test_a_recipe_has_the_names_of_today() -> None:
    recipe = ModelFolder.load(BEFORE / "labels").recipe
    assert (recipe["batch_size"], recipe["image_size"], recipe["validation"], recipe["pretrained"]) == (8, 16, 0.2, "")
    assert recipe["views"] == {"smallest": 0.6, "hue": 0.05}
    assert "options" not in recipe
    assert ModelFolder.load(BEFORE / "autoencoder").recipe["layer_epochs"] == 1


def test_a_changed_folder_of_format_1_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(BEFORE / "labels", tmp_path / "labels"))
    content = json.loads((folder / CARD).read_text())
    content["labels"]["names"] = ["checks", "bars"]
    (folder / CARD).write_text(json.dumps(content))
    with pytest.raises(EncoderError, match="the digest does not fit"):
        ModelFolder.load(folder).verify()


@pytest.mark.parametrize("name", FOLDERS)
def test_a_digest_of_format_1_still_fits(name: str) -> None:
    ModelFolder.load(BEFORE / name).verify()


@pytest.mark.parametrize("name", ["labels", "events", "speech", "projection"])
def test_what_is_written_again_is_of_format_4(name: str, tmp_path: Path) -> None:
    folder = ModelFolder.load(BEFORE / name)
    folder.save(tmp_path / "again", folder.network())
    content = json.loads((tmp_path / "again" / CARD).read_text())
    assert content["format"] == 4
    assert not {"labels", "events", "speech"} & content.keys()
    again = ModelFolder.load(tmp_path / "again")
    assert again.outputs == folder.outputs
    assert again.digest != folder.digest
    again.verify()


@pytest.mark.parametrize("name", ["events", "labels"])
def test_a_folder_of_format_3_opens_and_its_digest_fits(name: str) -> None:
    folder = ModelFolder.load(BEFORE.with_name("before_3") / name)
    assert folder.written == 3 and folder.format == 4
    folder.verify()
    assert folder.outputs == ModelFolder.load(BEFORE / name).outputs
    assert folder.outputs.known is None


def test_a_format_to_come_is_refused(tmp_path: Path) -> None:
    (tmp_path / CARD).write_text('{"format": 5}')
    with pytest.raises(EncoderError, match="has format 5; this Sonolux reads formats up to 4"):
        ModelFolder.load(tmp_path)


def test_a_kind_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = ModelFolder.load(BEFORE / "labels")
    folder.save(tmp_path, folder.network())
    content = json.loads((tmp_path / CARD).read_text())
    content["outputs"]["kind"] = "smells"
    (tmp_path / CARD).write_text(json.dumps(content))
    with pytest.raises(EncoderError, match=r"outputs: .*'smells'"):
        ModelFolder.load(tmp_path)


def test_a_folder_without_outputs_names_nothing() -> None:
    with pytest.raises(EncoderError, match="names no labels"):
        Classifier(BEFORE / "projection")
