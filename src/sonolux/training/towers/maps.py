"""Maps of images at the layer from which a tower is thawed: computed once, for what comes before does not change.

Each step of the training begins at these maps; random views of the images are not drawn, which would have to pass
through the whole network every time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.encoders.trained.encoder import network_input
from sonolux.errors import TrainingError
from sonolux.training.data.memory import SHARE, free_memory
from sonolux.training.towers.start import StartedTower

AT_ONCE = 8
"""Images that pass the first layers at once."""


@dataclass(frozen=True, slots=True)
class KeptMaps:
    """Maps of things that a tower has looked at.

    Attributes
    ----------
    tower : StartedTower
        Absent in another process that shares a training, for its layers that learn are there already.
    layer : str
        From which it learns.
    things : tuple of tuple of tensor
        Of each thing the maps of its pieces, float16 (channels, height, width); none of a thing without an image.
    """

    tower: StartedTower
    layer: str
    things: tuple[tuple[torch.Tensor, ...], ...]

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the tower behind, whose encoder belongs to one process."""
        return KeptMaps, (None, self.layer, self.things)

    def subset(self, rows: Iterable[int]) -> KeptMaps:
        """Return the maps of some of the things; below 0 for a thing without an image."""
        return replace(self, things=tuple(self.things[row] if row >= 0 else () for row in rows))

    def rows(self, thawed: Any, device: torch.device) -> NDArray[np.float32]:
        """Return what thawed layers in eval mode make of each thing, the mean of its pieces; zeros without an image."""
        flat = [piece for pieces in self.things for piece in pieces]
        found = []
        with torch.inference_mode():
            for start in range(0, len(flat), AT_ONCE):
                batch = torch.stack(flat[start : start + AT_ONCE]).float().to(device)
                found.append(thawed(batch).float().cpu().numpy())
        described = np.concatenate(found)
        owners = np.repeat(np.arange(len(self.things)), [len(pieces) for pieces in self.things])
        rows = np.zeros((len(self.things), described.shape[1]), np.float32)
        np.add.at(rows, owners, described)
        counts = np.maximum(np.bincount(owners, minlength=len(rows)), 1)
        return np.asarray(rows / counts[:, None], np.float32)


@dataclass
class MapKeeper:
    """Computes maps of images as these are read.

    Parameters
    ----------
    tower : StartedTower
    layer : str
    """

    tower: StartedTower
    layer: str
    kept: dict[str, list[torch.Tensor]] = field(default_factory=lambda: defaultdict(list))
    bytes_left: int = field(default_factory=lambda: int(SHARE * free_memory()))

    def __post_init__(self) -> None:
        self.before, _ = self.tower.network.parted(self.layer)

    def keep(self, names: Sequence[str], images: Sequence[NDArray[np.uint8]]) -> None:
        """Keep the maps of images (h, w, 3), pieces of the things of these names.

        Raises
        ------
        TrainingError
            Where they take more memory than can be had.
        """
        for start in range(0, len(images), AT_ONCE):
            inputs = torch.from_numpy(network_input(images[start : start + AT_ONCE], self.tower.how))
            with torch.inference_mode():
                maps = self.before(inputs).half()
            for name, one in zip(names[start : start + AT_ONCE], maps, strict=True):
                self.kept[name].append(one.clone())
            self.bytes_left -= maps.numel() * maps.element_size()
        if self.bytes_left < 0:
            raise TrainingError(
                f"the maps of {len(self.kept):,} pictures before {self.layer} take more memory than can be had:"
                " thaw from a later layer, such as --thawed head, or give fewer"
            )

    def packed(self, names: Iterable[str]) -> KeptMaps:
        """Return the maps of things in an order."""
        known: Mapping[str, list[torch.Tensor]] = self.kept
        return KeptMaps(self.tower, self.layer, tuple(tuple(known[name]) for name in names))
