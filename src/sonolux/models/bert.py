"""BERT: tokens of a text to one vector each, by layers of attention that look both ways.

J. Devlin et al., "BERT: Pre-training of deep bidirectional transformers for language understanding", NAACL 2019. A
sentence is the mean of its tokens (N. Reimers and I. Gurevych, "Sentence-BERT", EMNLP 2019).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

EPSILON = 1e-12
"""Of layer normalisation, as in the published networks."""

LAYER_NAMES = {
    "attention.output.dense": "self_attn.out_proj",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "linear1",
    "output.dense": "linear2",
    "output.LayerNorm": "norm2",
}
"""Modules of a layer as published, and as torch calls them."""


class Bert(nn.Module):
    """Ids of tokens (n, t) to the mean of what their tokens mean, (n, width).

    Parameters
    ----------
    vocabulary : int
        Tokens there are.
    width, layers, heads, hidden : int
        Numbers of a token, layers, heads of attention, numbers within a layer's perceptron.
    longest : int
        Tokens of a text at most.
    """

    def __init__(
        self,
        vocabulary: int = 30_522,
        width: int = 384,
        layers: int = 6,
        heads: int = 12,
        hidden: int = 1536,
        longest: int = 512,
    ) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(longest, width)
        self.segments = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, EPSILON)
        layer = nn.TransformerEncoderLayer(
            width, heads, hidden, activation="gelu", layer_norm_eps=EPSILON, batch_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

    def forward(self, ids: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Return the mean of the tokens that are present, (n, t) bool."""
        where = torch.arange(ids.shape[1], device=ids.device)
        embedded = self.norm(self.tokens(ids) + self.positions(where) + self.segments.weight[0])
        meant: torch.Tensor = self.encoder(embedded, src_key_padding_mask=~present)
        weights = present.to(meant.dtype)[:, :, None]
        return (meant * weights).sum(1) / weights.sum(1)


def renamed_weights(published: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return published weights under the names of `Bert`, without those of the pooler, which sentences do not use.

    Raises
    ------
    KeyError
        Where one is missing.
    """
    weights = {
        "tokens.weight": published["embeddings.word_embeddings.weight"],
        "positions.weight": published["embeddings.position_embeddings.weight"],
        "segments.weight": published["embeddings.token_type_embeddings.weight"],
    }
    weights |= {f"norm.{kind}": published[f"embeddings.LayerNorm.{kind}"] for kind in ("weight", "bias")}
    layers = {int(name.split(".")[2]) for name in published if name.startswith("encoder.layer.")}
    for layer in sorted(layers):
        old, new = f"encoder.layer.{layer}", f"encoder.layers.{layer}"
        for kind in ("weight", "bias"):
            parts = [published[f"{old}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            weights[f"{new}.self_attn.in_proj_{kind}"] = torch.cat(parts)
            weights |= {f"{new}.{to}.{kind}": published[f"{old}.{name}.{kind}"] for name, to in LAYER_NAMES.items()}
    return weights
