"""Sentences by meaning through all-MiniLM-L6-v2, which a package brings: 384 numbers, compared by cosine.

W. Wang et al., "MiniLM", NeurIPS 2020; N. Reimers and I. Gurevych, "Sentence-BERT", EMNLP 2019. The folder in the
package is a sentence-transformers checkpoint. Its network is small and plain, so it is built here: importing that
library takes longer than all else that a first question needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.device import chosen_device, precision
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.base import LEARNED, Encoder
from sonolux.encoders.packaged.package import Package
from sonolux.encoders.packaged.packages import MINILM, SENTENCES
from sonolux.encoders.text import encodable
from sonolux.errors import ModelError
from sonolux.types import Modality

if TYPE_CHECKING:
    import torch

    from sonolux.models.bert import Bert

DIM = 384

LONGEST = 256
"""Tokens of a text that are read, as many as in the model's training."""

CHARACTERS = 32_768
"""Of a text that are split into tokens: many more than those that are read take."""

TOGETHER = 8
"""Texts of about the same length that pass the network at once: the shorter are filled up to the longest of them."""

PADDING = 0
"""Token that fills up."""


class PackagedSentences(Encoder):
    """Text through a sentence model of a package.

    Parameters
    ----------
    package : Package
    """

    gpu_share = 0.1

    name = spec = space = "sentences"
    modality = Modality.TEXT
    dim = DIM
    weight = LEARNED + 0.9

    def __init__(self, package: Package) -> None:
        self.package = package
        self.digest = package.digest
        self.licence = package.licence
        self._model = LoadedOnce(lambda: _loaded(package))
        self._last: tuple[tuple[str, ...], NDArray[np.float32]] = (), np.empty((0, DIM), np.float32)

    def encode_batch(self, batch: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts into rows (n, 384)."""
        import torch
        from torch.nn.utils.rnn import pad_sequence

        tokenizer, network, device = self._model()
        ids = [
            torch.tensor(read.ids) for read in tokenizer.encode_batch([encodable(text[:CHARACTERS]) for text in batch])
        ]
        order = sorted(range(len(ids)), key=lambda number: len(ids[number]))
        rows = np.empty((len(ids), DIM), np.float32)
        for start in range(0, len(order), TOGETHER):
            chosen = order[start : start + TOGETHER]
            padded = pad_sequence([ids[number] for number in chosen], batch_first=True, padding_value=PADDING)
            with torch.inference_mode():
                rows[chosen] = network(padded.to(device), padded.to(device) != PADDING).float().cpu().numpy()
        return rows

    def encode_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions into rows (n, 384) of length 1; `sonolux.encoders.packaged.concepts` asks the same ones."""
        asked, known = self._last
        if asked != tuple(queries):
            known = np.asarray(self.encode(queries), np.float32)
            self._last = tuple(queries), known
        return known.copy()


@cache
def sentences() -> Encoder:
    """Return the sentence model of the default installation, one for all libraries of a process."""
    return PackagedSentences(SENTENCES)


def _loaded(package: Package) -> tuple[Any, Bert, torch.device]:
    """Return the tokenizer, the network, and where it computes."""
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    from sonolux.models.bert import Bert, renamed_weights

    folder = package.folder(f"{MINILM}config.json")
    device = chosen_device()
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        network = Bert()
        network.load_state_dict(renamed_weights(load_file(folder / "model.safetensors")))
    except Exception as error:  # files of another can fail in any way; the hashes make that unlikely
        reason = " ".join(str(error).split())
        raise ModelError(f"{package.name}: its model cannot be loaded: {reason}") from error
    tokenizer.enable_truncation(LONGEST)
    tokenizer.no_padding()
    return tokenizer, network.to(device, precision(device)).eval(), device
