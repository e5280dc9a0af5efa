"""Registry of annotators: every one there is, by name, folder or place on the hub, through `resolve`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sonolux.annotators.base import Annotator
from sonolux.encoders.registry import HUB_NAME
from sonolux.errors import SonoluxError
from sonolux.registry import Registry

Factory = Callable[[], Annotator]
"""Makes an annotator; an annotator class is one."""

WEIGHTS = ".safetensors"

ANNOTATORS: Registry[Factory] = Registry(
    "annotator",
    "sonolux.annotators",
    built_in={
        "ocr": "sonolux.annotators.text_lines:TextLines",
        "photo-labels": "sonolux.annotators.photo_labels:PhotoLabels",
        "music-tags": "sonolux.annotators.music_tags:MusicTags",
        "notes": "sonolux.annotators.notes:Notes",
        "speech": "sonolux.annotators.packaged_speech:PackagedSpeech",
    },
    otherwise="a model folder, or org/name of the hub",
)
"""Of factories; an installed package offers them in the group of entry points ``sonolux.annotators``."""

BY_OUTPUTS: Registry[Callable[[Path], Annotator]] = Registry(
    "annotator of outputs",
    built_in={
        "labels": "sonolux.annotators.classifier:Classifier",
        "events": "sonolux.annotators.event_detector:EventDetector",
        "speech": "sonolux.annotators.transcriber:Transcriber",
    },
)
"""Of annotators by the kind of a model folder's outputs."""


def register(name: str, factory: Factory | str) -> None:
    """Offer an annotator under a name; registering a name again replaces it.

    Parameters
    ----------
    name : str
    factory : callable or str
        What makes it, see `Factory`; or where that is, ``"module:attribute"``, imported when it is first wanted.
    """
    ANNOTATORS.register(name, factory)


def available() -> list[str]:
    """Return the names that `resolve` knows without a file, sorted."""
    return ANNOTATORS.available()


def resolve(spec: str) -> Annotator:
    """Return the annotator that a specification names.

    Parameters
    ----------
    spec : str
        In this order: a registered name, the name of an entry point, a model folder that says something, the weights
        of a voice activity (``.safetensors``), or a Whisper or wav2vec 2.0, by its folder or its name on the hub.

    Raises
    ------
    SonoluxError
        Where there is no such annotator, or its files are missing or broken.
    """
    if spec in ANNOTATORS:
        return _made(spec, ANNOTATORS.get(spec))
    folder = Path(spec).expanduser()
    if _has(folder, "model.json"):
        return _in_folder(folder)
    if folder.suffix == WEIGHTS:
        from sonolux.annotators.voice_activity import VoiceActivity

        return VoiceActivity(folder)
    if _has(folder, "config.json") or HUB_NAME.fullmatch(spec):
        from sonolux.annotators.hub_speech import reader_called

        return reader_called(spec)
    raise ANNOTATORS.unknown(spec)


def _in_folder(folder: Path) -> Annotator:
    from sonolux.checkpoints.folder import ModelFolder

    outputs = ModelFolder.load(folder).outputs
    # A folder without outputs is refused by the class that is asked for most.
    return BY_OUTPUTS.get("labels" if outputs is None else outputs.kind)(folder)


def _made(name: str, factory: Factory) -> Annotator:
    try:
        annotator = factory()
    except SonoluxError:
        raise
    except Exception as error:  # the code of a package can fail in any way
        raise SonoluxError(f"annotator {name} cannot be made: {' '.join(str(error).split())}") from error
    if not isinstance(annotator, Annotator):
        raise SonoluxError(f"annotator {name}: what is registered does not make annotators")
    return annotator


def _has(folder: Path, file: str) -> bool:
    try:
        return (folder / file).is_file()
    except (OSError, ValueError):  # a name longer than the file system allows, or with a NUL
        return False
