"""The encoders whose weights come with Sonolux."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contracts.encoder_contract import EncoderContract, images
from sonolux import sample
from sonolux.checkpoints.folder import ModelFolder
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.trained import shipped


class TestPhoto(EncoderContract):
    name = "photo"

    @pytest.fixture
    def encoder(self) -> Encoder:
        [encoder] = resolve(self.name)
        return encoder

    @pytest.fixture
    def altered(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Encoder:
        record = ModelFolder.load(shipped.FOLDER)
        network = record.network()
        next(network.parameters()).data.mul_(1.01)
        monkeypatch.setattr(shipped, "FOLDER", record.save(tmp_path / "other", network).path)
        [encoder] = resolve(self.name)
        return encoder


class TestPhotoCode(TestPhoto):
    name = "photo-code"


def test_they_are_what_is_promised() -> None:
    [photo], [code] = resolve("photo"), resolve("photo-code")
    assert (photo.space, photo.dim, photo.kind, photo.metric) == ("photo", 256, "float", "cosine")
    assert (code.space, code.dim, code.kind, code.metric) == ("photo-code", 256, "binary", "hamming")
    assert photo.licence == code.licence != ""
    assert sum(file.stat().st_size for file in shipped.FOLDER.iterdir()) < 2e6


def test_codes_are_the_signs_of_the_float_descriptors() -> None:
    [photo], [code] = resolve("photo"), resolve("photo-code")
    bits = np.unpackbits(code.encode(images()), axis=1)
    np.testing.assert_array_equal(bits, photo.encode(images()) > 0)


def test_the_card_says_what_it_was_trained_on() -> None:
    card = ModelFolder.load(shipped.FOLDER)
    assert card.data["source"]
    assert card.recipe["method"]


def test_a_part_of_a_photograph_finds_the_rest(tmp_path: Path) -> None:
    from PIL import Image

    sample.write_sample(tmp_path)
    files = sorted((tmp_path / "photos").glob("*.jpg"))
    photos = [np.asarray(Image.open(file).convert("RGB")) for file in files]
    [photo] = resolve("photo")
    left = photo.encode([pixels[:, : pixels.shape[1] // 2] for pixels in photos])
    right = photo.encode([pixels[:, pixels.shape[1] // 2 :] for pixels in photos])
    nearest = (left @ (right / np.linalg.norm(right, axis=1, keepdims=True)).T).argmax(axis=1)
    assert len(photos) > 5
    assert (nearest == np.arange(len(photos))).mean() >= 0.5
