"""Registry of architectures: networks by the names that model folders give them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sonolux.errors import EncoderError
from sonolux.registry import Registry

if TYPE_CHECKING:
    from torch import nn

ARCHITECTURES: Registry[Callable[..., nn.Module]] = Registry("architecture", error=EncoderError)

BUILT_IN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "alexnet": ("alexnet", "AlexNet", {}),
    "aligned-heads": ("aligned_heads", "AlignedHeads", {}),
    "bag-of-features": ("bag_of_features", "BagOfFeatures", {}),
    "code-network": ("code_network", "CodeNetwork", {}),
    "content-fusion": ("content_fusion", "ContentFusion", {}),
    "conv-autoencoder": ("autoencoder", "ConvAutoencoder", {}),
    "dense-autoencoder": ("autoencoder", "DenseAutoencoder", {}),
    "efficientnet-lite": ("efficientnet_lite", "EfficientNetLite", {}),
    "feature-extractor": ("feature_extractor", "FeatureExtractor", {}),
    "fusion-network": ("fusion_network", "FusionNetwork", {}),
    "googlenet": ("googlenet", "GoogLeNet", {}),
    "hypercolumn-resnet20": ("hypercolumn_resnet", "HypercolumnCifarResNet", {"depth": 20}),
    "hypercolumn-resnet": ("hypercolumn_resnet", "HypercolumnResNet", {}),
    "image-patches": ("image_patches", "ImagePatches", {}),
    "lenet5": ("lenet", "LeNet5", {}),
    "mlp": ("mlp", "Mlp", {}),
    "musicnn": ("musicnn", "Musicnn", {}),
    "photo-tower": ("photo_tower", "PhotoTower", {}),
    "projection": ("projection", "Projection", {}),
    "resnet18": ("resnet", "ResNet", {"depth": 18}),
    "resnet34": ("resnet", "ResNet", {"depth": 34}),
    "resnet50": ("resnet", "ResNet", {"depth": 50}),
    "resnet101": ("resnet", "ResNet", {"depth": 101}),
    "resnet152": ("resnet", "ResNet", {"depth": 152}),
    "resnet20": ("cifar_resnet", "CifarResNet", {"depth": 20}),
    "resnet32": ("cifar_resnet", "CifarResNet", {"depth": 32}),
    "resnet44": ("cifar_resnet", "CifarResNet", {"depth": 44}),
    "resnet56": ("cifar_resnet", "CifarResNet", {"depth": 56}),
    "resnet110": ("cifar_resnet", "CifarResNet", {"depth": 110}),
    "sequential": ("sequential", "NamedSequential", {}),
    "small-resnet": ("small_resnet", "SmallResNet", {}),
    "sound-cnn": ("sound_network", "SoundNetwork", {"body": "cnn"}),
    "sound-lstm": ("sound_network", "SoundNetwork", {"body": "lstm"}),
    "sound-gru": ("sound_network", "SoundNetwork", {"body": "gru"}),
    "sound-crnn": ("sound_network", "SoundNetwork", {"body": "crnn"}),
    "sound-transformer": ("sound_network", "SoundNetwork", {"body": "transformer"}),
    "sound-frames": ("sound_network", "FrameNetwork", {}),
    "fingerprint": ("fingerprint_network", "FingerprintNetwork", {}),
    "speaker": ("speaker_network", "SpeakerNetwork", {}),
    "spectral-hash": ("spectral_projection", "SpectralHash", {}),
    "two-view-projection": ("two_view_projection", "TwoViewProjection", {}),
    "unit-length": ("unit_length", "UnitLength", {}),
    "vgg11": ("vgg", "Vgg", {"depth": 11}),
    "vgg13": ("vgg", "Vgg", {"depth": 13}),
    "vgg16": ("vgg", "Vgg", {"depth": 16}),
    "vgg19": ("vgg", "Vgg", {"depth": 19}),
    "zfnet": ("zfnet", "ZFNet", {}),
}
"""Each architecture's name, its file here, its class, and the arguments that the name decides."""

FORMER = {
    "chain": "sequential",
    "codebook": "bag-of-features",
    "cut": "feature-extractor",
    "levels-resnet": "hypercolumn-resnet",
    "levels-resnet20": "hypercolumn-resnet20",
}
"""Names that model folders and recipes gave before, and what they are called now; both are built."""


def register(name: str, architecture: Callable[..., nn.Module] | str) -> None:
    """Offer an architecture, or where it is (``"module:class"``); registering a name again replaces it."""
    ARCHITECTURES.register(name, architecture)


def available() -> list[str]:
    """Return the names of all architectures, sorted, without `FORMER` ones."""
    return [name for name in ARCHITECTURES.available() if name not in FORMER]


def build(name: str, arguments: dict[str, Any]) -> nn.Module:
    """Build a network with fresh weights.

    Raises
    ------
    EncoderError
        For a name that is not registered.
    TypeError, ValueError
        For arguments that the architecture does not take.
    """
    return ARCHITECTURES.get(name)(**arguments)


def _build_here(file: str, kind: str, decided: dict[str, Any], **arguments: Any) -> nn.Module:
    network: nn.Module = getattr(import_module(f"sonolux.models.{file}"), kind)(**decided, **arguments)
    return network


for _name, _where in BUILT_IN.items():
    ARCHITECTURES.register(_name, partial(_build_here, *_where))
for _name, _new in FORMER.items():
    ARCHITECTURES.register(_name, partial(_build_here, *BUILT_IN[_new]))
