"""Weights of others into a model folder: a torch checkpoint of an architecture that Sonolux builds as well.

Checkpoints are pickles, which can run code; they are read with ``weights_only``, which builds tensors and nothing else.
What is written is a model folder like any other, so that the checkpoint is read once and never again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonolux.checkpoints.digest import file_sha256
from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.inputs import Preprocessing
from sonolux.checkpoints.outputs import Descriptor
from sonolux.errors import EncoderError
from sonolux.models import registry

if TYPE_CHECKING:
    import torch
    from torch import nn

CHECKPOINTS = (".th", ".pt", ".pth")

WRAPPER = "module."
"""What training on several GPUs puts before every name."""

COUNTER = "num_batches_tracked"
"""Of batch normalisation; of no use once training is over, and older checkpoints have none."""


def import_weights(
    file: Path,
    folder: Path,
    architecture: Architecture,
    preprocessing: Preprocessing,
    *,
    layer: str = "",
    licence: str = "",
) -> ModelFolder:
    """Write a model folder with the weights of a torch checkpoint.

    Parameters
    ----------
    file : Path
        A state dictionary, plain or under ``state_dict``.
    folder : Path
        Of the model; its name is that of the space.
    architecture : Architecture
        Whose weights have the names and shapes of those in the file, all of them.
    preprocessing : Preprocessing
        How images were prepared when the weights were trained.
    layer : str
        Where the descriptor is taken; by default the output of the network.
    licence : str
        Of the weights.

    Raises
    ------
    EncoderError
        Where the file cannot be read, the weights do not fit, there is no such architecture or layer, or the folder
        holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise EncoderError(f"{folder} is there and not empty: name a new folder")
    network = _filled(_built(architecture), checkpoint_weights(file), f"{file} does not fit {architecture.name}")
    dim = _outputs(network, preprocessing, layer)
    record = ModelFolder(
        architecture=architecture,
        preprocessing=preprocessing,
        descriptor=Descriptor(space=folder.name, dim=dim, layer=layer),
        data={"source": file.name, "sha256": file_sha256(file)},
        licence=licence,
    )
    return record.save(folder, network)


def checkpoint_weights(file: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a torch checkpoint by name.

    Raises
    ------
    EncoderError
        Where there is no such file, or it holds no weights or more than weights.
    """
    import torch

    if file.suffix not in CHECKPOINTS or not file.is_file():
        raise EncoderError(f"{file} is no checkpoint ({', '.join(CHECKPOINTS)})")
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged or hostile file makes torch raise
        raise EncoderError(f"{file} cannot be read as weights: {str(error).splitlines()[0]}") from error
    state = content.get("state_dict", content) if isinstance(content, dict) else {}
    return {name.removeprefix(WRAPPER): tensor for name, tensor in state.items() if isinstance(tensor, torch.Tensor)}


def _built(architecture: Architecture) -> nn.Module:
    try:
        return registry.build(architecture.name, architecture.arguments)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EncoderError(f"{architecture.name} cannot be built of {architecture.arguments}: {error}") from error


def _filled(network: nn.Module, weights: dict[str, torch.Tensor], complaint: str) -> nn.Module:
    """Load weights that fit to the last; say of the first that does not why."""
    own = network.state_dict()
    for name in [*own, *weights]:
        if name.endswith(COUNTER):
            continue
        if name not in weights:
            raise EncoderError(f"{complaint}: it has no {name}")
        if name not in own:
            raise EncoderError(f"{complaint}, which has no {name}")
        if own[name].shape != weights[name].shape:
            shapes = tuple(weights[name].shape), tuple(own[name].shape)
            raise EncoderError(f"{complaint}: {name} is {shapes[0]}, not {shapes[1]}")
    network.load_state_dict(weights, strict=False)
    return network.eval()


def _outputs(network: nn.Module, how: Preprocessing, layer: str) -> int:
    """Return how long a descriptor is, by looking at an empty image."""
    import torch

    from sonolux.models.feature_extractor import LayerDescriptor

    image = torch.zeros(1, len(how.mean), how.height, how.width)
    try:
        with torch.inference_mode():
            outputs: Any = (LayerDescriptor(network, layer) if layer else network)(image)
    except (ValueError, RuntimeError) as error:
        raise EncoderError(f"pictures of {how.width} x {how.height} pixels: {' '.join(str(error).split())}") from error
    if outputs.ndim != 2:
        raise EncoderError(f"the network ends in {tuple(outputs.shape[1:])}, no vector: name a layer")
    return int(outputs.shape[1])
