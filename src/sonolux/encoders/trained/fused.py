"""Fused models in use: what is there of an item, in one or several modalities, to one answer.

A fused model is no `Encoder`: an item of a library has one modality.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Towers
from sonolux.encoders.registry import resolve_towers
from sonolux.errors import EncoderError

ARCHITECTURE = "fusion-network"


class FusedModel:
    """A model folder of `sonolux train fuse`.

    Parameters
    ----------
    folder : path

    Raises
    ------
    EncoderError
        Where it is none, or its towers are not as they were when it was trained.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = ModelFolder.load(folder)
        how = self.folder.preprocessing
        if not isinstance(how, Towers) or self.folder.architecture.name != ARCHITECTURE:
            raise EncoderError(f"{self.folder.path} is no fused model: sonolux train fuse makes one")
        self.towers = {str(tower.modality): tower for tower in resolve_towers(how.seen_from(self.folder.path))}
        for tower in self.towers.values():
            for name, digest in tower.digests.items():
                if how.digests.get(name) != digest:
                    raise EncoderError(f"{self.folder.path} was trained on another {name}: bring back what it was")
        self.names = tuple(self.folder.data.get("answers", ()))

    def answer(self, items: Sequence[Mapping[str, Any]]) -> NDArray[np.float32]:
        """Answer for items.

        Parameters
        ----------
        items : sequence of mapping
            Of each, what there is by modality: pixels (h, w, 3), samples at the tower's `sample_rate`, or a string.

        Returns
        -------
        answers : ndarray, shape (n, answers)
            In the order of `names`: probabilities of classes or tags, or numbers.

        Raises
        ------
        EncoderError
            For an item of which nothing is there that this model knows, or nothing can be described.
        """
        import torch

        parts, there = [], np.zeros((len(items), len(self.towers)), np.bool_)
        for column, (modality, tower) in enumerate(self.towers.items()):
            rows = np.zeros((len(items), tower.width), np.float32)
            held = [row for row, item in enumerate(items) if item.get(modality) is not None]
            if held:
                batch = [items[row][modality] for row in held]
                rows[held] = tower.describe(batch, asked=modality == "text")[0]
            there[:, column] = rows.any(axis=1)
            parts.append(rows)
        if not there.any(axis=1).all():
            lacking = int(np.flatnonzero(~there.any(axis=1))[0])
            raise EncoderError(f"item {lacking} has no {' or '.join(self.towers)} that can be described")
        with torch.inference_mode():
            outputs = self._network(torch.from_numpy(np.concatenate(parts, axis=1)), torch.from_numpy(there))
            kind = self.folder.data.get("kind")
            if kind == "class":
                outputs = outputs.softmax(dim=1)
            elif kind == "tags":
                outputs = outputs.sigmoid()
        return np.asarray(outputs.numpy())

    @cached_property
    def _network(self) -> Any:
        return self.folder.network()
