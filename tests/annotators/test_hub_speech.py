"""Whisper and wav2vec 2.0 by the real loading code, on tiny random checkpoints in the hub's own format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from sonolux.annotators import resolve
from sonolux.annotators.hub_speech import HubReader
from sonolux.errors import EncoderError

LETTERS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ'"]
SOUND = (0.3 * np.random.default_rng(0).standard_normal(16_000)).astype(np.float32)


@pytest.fixture(scope="module")
def wav2vec2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    folder = tmp_path_factory.mktemp("hub") / "wav2vec2-tiny"
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps({letter: number for number, letter in enumerate(LETTERS)}))
    tokenizer = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"))
    Wav2Vec2Processor(Wav2Vec2FeatureExtractor(return_attention_mask=False), tokenizer).save_pretrained(folder)
    config = Wav2Vec2Config(
        vocab_size=len(LETTERS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        conv_dim=(8, 8), conv_stride=(10, 16), conv_kernel=(10, 16), num_feat_extract_layers=2,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, pad_token_id=0,
    )  # fmt: skip
    torch.manual_seed(0)
    Wav2Vec2ForCTC(config).save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    return folder


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        PreTrainedTokenizerFast,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
    )

    folder = tmp_path_factory.mktemp("hub") / "whisper-tiny-random"
    folder.mkdir()
    special = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"]
    segments = {segment: number for number, segment in enumerate([*special, *"abcdefghijklmnopqrstuvwxyz", "Ġ"])}
    tokenizer = Tokenizer(models.BPE(segments, []))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=special[0], bos_token=special[0], pad_token=special[0]
    ).save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    config = WhisperConfig(
        vocab_size=len(segments), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, max_target_positions=24,
        decoder_start_token_id=1, eos_token_id=0, pad_token_id=0, bos_token_id=0, suppress_tokens=None,
        begin_suppress_tokens=None,
    )  # fmt: skip
    torch.manual_seed(0)
    model = WhisperForConditionalGeneration(config)
    model.generation_config.max_length = 16
    model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("name", ["wav2vec2", "whisper"])
def test_what_is_said_comes_with_a_probability(name: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(name)
    reader = resolve(str(folder))
    assert isinstance(reader, HubReader)
    assert (reader.name, reader.sample_rate) == (folder.name, 16_000)
    text, surely = reader.read(SOUND)
    assert text == reader.read(SOUND)[0]
    assert 0 < surely <= 1
    assert reader.digest == resolve(str(folder)).digest
    for one in reader.annotate_one(np.concatenate([np.zeros(8_000, np.float32), SOUND])):
        assert one.span is not None
        assert one.span.start == pytest.approx(0.4, abs=0.15)


def test_wav2vec2_is_read_greedily(wav2vec2: Path) -> None:
    from transformers import Wav2Vec2ForCTC, Wav2Vec2Processor

    model, processor = Wav2Vec2ForCTC.from_pretrained(wav2vec2), Wav2Vec2Processor.from_pretrained(wav2vec2)
    inputs = processor(SOUND, sampling_rate=16_000, return_tensors="pt")
    with torch.inference_mode():
        tokens = model(inputs.input_values).logits[0].argmax(dim=1)
    assert resolve(str(wav2vec2)).read(SOUND)[0] == processor.decode(tokens).strip()


class TestRefusals:
    def test_another_family(self, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_text('{"model_type": "clip"}')
        with pytest.raises(EncoderError, match="is of type 'clip'; whisper, wav2vec2, hubert write down what is said"):
            resolve(str(tmp_path))

    def test_pickled_weights(self, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_text('{"model_type": "whisper"}')
        (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
        with pytest.raises(EncoderError, match="safetensors"):
            resolve(str(tmp_path))

    def test_weights_that_lack_a_part(self, wav2vec2: Path, tmp_path: Path) -> None:
        import shutil

        from safetensors.torch import load_file, save_file

        shutil.copytree(wav2vec2, tmp_path / "part")
        weights = load_file(tmp_path / "part" / "model.safetensors")
        weights.pop("lm_head.weight")
        save_file(weights, tmp_path / "part" / "model.safetensors", {"format": "pt"})
        with pytest.raises(EncoderError, match=r"the weights lack lm_head\.weight"):
            resolve(str(tmp_path / "part")).read(SOUND)
