"""Each family against transformers called by hand, as its model card says."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from contracts.encoder_contract import TEXTS, images, ordinary, sounds
from sonolux.encoders import resolve
from sonolux.encoders.base import normalised
from sonolux.encoders.hub import network, sentence
from sonolux.encoders.hub.dino import Dinov3Images
from sonolux.encoders.hub.pictures import within_proportions

IMAGES = [np.ascontiguousarray(p) for p in images(3)]


def rows(output: object) -> np.ndarray:
    return normalised(output.pooler_output.detach().numpy())


def tokens(folder: Path, texts: list[str] = TEXTS, **options: object) -> dict[str, torch.Tensor]:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    return tokenizer(texts, return_tensors="pt", truncation=True, max_length=16, **options)


def test_clip(clip: Path) -> None:
    from transformers import CLIPImageProcessorPil, CLIPModel

    model = CLIPModel.from_pretrained(clip).eval()
    image, text = resolve(str(clip))
    seen = CLIPImageProcessorPil.from_pretrained(clip)([Image.fromarray(p) for p in IMAGES], return_tensors="pt")
    np.testing.assert_allclose(image.encode(IMAGES), rows(model.get_image_features(**seen)), atol=1e-5)
    read = tokens(clip, padding=True)
    wanted = model.get_text_features(read["input_ids"], read["attention_mask"])
    np.testing.assert_allclose(text.encode(TEXTS), rows(wanted), atol=1e-5)
    assert image.as_space() == text.as_space()
    assert (image.dim, image.licence, image.space) == (12, "mit", "tiny-clip")


def test_siglip_text_is_padded_to_the_full_length(siglip: Path) -> None:
    from transformers import SiglipModel

    model = SiglipModel.from_pretrained(siglip).eval()
    _, text = resolve(str(siglip))
    padded = tokens(siglip, padding="max_length")["input_ids"]
    short = "a dog"
    [alone] = tokens(siglip, texts=[short])["input_ids"]
    assert len(alone) < padded.shape[1] == 16
    np.testing.assert_allclose(text.encode(TEXTS), rows(model.get_text_features(padded)), atol=1e-5)
    full = torch.tensor([[*alone.tolist(), *[0] * (16 - len(alone))]])
    np.testing.assert_allclose(text.encode([short]), rows(model.get_text_features(full)), atol=1e-5)


def test_siglip2_keeps_proportions(siglip2: Path) -> None:
    from transformers import Siglip2ImageProcessorPil, Siglip2Model

    model = Siglip2Model.from_pretrained(siglip2).eval()
    image, _ = resolve(str(siglip2))
    seen = Siglip2ImageProcessorPil.from_pretrained(siglip2)([Image.fromarray(p) for p in IMAGES], return_tensors="pt")
    assert len({tuple(shape.tolist()) for shape in seen["spatial_shapes"]}) == 3
    np.testing.assert_allclose(image.encode(IMAGES), rows(model.get_image_features(**seen)), atol=1e-5)


def test_dinov2_is_its_class_token(dinov2: Path) -> None:
    from transformers import BitImageProcessorPil, Dinov2Model

    model = Dinov2Model.from_pretrained(dinov2).eval()
    [image] = resolve(str(dinov2))
    seen = BitImageProcessorPil.from_pretrained(dinov2)([Image.fromarray(p) for p in IMAGES], return_tensors="pt")
    token = model(**seen).last_hidden_state[:, 0].detach().numpy()
    np.testing.assert_allclose(image.encode(IMAGES), normalised(token), atol=1e-5)


def test_resnet_and_convnext_are_the_means_of_their_last_maps(resnet: Path, convnext: Path) -> None:
    from transformers import ConvNextImageProcessorPil, ConvNextModel, ResNetModel

    for folder, kind in ((resnet, ResNetModel), (convnext, ConvNextModel)):
        model = kind.from_pretrained(folder).eval()
        processor = ConvNextImageProcessorPil.from_pretrained(folder)
        last = model(**processor([Image.fromarray(p) for p in IMAGES], return_tensors="pt")).last_hidden_state
        assert last.shape[1:] == (20, 2, 2)
        means = last.mean(dim=(2, 3))
        expected = (model.layernorm(means) if kind is ConvNextModel else means).detach().numpy()
        [image] = resolve(str(folder))
        assert (image.dim, image.licence) == (20, "mit")
        np.testing.assert_allclose(image.encode(IMAGES), normalised(expected), atol=1e-5)


def test_dinov3_preprocessing(dinov3: Path) -> None:
    [image] = resolve(str(dinov3))
    assert isinstance(image.images, Dinov3Images)
    exact = images(5)[4][:32, :32]
    values = image.images.tensors([exact])["pixel_values"][0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(values, (exact / 255 - 0.5) / 0.5, atol=1e-6)
    larger = images(5)[4]
    values = image.images.tensors([larger])["pixel_values"][0].permute(1, 2, 0).numpy()
    shrunk = np.asarray(Image.fromarray(larger).resize((32, 32), Image.Resampling.BILINEAR))
    np.testing.assert_allclose(values, (shrunk / 255 - 0.5) / 0.5, atol=0.02)  # Pillow rounds twice


def test_clap(clap: Path) -> None:
    from transformers import ClapFeatureExtractor, ClapModel

    model = ClapModel.from_pretrained(clap).eval()
    audio, text = resolve(str(clap))
    [short] = sounds(8000, 1)
    heard = ClapFeatureExtractor.from_pretrained(clap)(short, sampling_rate=8000, return_tensors="pt")
    wanted = model.get_audio_features(heard["input_features"], torch.tensor([[False]]))
    np.testing.assert_allclose(audio.encode([short]), rows(wanted), atol=1e-5)
    assert (audio.sample_rate, audio.dim, text.dim) == (8000, 12, 12)
    assert audio.as_space() == text.as_space()


def test_clap_takes_the_middle_of_a_long_sound(clap: Path) -> None:
    audio, _ = resolve(str(clap))
    long = np.random.default_rng(0).normal(size=24000).astype(np.float32) * 0.1
    whole, middle = audio.encode([long, long[8000:16000]])
    np.testing.assert_allclose(whole, middle, atol=1e-6)


def test_the_sentence_model_knows_what_words_mean(minilm: Path) -> None:
    [text] = resolve(str(minilm))
    assert (text.dim, text.licence) == (384, "apache-2.0")
    passages = ["A puppy runs along the sea shore.", "The court ruled on the tax case.", "Fry the onions in butter."]
    questions = ["a dog on a beach", "law and justice", "a recipe"]
    scores = text.encode_queries(questions) @ text.encode(passages).T
    assert scores.argmax(axis=1).tolist() == [0, 1, 2]
    assert scores.diagonal().min() > np.delete(scores.ravel(), [0, 4, 8]).max() + 0.05


def test_a_static_embedding_tells_its_width_by_its_weights(minilm: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(minilm / "tokenizer.json"))
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=24)], device="cpu").save(str(tmp_path))
    [text] = resolve(str(tmp_path))
    assert text.encode(TEXTS).shape == (len(TEXTS), 24)


def test_a_needle_of_an_image_stays_small() -> None:
    needle = np.zeros((1, 512, 3), np.uint8)
    needle[0, 256] = 9
    middle = within_proportions(needle)
    assert middle.shape == (1, 16, 3)
    assert middle.max() == 9
    assert within_proportions(IMAGES[0]).shape == IMAGES[0].shape


@pytest.mark.parametrize("module", ["torchvision", "torchaudio"])
def test_no_processor_needs(module: str, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # an import of it now fails
    for encoder in resolve(str(clip)):
        encoder.encode(TEXTS if encoder.modality == "text" else IMAGES)


def test_weights_wait_for_the_first_batch(clip: Path) -> None:
    image, text = resolve(str(clip))
    assert not image.network.loaded
    text.encode(["a dog"])
    assert image.network is text.network
    assert image.network.loaded


@pytest.mark.parametrize(
    "family",
    [
        "clip",
        "siglip",
        "siglip2",
        "clap",
        "dinov2",
        "dinov3",
        "dinov3_convnext",
        "resnet",
        "convnext",
        "minilm",
        "st_clip",
    ],
)
def test_half_precision_keeps_the_meaning(
    family: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(request.getfixturevalue(family))
    whole = [encoder.encode(ordinary(encoder)) for encoder in resolve(folder)]
    for module in (network, sentence):
        monkeypatch.setattr(module, "precision", lambda device: torch.float16)
    half = [encoder.encode(ordinary(encoder)) for encoder in resolve(folder)]
    for rows_whole, rows_half in zip(whole, half, strict=True):
        assert not np.array_equal(rows_whole, rows_half)
        assert (rows_whole * rows_half).sum(axis=1).min() > 0.999
