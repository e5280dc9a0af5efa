"""BERT: its size, and a network of the library that published it as oracle."""

from __future__ import annotations

import pytest
import torch

from models.counting import parameters
from sonolux.models.bert import Bert, renamed_weights

SMALL = {"vocabulary": 50, "width": 16, "layers": 3, "heads": 4, "hidden": 40, "longest": 20}


def test_it_has_as_many_parameters_as_minilm_without_its_pooler() -> None:
    with torch.device("meta"):
        assert parameters(Bert()) == 22_713_216 - (384 * 384 + 384)


def test_it_gives_what_transformers_gives() -> None:
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=3, num_attention_heads=4, intermediate_size=40,
        max_position_embeddings=20, layer_norm_eps=1e-12, initializer_range=0.5,
    )  # fmt: skip
    published = BertModel(config).eval()
    network = Bert(**SMALL).eval()
    network.load_state_dict(renamed_weights(published.state_dict()))
    ids = torch.randint(1, 50, (4, 9))
    present = torch.arange(9)[None] < torch.tensor([9, 1, 5, 3])[:, None]
    with torch.inference_mode():
        each = published(ids, attention_mask=present.long()).last_hidden_state
        given = network(ids, present)
    means = torch.stack([row[there].mean(0) for row, there in zip(each, present, strict=True)])
    torch.testing.assert_close(given, means, rtol=1e-4, atol=1e-5)


def test_weights_that_lack_one_are_refused() -> None:
    with pytest.raises(KeyError, match="position_embeddings"):
        renamed_weights({"embeddings.word_embeddings.weight": torch.zeros(2, 2)})
