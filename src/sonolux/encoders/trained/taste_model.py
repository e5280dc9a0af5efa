"""Models of several contents in use: whatever there is of an item, to the factors that tell who plays it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.registry import resolve
from sonolux.encoders.resize import reduced
from sonolux.encoders.trained.tastes import ContentEncoder
from sonolux.errors import EncoderError

if TYPE_CHECKING:
    import torch

    from sonolux.models.content_fusion import ContentFusion


class TasteModel:
    """A model folder of `sonolux train taste` that learned from several contents.

    Parameters
    ----------
    folder : path

    Raises
    ------
    EncoderError
        Where it is none, or an encoder that it needs is not as it was when it was trained.
    """

    def __init__(self, folder: Path | str) -> None:
        encoders = resolve(str(folder))
        readers = {str(one.modality): one.reader for one in encoders if isinstance(one, ContentEncoder)}
        if not readers:
            raise EncoderError(f"{folder} is no model of several contents: sonolux train taste --content all makes one")
        first = encoders[0]
        assert isinstance(first, ContentEncoder)
        self.folder, self._network, self.readers = first.folder, first.network, readers

    def describe(self, items: Sequence[Mapping[str, Any]]) -> NDArray[np.float32]:
        """Describe items by whatever contents each has.

        Parameters
        ----------
        items : sequence of mapping
            Of each, what there is by modality: pixels (h, w, 3), samples at the reader's `sample_rate`, or a string.
            Text without any word that is known, silence, and what an encoder finds nothing in, are not there.

        Returns
        -------
        descriptors : ndarray, shape (n, dim)
            In the order of the items.

        Raises
        ------
        EncoderError
            For an item of which nothing is there that this model can describe.
        """
        import torch

        network = self._network()
        with torch.inference_mode():
            rows, there = self._rows(network, items)
            lacking = np.flatnonzero(~np.any([*there.values()], axis=0))
            if len(lacking):
                raise EncoderError(f"item {lacking[0]} has no {' or '.join(there)} that can be described")
            found = np.zeros((len(items), self.folder.descriptor.dim), np.float32)
            alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
            for number in range(len(items)):
                alike[tuple(name for name in there if there[name][number])].append(number)
            for names, numbers in alike.items():
                found[numbers] = network({name: rows[name][numbers] for name in names}).numpy()
        return found

    def _rows(
        self, network: ContentFusion, items: Sequence[Mapping[str, Any]]
    ) -> tuple[dict[str, torch.Tensor], dict[str, NDArray[np.bool_]]]:
        """Return the rows of each content, (n, p), and which items have it, (n,)."""
        import torch

        rows: dict[str, torch.Tensor] = {}
        there = {name: np.zeros(len(items), np.bool_) for name in self.readers}
        for name, reader in self.readers.items():
            numbers = [number for number, item in enumerate(items) if item.get(name) is not None]
            if not numbers:
                continue
            given = [items[number][name] for number in numbers]
            made, known = reader.rows(network, [reduced(one, reader.side) for one in given] if reader.side else given)
            rows[name] = torch.zeros(len(items), made.shape[1])
            rows[name][numbers] = made
            there[name][numbers] = known
        return rows, there
