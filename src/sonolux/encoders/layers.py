"""Layers of a trained network as descriptors: ``MODEL@LAYER`` or ``MODEL@LAYER:POOLING``.

Early layers tell colours and textures, late ones what was trained for; what serves best lies between, and differs from
question to question (Babenko et al. 2014, "Neural codes for image retrieval", ECCV).
"""

from __future__ import annotations

import re
from pathlib import Path

from sonolux.encoders.digest import digest_of
from sonolux.encoders.model_folder import Descriptor
from sonolux.encoders.trained import TrainedEncoder
from sonolux.errors import EncoderError
from sonolux.models import registry

SPEC = re.compile(r"(?P<model>.+)@(?P<layer>[\w.-]+)(?::(?P<pooling>\w+))?")


class LayerEncoder(TrainedEncoder):
    """The pooled output of one layer of a model folder: float vectors, compared by cosine.

    Parameters
    ----------
    path : path
        Of the model folder.
    layer : str
        As `sonolux.models.cut.layer_names` gives it: ``"stage2"``, ``"layer3.0.conv1"``.
    pooling : {"avg", "max", "gem", "flatten"}
        See `sonolux.models.pooling`.

    Raises
    ------
    EncoderError
        Where the folder does not pass the checks of `ModelFolder.load`, it has no such layer, or the layer gives
        neither vectors nor maps.
    """

    def __init__(self, path: Path | str, layer: str, pooling: str = "avg") -> None:
        super().__init__(path)
        suffix = f"@{layer}" if pooling == "avg" else f"@{layer}:{pooling}"
        self.name += suffix
        self.spec += suffix
        self.space += suffix
        self.kind = "float"
        self.metric = "cosine"
        self.dim = self._width(layer, pooling)
        self.digest = digest_of(self.folder.digest, layer, pooling)
        self.descriptor = Descriptor(space=self.space, dim=self.dim, layer=layer, pooling=pooling)

    def _width(self, layer: str, pooling: str) -> int:
        """Return how many numbers the layer gives, by running the network without its weights."""
        import torch

        from sonolux.models.cut import LayerDescriptor

        how = self.folder.preprocessing
        channels = 1 if how.channels == "grey" else 3
        try:
            with torch.device("meta"):
                network = registry.build(self.folder.architecture.name, self.folder.architecture.arguments)
                cut = LayerDescriptor(network.eval(), layer, pooling)
                return int(cut(torch.empty(1, channels, how.height, how.width)).shape[1])
        except ValueError as error:
            raise EncoderError(f"{self.spec}: {error}") from error


def layer_encoder(spec: str) -> LayerEncoder | None:
    """Return the encoder that ``MODEL@LAYER`` names, None where the specification is no such thing."""
    match = SPEC.fullmatch(spec)
    if match is None or not (Path(match["model"]).expanduser() / "model.json").is_file():
        return None
    return LayerEncoder(Path(match["model"]).expanduser(), match["layer"], match["pooling"] or "avg")
