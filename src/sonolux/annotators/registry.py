"""Every annotator there is, by name, and the one way to get any: `resolve`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from sonolux.annotators.base import Annotator
from sonolux.encoders.registry import HUB_NAME
from sonolux.errors import SonoluxError

Factory = Callable[[], Annotator]
"""Makes an annotator; an annotator class is one."""

WEIGHTS = ".safetensors"

ENTRY_POINTS = "sonolux.annotators"
"""Group in which an installed package offers annotators: each entry point is a `Factory`."""

_factories: dict[str, Factory] = {}


def register(name: str, factory: Factory) -> None:
    """Offer an annotator under a name; registering a name again replaces it."""
    _factories[name] = factory


def available() -> list[str]:
    """Return the names that `resolve` knows without a file, sorted."""
    return sorted({*_factories, *_installed()})


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
    if spec in _factories:
        return _made(spec, _factories[spec])
    if spec in _installed():
        return _made(spec, _loaded(_installed()[spec]))
    folder = Path(spec).expanduser()
    if _has(folder, "model.json"):
        return _in_folder(folder)
    if folder.suffix == WEIGHTS:
        from sonolux.annotators.voice import VoiceActivity

        return VoiceActivity(folder)
    if _has(folder, "config.json") or HUB_NAME.fullmatch(spec):
        from sonolux.annotators.hub_speech import reader_called

        return reader_called(spec)
    there = f"there are {', '.join(available())}; or give" if available() else "give"
    raise SonoluxError(f"no annotator {spec!r}: {there} a model folder, or org/name of the hub")


def _in_folder(folder: Path) -> Annotator:
    from sonolux.checkpoints.folder import ModelFolder

    model = ModelFolder.load(folder)
    if model.speech is not None:
        from sonolux.annotators.transcriber import Transcriber

        return Transcriber(folder)
    if model.events is not None:
        from sonolux.annotators.event_detector import EventDetector

        return EventDetector(folder)
    from sonolux.annotators.classifier import Classifier

    return Classifier(folder)


def _made(name: str, factory: Factory) -> Annotator:
    annotator = factory()
    if not isinstance(annotator, Annotator):
        raise SonoluxError(f"annotator {name}: what is registered does not make annotators")
    return annotator


def _has(folder: Path, file: str) -> bool:
    try:
        return (folder / file).is_file()
    except (OSError, ValueError):  # a name longer than the file system allows, or with a NUL
        return False


@lru_cache(maxsize=1)
def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def _loaded(point: EntryPoint) -> Factory:
    try:
        factory: Factory = point.load()
    except Exception as error:  # a broken plug-in can fail in any way
        raise SonoluxError(f"annotator {point.name} of {point.value} cannot be loaded: {error}") from error
    return factory
