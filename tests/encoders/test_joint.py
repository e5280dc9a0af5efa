"""Descriptors of several encoders, side by side."""

from __future__ import annotations

import numpy as np
import pytest

from contracts.encoder_contract import EncoderContract, images
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.joint import JointEncoder
from sonolux.errors import EncoderError
from sonolux.training.data.described import _described


class TestJointEncoder(EncoderContract):
    """Of shapes and colours."""

    @pytest.fixture
    def encoder(self) -> Encoder:
        return resolve("hog+colour-layout")[0]

    @pytest.fixture
    def altered(self) -> Encoder:
        return resolve("colour-layout+hog")[0]


class TestJointSounds(EncoderContract):
    """Of timbre and pitch classes."""

    @pytest.fixture
    def encoder(self) -> Encoder:
        return resolve("mfcc+chroma")[0]

    @pytest.fixture
    def altered(self) -> Encoder:
        return resolve("mfcc+chroma+mfcc")[0]


def test_likeness_is_the_mean_of_the_parts() -> None:
    joint, hog, colours = (
        np.asarray(resolve(spec)[0].encode(images())) for spec in ("hog+colour-layout", "hog", "colour-layout")
    )
    np.testing.assert_allclose(joint @ joint.T, (hog @ hog.T + colours @ colours.T) / 2, atol=1e-5)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("mfcc+whisper", r"whisper hears 16,000 samples a second, mfcc 22,050"),
        ("hog+mfcc", "take nothing in common"),
        ("hog+bm25", "take nothing in common"),
        ("hog+photo-code", "photo-code gives no float descriptor"),
        ("hog+nothing", "no encoder 'nothing'"),
        ("hog+", r"no encoder 'hog\+'"),
        ("+", r"no encoder '\+'"),
    ],
)
def test_what_cannot_be_joined_is_refused_in_one_line(spec: str, said: str) -> None:
    with pytest.raises(EncoderError, match=said) as refused:
        resolve(spec)
    assert "\n" not in str(refused.value)


def test_a_folder_with_the_sign_in_its_name_is_a_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(EncoderError, match="is no model"):
        resolve(str(tmp_path_factory.mktemp("a+b")))


def test_what_several_join_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hog, colours = resolve("hog")[0], resolve("colour-layout")[0]
    made: list[str] = []
    for encoder in (hog, colours):
        encode = encoder.encode
        monkeypatch.setattr(
            encoder, "encode", lambda batch, encode=encode, name=encoder.name: (made.append(name), encode(batch))[1]
        )
    joint = JointEncoder([hog, colours])
    rows = _described({"hog": hog, "both": joint}, images())
    assert sorted(made) == ["colour-layout", "hog"]
    np.testing.assert_allclose(rows["both"] / np.sqrt(2), joint.encode(images()), atol=1e-6)
    np.testing.assert_array_equal(rows["hog"], hog.encode(images()))
