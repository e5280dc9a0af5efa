"""Every encoder there is, by name, and the one way to get any: `resolve`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import SourceDescriptors
from sonolux.encoders.base import Encoder
from sonolux.errors import EncoderError

Factory = Callable[[], "Encoder | Sequence[Encoder]"]
"""Makes one encoder, or the encoders of one model that belong together; an encoder class is one."""

ENTRY_POINTS = "sonolux.encoders"
"""Group in which an installed package offers encoders: each entry point is a `Factory`."""

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")

LAYER = re.compile(r"(?P<model>.+)@(?P<layer>[\w.-]+)(?::(?P<pooling>\w+))?", re.DOTALL)
"""A layer of a model, see `sonolux.encoders.trained.layers`."""

_factories: dict[str, Factory] = {}


def register(name: str, factory: Factory) -> None:
    """Offer an encoder under a name; registering a name again replaces it."""
    _factories[name] = factory


def available() -> list[str]:
    """Return the names that `resolve` knows without a file or the hub, sorted."""
    return sorted({*_factories, *_installed()})


def resolve(spec: str) -> list[Encoder]:
    """Return the encoders that a specification names: one a modality, in one space.

    Parameters
    ----------
    spec : str
        In this order: a registered name, the name of an entry point, a model folder that Sonolux trained, a
        checkpoint folder in the hub's format, or ``org/name`` on the hub (downloaded where it is not cached). After
        a model, ``@LAYER`` or ``@LAYER:POOLING`` names one of its layers.

    Raises
    ------
    EncoderError
        Where there is no such encoder, or its files are missing, broken or not safe.
    """
    if spec in _factories:
        return _made(spec, _factories[spec])
    if spec in _installed():
        return _made(spec, _loaded(_installed()[spec]))
    folder = Path(spec).expanduser()
    if _is_folder(folder):
        return _in_folder(folder)
    if layer := LAYER.fullmatch(spec):
        from sonolux.encoders.trained.layers import encoder_at

        return [encoder_at(network_called(layer["model"]), layer["layer"], layer["pooling"] or "avg")]
    if HUB_NAME.fullmatch(spec):
        from sonolux.encoders.hub.families import encoders_called

        return encoders_called(spec)
    raise EncoderError(
        f"no encoder {spec!r}: there are {', '.join(available())}; "
        "or give a model folder, or org/name of a model on the hub"
    )


def network_called(model: str) -> Encoder:
    """Return the encoder by a whole network whose layers can be descriptors.

    Raises
    ------
    EncoderError
        Where there is no such model, or it is none whose layers are open.
    """
    from sonolux.encoders.hub.pooled import PooledImage
    from sonolux.encoders.trained.encoder import TrainedEncoder
    from sonolux.encoders.trained.layers import LayerEncoder

    whole = resolve(model)[0]
    if not isinstance(whole, TrainedEncoder | PooledImage) or isinstance(whole, LayerEncoder):
        raise EncoderError(
            f"{model} has no layers to choose from: model folders of Sonolux have, and ResNet, ConvNeXt, DINOv2 and"
            " DINOv3 checkpoints"
        )
    return whole


def _made(name: str, factory: Factory) -> list[Encoder]:
    made = factory()
    encoders = [made] if isinstance(made, Encoder) else list(made)
    if not all(isinstance(encoder, Encoder) for encoder in encoders):
        raise EncoderError(f"encoder {name}: what is registered does not make encoders")
    return encoders


def _in_folder(folder: Path) -> list[Encoder]:
    if (folder / "model.json").is_file():
        from sonolux.encoders.trained.encoder import TrainedEncoder
        from sonolux.encoders.trained.projected import projected_encoders

        model = ModelFolder.load(folder)
        if isinstance(model.preprocessing, SourceDescriptors):
            return projected_encoders(model, _sources_of(model))
        return [TrainedEncoder(model)]
    from sonolux.encoders.hub.families import encoders_in, is_checkpoint

    if is_checkpoint(folder):
        return encoders_in(folder)
    raise EncoderError(f"{folder} is no model: it has neither model.json nor config.json nor modules.json")


def _sources_of(model: ModelFolder) -> list[Encoder]:
    """Return the encoders on whose descriptors a model stands."""
    how = model.preprocessing
    assert isinstance(how, SourceDescriptors)
    try:
        return resolve(how.source)
    except EncoderError as error:
        raise EncoderError(f"{model.path} needs {how.source}, which cannot be had: {error}") from error
    except RecursionError:
        raise EncoderError(f"{model.path} needs {how.source}, which needs {model.path}") from None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name longer than the file system allows
        return False


@lru_cache(maxsize=1)
def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def _loaded(point: EntryPoint) -> Factory:
    try:
        factory: Factory = point.load()
    except Exception as error:  # a broken plug-in can fail in any way
        raise EncoderError(f"encoder {point.name} of {point.value} cannot be loaded: {error}") from error
    return factory


def _built_in(module: str, name: str) -> Factory:
    """Return a factory that imports a built-in encoder, and what that needs, only when it is wanted."""

    def make() -> Encoder:
        encoder: Encoder = getattr(import_module(f"sonolux.encoders.{module}"), name)()
        return encoder

    return make


register("colour-histogram", _built_in("classical.colour_histogram", "ColourHistogram"))
register("colour-layout", _built_in("classical.colour_layout", "ColourLayout"))
register("hog", _built_in("classical.hog", "Hog"))
register("mfcc", _built_in("classical.mfcc", "Mfcc"))
register("chroma", _built_in("classical.chroma", "Chroma"))
register("bm25", _built_in("classical.bm25", "Bm25"))
register("photo", _built_in("trained.shipped", "photo"))
register("photo-code", _built_in("trained.shipped", "photo_code"))
