"""Descriptors of one encoder, projected: the contract, what is computed, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from contracts.encoder_contract import TEXTS, EncoderContract, images, sounds
from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.inputs import Preprocessing, SourceDescriptors
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.base import normalised
from sonolux.encoders.classical import colour_layout
from sonolux.errors import EncoderError
from sonolux.models.code_network import CodeNetwork
from sonolux.models.projection import Projection

BITS = 256


def projected(path: Path, source: str, matrix: np.ndarray | None = None, **descriptor: object) -> ModelFolder:
    """Save a model on top of a source: a matrix, or the identity."""
    encoders = resolve(source)
    first = encoders[0]
    projection = Projection(first.dim, first.dim)
    if matrix is not None:
        projection.matrix = torch.from_numpy(matrix.astype(np.float32))
    return ModelFolder(
        architecture=Architecture(name="projection", arguments={"inputs": first.dim, "outputs": first.dim}),
        preprocessing=SourceDescriptors(source=source, digests={each.name: each.digest for each in encoders}),
        descriptor=Descriptor(space=path.name, dim=first.dim, kind=first.kind, metric=first.metric, **descriptor),
    ).save(path, projection)


def mixing(dim: int, seed: int = 0) -> np.ndarray:
    return np.eye(dim) + 0.2 * np.random.default_rng(seed).standard_normal((dim, dim)) / np.sqrt(dim)


def codes(path: Path) -> Path:
    """Save a network of codes."""
    torch.manual_seed(0)
    arguments = {"backbone": "small-resnet", "backbone_arguments": {"widths": [8, 16], "strides": [2, 2]}, "bits": BITS}
    ModelFolder(
        architecture=Architecture(name="code-network", arguments=arguments),
        preprocessing=Preprocessing(width=32, height=32, mean=(0.5,) * 3, deviation=(0.25,) * 3),
        descriptor=Descriptor(space="codes", dim=BITS, kind="binary", metric="hamming"),
    ).save(path, CodeNetwork(**arguments))
    return path


class TestFloat(EncoderContract):
    source = "colour-layout"

    @pytest.fixture
    def encoder(self, tmp_path: Path) -> Encoder:
        dim = resolve(self.source)[0].dim
        return resolve(str(projected(tmp_path / "taste", self.source, mixing(dim)).path))[0]

    @pytest.fixture
    def altered(self, tmp_path: Path) -> Encoder:
        dim = resolve(self.source)[0].dim
        return resolve(str(projected(tmp_path / "other", self.source, mixing(dim, seed=1)).path))[0]


class TestSound(TestFloat):
    source = "mfcc"


class TestBinary(EncoderContract):
    @pytest.fixture
    def encoder(self, tmp_path: Path) -> Encoder:
        source = codes(tmp_path / "codes")
        return resolve(str(projected(tmp_path / "taste", str(source), mixing(BITS)).path))[0]

    @pytest.fixture
    def altered(self, tmp_path: Path) -> Encoder:
        source = codes(tmp_path / "codes")
        return resolve(str(projected(tmp_path / "other", str(source), mixing(BITS, seed=1)).path))[0]


@pytest.mark.parametrize("source", ["colour-layout", "mfcc"])
def test_the_identity_changes_nothing(source: str, tmp_path: Path) -> None:
    [before] = resolve(source)
    [after] = resolve(str(projected(tmp_path / "same", source).path))
    inputs = images() if source == "colour-layout" else sounds(before.sample_rate)
    np.testing.assert_allclose(after.encode(inputs), before.encode(inputs), atol=1e-6)


def test_float_rows_are_multiplied(tmp_path: Path) -> None:
    [before] = resolve("colour-layout")
    matrix = mixing(before.dim)
    [after] = resolve(str(projected(tmp_path / "taste", "colour-layout", matrix).path))
    expected = normalised((before.encode(images()) @ matrix).astype(np.float32))
    np.testing.assert_allclose(after.encode(images()), expected, atol=1e-5)
    np.testing.assert_allclose(after.encode_queries(images()), expected, atol=1e-5)


def test_codes_are_signs_of_multiplied_signs(tmp_path: Path) -> None:
    source, matrix = codes(tmp_path / "codes"), mixing(BITS) - 0.3
    [before] = resolve(str(source))
    [after] = resolve(str(projected(tmp_path / "taste", str(source), matrix).path))
    signs = np.unpackbits(before.encode(images()), axis=1) * 2.0 - 1
    found = np.unpackbits(after.encode(images()), axis=1)
    np.testing.assert_array_equal(found, signs @ matrix > 0)
    assert (found * 2.0 - 1 != signs).any()


def test_what_shared_a_space_shares_one_after(clip: Path, tmp_path: Path) -> None:
    image, text = resolve(str(projected(tmp_path / "taste", str(clip)).path))
    assert [str(encoder.modality) for encoder in (image, text)] == ["image", "text"]
    assert (image.name, text.name) == ("taste:image", "taste:text")
    assert image.as_space() == text.as_space()
    before = dict(zip("it", resolve(str(clip)), strict=True))
    np.testing.assert_allclose(image.encode(images()), before["i"].encode(images()), atol=1e-5)
    np.testing.assert_allclose(text.encode_queries(TEXTS), before["t"].encode_queries(TEXTS), atol=1e-5)


def test_questions_are_asked_as_the_source_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Asking(colour_layout.ColourLayout):
        def encode_queries(self, queries: list[np.ndarray]) -> np.ndarray:
            return self.encode([255 - picture for picture in queries])

    monkeypatch.setattr(colour_layout, "ColourLayout", Asking)
    [encoder] = resolve(str(projected(tmp_path / "taste", "colour-layout").path))
    inverted = [255 - picture for picture in images()]
    np.testing.assert_allclose(encoder.encode_queries(images()), encoder.encode(inverted), atol=1e-6)
    assert np.abs(encoder.encode_queries(images()) - encoder.encode(images())).max() > 0.01


def refusal(path: Path) -> str:
    with pytest.raises(EncoderError) as refused:
        resolve(str(path))
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_source_that_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = projected(tmp_path / "taste", "colour-layout").path
    monkeypatch.setattr(colour_layout, "KEPT", (6, 3, 3))
    assert "was trained on colour-layout (digest " in refusal(folder)


def test_a_source_that_is_gone_is_refused(tmp_path: Path) -> None:
    source = codes(tmp_path / "codes")
    folder = projected(tmp_path / "taste", str(source)).path
    source.rename(tmp_path / "elsewhere")
    assert "which cannot be had: no encoder" in refusal(folder)


def resigned(folder: Path, **changes: object) -> Path:
    """Change a record and give it the digest of its present content."""
    card = folder / "model.json"
    content = {**json.loads(card.read_text()), **changes}
    fresh = ModelFolder.model_validate({**content, "path": folder})
    card.write_text(json.dumps({**content, "digest": fresh._digest()}))
    return folder


def test_a_source_that_is_itself_is_refused(tmp_path: Path) -> None:
    folder = projected(tmp_path / "taste", "colour-layout").path
    how = {"kind": "descriptors", "source": str(folder), "digests": {"taste": "0"}}
    assert "which needs" in refusal(resigned(folder, preprocessing=how))


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"source": "colour-layout", "digests": {"hog": "0"}}, "needs hog, which its source has no longer"),
        ({"source": "bm25", "digests": {"bm25": "0"}}, "bm25 writes words"),
    ],
)
def test_a_source_that_does_not_fit_is_refused(how: dict[str, object], reason: str, tmp_path: Path) -> None:
    folder = projected(tmp_path / "taste", "colour-layout").path
    assert reason in refusal(resigned(folder, preprocessing={"kind": "descriptors", **how}))


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"kind": "descriptors", "source": "hog", "digests": {}}, "preprocessing.digests"),
        ({"kind": "descriptors", "digests": {"hog": "0"}}, "preprocessing.source"),
        ({"kind": "poems"}, "preprocessing: "),
    ],
)
def test_a_record_that_makes_no_sense(how: dict[str, object], reason: str, tmp_path: Path) -> None:
    folder = projected(tmp_path / "taste", "colour-layout").path
    card = folder / "model.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "preprocessing": how}))
    assert reason in refusal(folder)


def test_a_model_that_takes_no_images_has_no_layers(tmp_path: Path) -> None:
    folder = projected(tmp_path / "taste", "colour-layout").path
    assert "has no layers to choose from" in refusal(Path(f"{folder}@matrix"))
    with pytest.raises(EncoderError, match="takes descriptors, not pictures"):
        _ = ModelFolder.load(folder).images
