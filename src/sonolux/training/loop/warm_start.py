"""Transfer learning (warm start): weights of a model folder or torch checkpoint, as far as they fit, to start from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonolux.checkpoints.importing import CHECKPOINTS, checkpoint_weights
from sonolux.errors import EncoderError, TrainingError
from sonolux.types import Modality

if TYPE_CHECKING:
    import torch
    from torch import nn

    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.checkpoints.inputs import Preprocessing
    from sonolux.encoders import Encoder

DECIDED = ("channels", "classes", "side")
"""Arguments of networks that the data decides."""


def start_from(network: nn.Module, source: str, leave: Collection[str] = ()) -> list[str]:
    """Load into a network every weight of another that has its name and shape there.

    Parameters
    ----------
    network : torch module
    source : str
        A model folder, a network that a package brings (``"photo"``), or a torch checkpoint; the latter is read with
        ``weights_only``, which runs no code.
    leave : collection of str
        Names of the network's own weights that stay as they are.

    Returns
    -------
    left : list of str
        Names of the network's own weights that stayed as they were: a new head, usually.

    Raises
    ------
    TrainingError
        Where the source cannot be read, or fits in nothing.
    """
    weights = _weights(source)
    own = {name: tensor for name, tensor in network.state_dict().items() if name not in leave}
    fitting = {name: tensor for name, tensor in weights.items() if name in own and own[name].shape == tensor.shape}
    if not fitting:
        raise TrainingError(f"{source}: none of its weights fits this network: is it another architecture?")
    network.load_state_dict(fitting, strict=False)
    return [name for name in network.state_dict() if name not in fitting]


def network_of(source: str) -> dict[str, Any]:
    """Return what a recipe takes over from a model folder: ``architecture``, ``arguments``, ``image_size``."""
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.encoders.packaged.photo import folder_called

    path = Path(source).expanduser()
    folder: ModelFolder | None = folder_called(source)
    if folder is None:
        if not source or not path.is_dir():
            return {}
        folder = ModelFolder.load(path)
    name, arguments = folder.architecture.name, folder.architecture.arguments
    if "backbone" in arguments:
        name, arguments = arguments["backbone"], arguments.get("backbone_arguments") or {}
    arguments = {key: value for key, value in arguments.items() if key not in DECIDED}
    return {"architecture": name, "arguments": arguments, "image_size": folder.images.width}


def size_of(source: str) -> int | None:
    """Return the size of the images that a model folder, or ``FOLDER@LAYER``, was trained on; None for all else."""
    folder = _folder_in(source)
    return None if folder is None else max(folder.images.width, folder.images.height)


def image_encoders(spec: str, method: str) -> list[Encoder]:
    """Return the encoders of a name, model folder or layer of one, for a method to learn from; first who sees images.

    Raises
    ------
    TrainingError
        Where none of them gives descriptors of images.
    """
    from sonolux.encoders import resolve

    dense = [encoder for encoder in resolve(spec) if encoder.kind != "sparse"]
    dense.sort(key=lambda encoder: encoder.modality is not Modality.IMAGE)
    if not dense or dense[0].modality is not Modality.IMAGE:
        raise TrainingError(f"{spec} sees no pictures, so {method} cannot start from it")
    return dense


def describe_teachers(teachers: Sequence[str]) -> dict[str, Any]:
    """Return what the card of a model says of its teachers: on what each was trained, under what terms."""
    return {"teachers": {name: describe_start(name)["before"] for name in teachers}} if teachers else {}


def describe_start(source: str) -> dict[str, Any]:
    """Return what the card of a model says of what it started from: on what that was trained, under what terms.

    Of a checkpoint that is only its name.
    """
    folder = _folder_in(source)
    if folder is not None:
        return {"before": {**folder.data, "licence": folder.licence}}
    return {"before": {"weights": Path(source).name}} if source else {}


def _folder_in(source: str) -> ModelFolder | None:
    """Return the model of images that a start names, ``FOLDER`` or ``FOLDER@LAYER``; None for all else."""
    from sonolux.checkpoints.folder import CARD, ModelFolder
    from sonolux.checkpoints.inputs import Preprocessing
    from sonolux.encoders.packaged.photo import folder_called

    if packaged := folder_called(source):
        return packaged
    path = Path(source.rpartition("@")[0] or source).expanduser()
    if not source or not (path / CARD).is_file():
        return None
    folder = ModelFolder.load(path)
    return folder if isinstance(folder.preprocessing, Preprocessing) else None


def _weights(source: str) -> dict[str, torch.Tensor]:
    from sonolux.encoders.packaged.photo import folder_called

    path = Path(source).expanduser()
    packaged = folder_called(source)
    if packaged is not None or path.is_dir():
        from sonolux.checkpoints.folder import ModelFolder

        folder = packaged or ModelFolder.load(path)
        state = folder.network().state_dict()
        if packaged is not None:
            _prepared_as_here(state, packaged.images)
        return {name.removeprefix("backbone."): tensor for name, tensor in state.items()}
    if path.suffix not in CHECKPOINTS or not path.is_file():
        raise TrainingError(f"{path} is neither a model folder nor a checkpoint ({', '.join(CHECKPOINTS)})")
    try:
        return checkpoint_weights(path)
    except EncoderError as error:
        raise TrainingError(str(error)) from error


def _prepared_as_here(state: dict[str, torch.Tensor], how: Preprocessing) -> None:
    """Change a first convolution, and the batch normalisation after it, so that images prepared as here mean the same.

    What was prepared by ``(x - m) / d`` is ``a (x - MEAN) / DEVIATION + b``: a scales the weights, b shifts the mean.
    """
    from sonolux.training.loop.image_inputs import DEVIATION, MEAN

    weights = state["stem.convolution.weight"]
    scale = weights.new_tensor([DEVIATION / one for one in how.deviation])
    shift = weights.new_tensor([(MEAN - mean) / one for mean, one in zip(how.mean, how.deviation, strict=True)])
    state["stem.normalisation.running_mean"] -= (weights.sum(dim=(2, 3)) * shift).sum(dim=1)
    state["stem.convolution.weight"] = weights * scale[:, None, None]
