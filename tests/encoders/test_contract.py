"""Every encoder there is, through the suite that all must pass."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from contracts.encoder_contract import EncoderContract
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.classical import bm25, chroma, colour_histogram, colour_layout, hog, mfcc


class ClassicalContract(EncoderContract):
    """A built-in; altered by changing one of its constants."""

    name: str
    constant: tuple[object, str, object]

    @pytest.fixture
    def encoder(self) -> Encoder:
        [encoder] = resolve(self.name)
        return encoder

    @pytest.fixture
    def altered(self, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> Encoder:
        monkeypatch.setattr(*self.constant)
        return type(encoder)()


class TestColourHistogram(ClassicalContract):
    name = "colour-histogram"
    constant = (colour_histogram, "HUES", 8)


class TestColourLayout(ClassicalContract):
    name = "colour-layout"
    constant = (colour_layout, "KEPT", (6, 3, 3))


class TestHog(ClassicalContract):
    name = "hog"
    constant = (hog, "ORIENTATIONS", 8)


class TestMfcc(ClassicalContract):
    name = "mfcc"
    constant = (mfcc, "LIFTER", 12)


class TestChroma(ClassicalContract):
    name = "chroma"
    constant = (chroma, "HOP", 1024)


class TestBm25(ClassicalContract):
    name = "bm25"
    constant = (bm25, "TYPICAL_LENGTH", 200.0)


class HubContract(EncoderContract):
    """A checkpoint folder; altered by one more setting in its configuration."""

    fixture: str
    place = 0

    @pytest.fixture
    def encoder(self, request: pytest.FixtureRequest) -> Encoder:
        folder: Path = request.getfixturevalue(self.fixture)
        return resolve(str(folder))[self.place]

    @pytest.fixture
    def altered(self, encoder: Encoder, tmp_path: Path) -> Encoder:
        copy = tmp_path / Path(encoder.spec).name
        shutil.copytree(encoder.spec, copy)
        config = json.loads((copy / "config.json").read_text())
        (copy / "config.json").write_text(json.dumps({**config, "initializer_factor": 0.5}))
        return resolve(str(copy))[self.place]


class TestClipImage(HubContract):
    fixture = "clip"


class TestClipText(HubContract):
    fixture, place = "clip", 1


class TestSiglipImage(HubContract):
    fixture = "siglip"


class TestSiglipText(HubContract):
    fixture, place = "siglip", 1


class TestSiglip2Image(HubContract):
    fixture = "siglip2"


class TestSiglip2Text(HubContract):
    fixture, place = "siglip2", 1


class TestClapAudio(HubContract):
    fixture = "clap"


class TestClapText(HubContract):
    fixture, place = "clap", 1


class TestDinov2(HubContract):
    fixture = "dinov2"


class TestDinov3(HubContract):
    fixture = "dinov3"


class TestDinov3ConvNext(HubContract):
    fixture = "dinov3_convnext"


class TestResNet(HubContract):
    fixture = "resnet"


class TestConvNext(HubContract):
    fixture = "convnext"


class TestConvNextV2(HubContract):
    fixture = "convnextv2"


class TestMultimodalImage(HubContract):
    fixture = "st_clip"


class TestMultimodalText(HubContract):
    fixture, place = "st_clip", 1


class TestSeeingLanguageModelImage(HubContract):
    fixture = "st_llava"


class TestSeeingLanguageModelText(HubContract):
    fixture, place = "st_llava", 1


class TestMultimodalAudio(HubContract):
    fixture = "st_clap"


class TestSentence(HubContract):
    fixture = "minilm"
