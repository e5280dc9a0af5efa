"""``sonolux doctor``: what works here, and what does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from sonolux.cli.exit_codes import REFUSED
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output
from sonolux.errors import SonoluxError

if TYPE_CHECKING:
    from sonolux.library import Library

State = Literal["ok", "note", "broken"]

PACKAGES = ("sonolux", "numpy", "torch", "transformers", "qdrant-edge-py", "av", "pillow", "typer")
CODECS = ("h264", "hevc", "vp9", "av1", "aac", "mp3", "flac", "vorbis", "opus")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: ``broken`` must be mended, ``note`` may matter."""

    check: str
    state: State
    detail: str


def doctor(library: LibraryOption = None, as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Look whether all is well, here and in the library.

    Packages, decoders, device, hub, cache and disk; whether the library opens, and whether the encoders of its spaces
    are still those that wrote it. Exits with 1 when something is broken.
    """
    out = Output(as_json=as_json, quiet=quiet)
    broken = 0
    for finding in findings(library):
        broken += finding.state == "broken"
        if as_json:
            out.record(asdict(finding))
        else:
            out.line(f"{finding.state:6}  {finding.check:9}  {finding.detail}")
    if broken:
        out.say(f"{broken} broken")
        raise typer.Exit(REFUSED)
    out.say("nothing is broken")


def findings(location: str | None) -> Iterator[Finding]:
    """Yield what each check finds, the surroundings first, then the library."""
    checks: dict[str, Callable[[], Iterator[Finding]]] = {
        "settings": _settings,
        "packages": _packages,
        "torch": _torch,
        "codecs": _codecs,
        "heif": _heif,
        "weights": _weights,
        "hub": _hub,
        "cache": _cache,
    }
    for name, check in checks.items():
        yield from _guarded(name, check)
    yield from _guarded("library", lambda: _library(location))


def _guarded(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Turn whatever a check meets into a finding: a doctor must not faint."""
    try:
        yield from check()
    except (SonoluxError, OSError, ImportError, ValueError, RuntimeError) as error:
        yield Finding(name, "broken", str(error) or type(error).__name__)


def _settings() -> Iterator[Finding]:
    from sonolux.settings import settings

    given = settings()
    yield Finding("settings", "ok", f"{given.workers} decoding processes, device {given.device}, hub {given.hub}")


def _packages() -> Iterator[Finding]:
    import importlib.metadata
    import platform

    yield Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    for name in PACKAGES:
        try:
            yield Finding("package", "ok", f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            yield Finding("package", "broken", f"{name} is not installed")


def _torch() -> Iterator[Finding]:
    from sonolux.checkpoints.device import chosen_device, precision

    device = chosen_device()
    yield Finding("torch", "ok", f"computes on {device}, in {str(precision(device)).removeprefix('torch.')}")


def _codecs() -> Iterator[Finding]:
    import av

    missing = [name for name in CODECS if name not in av.codecs_available]
    if missing:
        yield Finding("codecs", "note", f"PyAV cannot decode {', '.join(missing)}")
    else:
        yield Finding("codecs", "ok", f"PyAV decodes {', '.join(CODECS)} and more")


def _heif() -> Iterator[Finding]:
    import pillow_heif

    yield Finding("heif", "ok", f"HEIC pictures decode: libheif {pillow_heif.libheif_version()}")


def _weights() -> Iterator[Finding]:
    from sonolux.encoders.packaged.packages import PACKAGES

    for package in PACKAGES:
        known = f"{package.name} {package.version}"
        if package.state == "ready":
            yield Finding("weights", "ok", f"{known} ({package.licence}) is there: {package.gives}")
        else:
            why = f" ({package.alone}; nothing of that is used)" if package.alone else ""
            yield Finding("weights", "note", f"{known} is {package.state}; for {package.gives}: {package.command}{why}")


def _hub() -> Iterator[Finding]:
    from sonolux.encoders.defaults import HUB
    from sonolux.encoders.hub.state import hub_state

    for name in HUB:
        state = hub_state(name)
        yield Finding("hub", "note" if state == "absent" else "ok", f"{name} is {state}")


def _cache() -> Iterator[Finding]:
    import tempfile

    from sonolux.settings import settings

    folder = settings().cache
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder):
        yield Finding("cache", "ok", f"{folder} can be written")


def _library(location: str | None) -> Iterator[Finding]:
    from sonolux.library import Library

    with Library(location) as library:
        if "://" not in library.location:
            yield _free_disk(Path(library.location))
        if not library.exists():
            yield Finding("library", "note", f"none at {library.location} yet")
            return
        facts = library.info()
        yield Finding("library", "ok", f"{library.location} opens: {facts['files']:,} files, {facts['spans']:,} spans")
        for name in library.spaces.names():
            yield _space(library, name)


def _free_disk(location: Path) -> Finding:
    import shutil

    from sonolux.settings import settings

    folder = next(path for path in (location.absolute(), *location.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(folder).free
    state: State = "ok" if free > settings().min_free else "broken"
    return Finding("disk", state, f"{free / 2**30:,.1f} GiB free at {folder}")


def _space(library: Library, name: str) -> Finding:
    """Tell whether the encoders of a space are there, and are those that wrote it."""
    try:
        for entry in library.spaces.entries[name]:
            if library.spaces.asker(name, entry.modality) is None:
                return Finding("space", "note", library.spaces.move_on(name))
    except SonoluxError as error:
        return Finding("space", "broken", f"{name}: {error}")
    return Finding("space", "ok", f"{name}: {library.index.count(space=name):,} descriptors")
