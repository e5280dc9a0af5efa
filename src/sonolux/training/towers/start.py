"""Towers that can be thawed: the packaged networks of photographs, and towers that have learned on already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.inputs import OWN, Preprocessing, Towers
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders.base import Encoder
from sonolux.encoders.packaged.photo import DIM, WIDTH, PackagedFolder, PhotoEncoder
from sonolux.encoders.trained.encoder import TrainedEncoder
from sonolux.encoders.trained.layers import LayerEncoder
from sonolux.errors import TrainingError

if TYPE_CHECKING:
    from sonolux.models.photo_tower import PhotoTower

ARCHITECTURE = "photo-tower"

PLACE = f"{OWN}towers/image"
"""Of a tower in the folder of its model."""

ABLE = "only networks of photographs learn on: --tower image=photo, image=photo-lite2, or a tower that has learned on"


@dataclass(frozen=True, slots=True)
class StartedTower:
    """A tower before it learns on.

    Attributes
    ----------
    encoder : Encoder
        What it is so far.
    network : PhotoTower
    arguments : dict
        Of its constructor.
    how : Preprocessing
    """

    encoder: Encoder
    network: PhotoTower
    arguments: dict[str, Any]
    how: Preprocessing

    def save(self, folder: Path, name: str, how_learned: dict[str, Any]) -> ModelFolder:
        """Write the tower as it is now into the folder of the model that stands on it; return its record.

        Parameters
        ----------
        folder : Path
            Of the model.
        name : str
            Of the space.
        how_learned : dict
            The recipe, resolved.
        """
        before: ModelFolder = self.encoder.folder  # type: ignore[attr-defined]
        record = ModelFolder(
            architecture=Architecture(name=ARCHITECTURE, arguments=self.arguments),
            preprocessing=self.how,
            descriptor=Descriptor(space=name, dim=self.arguments["outputs"] or WIDTH),
            recipe=how_learned,
            data={"before": {**before.data, "licence": before.licence}},
            licence=before.licence,
        )
        return record.save(folder / PLACE.removeprefix(OWN), self.network)


def with_own_tower(towers: Towers, replaced: Encoder, own: ModelFolder) -> Towers:
    """Return a record of towers in which that of images lies in the model folder."""
    digests = {name: digest for name, digest in towers.digests.items() if name != replaced.name}
    return towers.model_copy(
        update={
            "towers": {**towers.towers, "image": (PLACE,)},
            "digests": {**digests, own.path.name: own.digest},
        }
    )


def start_tower(encoders: Sequence[Encoder], layer: str) -> StartedTower:
    """Return the tower of images, ready to learn on from a layer.

    Parameters
    ----------
    encoders : sequence of Encoder
        That describe images.
    layer : str

    Raises
    ------
    TrainingError
        Where these are several, cannot learn, or have no such layer.
    """
    if len(encoders) != 1:
        names = " and ".join(one.name for one in encoders)
        raise TrainingError(f"one network is thawed, not {names} side by side: name one with --tower image=photo")
    encoder = encoders[0]
    arguments = _arguments(encoder)
    if arguments is None or not isinstance(encoder, TrainedEncoder):
        raise TrainingError(f"{encoder.name} cannot be thawed: {ABLE}")
    network = _network(encoder, arguments)
    try:
        network.parted(layer)
    except ValueError as error:
        raise TrainingError(f"{encoder.name} has {error}") from error
    return StartedTower(encoder, network, arguments, encoder.folder.images)


def _arguments(encoder: Encoder) -> dict[str, Any] | None:
    """Return how the tower of an encoder is built; None where it cannot be thawed."""
    if isinstance(encoder, LayerEncoder):
        pooled = (encoder.layer, encoder.pooling) == ("pool", "avg") and isinstance(encoder.folder, PackagedFolder)
        return {"variant": encoder.folder.architecture.arguments["variant"], "outputs": 0} if pooled else None
    if isinstance(encoder, PhotoEncoder):
        if encoder.kind != "float":
            return None
        return {"variant": encoder.folder.architecture.arguments["variant"], "outputs": DIM}
    if isinstance(encoder, TrainedEncoder) and encoder.folder.architecture.name == ARCHITECTURE:
        return encoder.folder.architecture.arguments
    return None


def _network(encoder: TrainedEncoder, arguments: dict[str, Any]) -> PhotoTower:
    import torch

    from sonolux.encoders.packaged.photo import class_axes
    from sonolux.models.photo_tower import PhotoTower

    whole: Any = encoder.folder.network()
    if isinstance(whole, PhotoTower):
        return whole
    tower = PhotoTower(**arguments)
    tower.stem, tower.blocks, tower.head = whole.stem, whole.blocks, whole.head
    if arguments["outputs"]:
        axes = class_axes(whole.classifier.weight.detach().numpy(), arguments["outputs"])
        tower.description.axes = torch.from_numpy(axes)
    return tower.eval()
