"""Registry of encoders: every one there is, by name, folder or place on the hub, through `resolve`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonolux.encoders.base import Encoder
from sonolux.encoders.joint import BETWEEN, joint_encoders
from sonolux.errors import EncoderError, SonoluxError
from sonolux.registry import Registry

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.encoders.trained.aligned import Tower

Factory = Callable[[], "Encoder | Sequence[Encoder]"]
"""Makes one encoder, or the encoders of one model that belong together; an encoder class is one."""

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")

LAYER = re.compile(r"(?P<model>.+)@(?P<layer>[\w.-]+)(?::(?P<pooling>\w+))?", re.DOTALL)
"""A layer of a model, see `sonolux.encoders.trained.layers`."""

ENCODERS: Registry[Factory] = Registry(
    "encoder",
    "sonolux.encoders",
    EncoderError,
    built_in={
        "colour-histogram": "sonolux.encoders.classical.colour_histogram:ColourHistogram",
        "colour-layout": "sonolux.encoders.classical.colour_layout:ColourLayout",
        "hog": "sonolux.encoders.classical.hog:Hog",
        "mfcc": "sonolux.encoders.classical.mfcc:Mfcc",
        "chroma": "sonolux.encoders.classical.chroma:Chroma",
        "bm25": "sonolux.encoders.classical.bm25:Bm25",
        "concepts": "sonolux.encoders.packaged.concepts:concepts",
        "languages": "sonolux.encoders.packaged.languages:languages",
        "photo": "sonolux.encoders.packaged.photo:photo",
        "photo-code": "sonolux.encoders.packaged.photo:photo_code",
        "photo-lite2": "sonolux.encoders.packaged.photo:photo_lite2",
        "music": "sonolux.encoders.packaged.music:music",
        "sentences": "sonolux.encoders.packaged.sentences:sentences",
        "voices": "sonolux.encoders.packaged.voices:voices",
        "whisper": "sonolux.encoders.packaged.whisper:whisper",
    },
    otherwise="a model folder, or org/name of a model on the hub",
)
"""Of factories; an installed package offers more in the group of entry points ``sonolux.encoders``."""


def register(name: str, factory: Factory | str) -> None:
    """Offer an encoder under a name; registering a name again replaces it.

    Parameters
    ----------
    name : str
    factory : callable or str
        What makes it, see `Factory`; or where that is, ``"module:attribute"``, imported when it is first wanted.
    """
    ENCODERS.register(name, factory)


def available() -> list[str]:
    """Return the names that `resolve` knows without a file or the hub, sorted."""
    return ENCODERS.available()


def resolve(spec: str) -> list[Encoder]:
    """Return the encoders that a specification names: one a modality, in one space.

    Parameters
    ----------
    spec : str
        In this order: a registered name, the name of an entry point, a model folder that Sonolux trained, a
        checkpoint folder in the hub's format, or ``org/name`` on the hub (downloaded where it is not cached). After
        a model, ``@LAYER`` or ``@LAYER:POOLING`` names one of its layers. ``A+B`` are the descriptors of several
        side by side, see `sonolux.encoders.joint`.

    Raises
    ------
    EncoderError
        Where there is no such encoder, or its files are missing, broken or not safe.
    """
    if spec in ENCODERS:
        return _made(spec, ENCODERS.get(spec))
    folder = Path(spec).expanduser()
    if _is_folder(folder):
        return _in_folder(folder)
    if BETWEEN in spec and all(spec.split(BETWEEN)):
        return joint_encoders(spec, [resolve(part) for part in spec.split(BETWEEN)])
    if layer := LAYER.fullmatch(spec):
        from sonolux.encoders.trained.layers import encoder_at

        return [encoder_at(network_called(layer["model"]), layer["layer"], layer["pooling"] or "avg")]
    if HUB_NAME.fullmatch(spec):
        from sonolux.encoders.hub.families import encoders_called

        return encoders_called(spec)
    raise ENCODERS.unknown(spec)


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
    try:
        made = factory()
        encoders = [made] if isinstance(made, Encoder) else list(made)
    except SonoluxError:
        raise
    except Exception as error:  # the code of a package can fail in any way
        raise EncoderError(f"encoder {name} cannot be made: {' '.join(str(error).split())}") from error
    if not all(isinstance(encoder, Encoder) for encoder in encoders):
        raise EncoderError(f"encoder {name}: what is registered does not make encoders")
    return encoders


def _in_folder(folder: Path) -> list[Encoder]:
    if (folder / "model.json").is_file():
        from sonolux.checkpoints.folder import ModelFolder
        from sonolux.checkpoints.inputs import FusedContents, PhotosAndSentences, SourceDescriptors, Towers
        from sonolux.encoders.trained.aligned import aligned_encoders
        from sonolux.encoders.trained.captions import caption_encoders
        from sonolux.encoders.trained.encoder import TrainedEncoder
        from sonolux.encoders.trained.projected import projected_encoders
        from sonolux.encoders.trained.tastes import content_encoders

        model = ModelFolder.load(folder)
        if isinstance(model.preprocessing, SourceDescriptors):
            return projected_encoders(model, _sources_of(model, model.preprocessing.source))
        if isinstance(model.preprocessing, PhotosAndSentences):
            return caption_encoders(model)
        if isinstance(model.preprocessing, Towers):
            return aligned_encoders(model, _towers_of(model))
        if isinstance(model.preprocessing, FusedContents):
            below = {
                modality: _sources_of(model, how.source)
                for modality, how in model.preprocessing.contents.items()
                if isinstance(how, SourceDescriptors)
            }
            return content_encoders(model, below)
        return [TrainedEncoder(model)]
    from sonolux.encoders.hub.families import encoders_in, is_checkpoint

    if is_checkpoint(folder):
        return encoders_in(folder)
    raise EncoderError(f"{folder} is no model: it has neither model.json nor config.json nor modules.json")


def _sources_of(model: ModelFolder, source: str) -> list[Encoder]:
    """Return the encoders on whose descriptors a model stands."""
    try:
        return resolve(source)
    except EncoderError as error:
        raise EncoderError(f"{model.path} needs {source}, which cannot be had: {error}") from error
    except RecursionError:
        raise EncoderError(f"{model.path} needs {source}, which needs {model.path}") from None


def resolve_towers(towers: Mapping[Any, Sequence[str]], known: str = "") -> list[Tower]:
    """Return what describes each modality below the heads of an aligned space.

    Parameters
    ----------
    towers : mapping of str to sequence of str
        Specifications of encoders, by modality.
    known : str
        That of a space which several of them have shared before, or empty.

    Raises
    ------
    EncoderError
        As `resolve`, and where a specification has no encoder of its modality.
    """
    from sonolux.encoders.trained.aligned import make_towers

    specs = {spec for each in towers.values() for spec in each} | ({known} if known else set())
    return make_towers(towers, known, {spec: resolve(spec) for spec in specs})


def _towers_of(model: ModelFolder) -> list[Tower]:
    from sonolux.checkpoints.inputs import Towers

    how = model.preprocessing
    assert isinstance(how, Towers)
    try:
        return resolve_towers(how.seen_from(model.path), how.known)
    except EncoderError as error:
        raise EncoderError(f"{model.path} needs encoders that cannot be had: {error}") from error
    except RecursionError:
        raise EncoderError(f"{model.path} stands on itself") from None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name longer than the file system allows
        return False
