"""Availability of a hub checkpoint: cached on this machine, reachable, or neither."""

from __future__ import annotations

import threading
from functools import lru_cache
from http.client import HTTPException
from pathlib import Path
from typing import Literal
from urllib.parse import quote
from urllib.request import Request, urlopen

from sonolux.errors import EncoderError
from sonolux.settings import settings

HubState = Literal["cached", "reachable", "absent"]

FILES = ["*.json", "*.safetensors", "*.txt", "*.model", "README.md"]
"""What of a repository is wanted: never pickled weights, code, or exports to other runtimes."""

UNWANTED = ["onnx/*", "openvino/*"]


def hub_state(name: str) -> HubState:
    """Tell where the checkpoint called ``org/name`` is, within about `settings.hub_timeout` seconds.

    Setting ``hub`` to ``"off"`` makes every checkpoint absent; ``"cached"``, or the environment variable
    ``HF_HUB_OFFLINE``, every one that is not on this machine.
    """
    if settings().hub == "off":
        return "absent"
    if cached_snapshot(name) is not None:
        return "cached"
    endpoint, seconds = _endpoint(), settings().hub_timeout
    if not _online() or not _hub_answers(endpoint, seconds):
        return "absent"
    known = _responds(f"{endpoint}/api/models/{quote(name)}", seconds)
    return "reachable" if known else "absent"


def snapshot(name: str) -> Path:
    """Return the folder of a checkpoint of the hub; download it where it is not on this machine.

    A cached checkpoint is taken as it is, without asking the hub for a newer one: what a library was encoded with
    does not change underfoot.

    Raises
    ------
    EncoderError
        Where the settings forbid it, or the hub cannot be reached or refuses.
    """
    if settings().hub == "off":
        raise EncoderError(f"{name} is on the hub, and the hub is off: unset SONOLUX_HUB, or give a folder")
    cached = cached_snapshot(name)
    if cached is not None:
        return cached
    if not _online():
        raise EncoderError(f"{name} is not on this machine, and only cached models are allowed: go online once")
    return _downloaded(name)


def cached_snapshot(name: str) -> Path | None:
    """Return the folder of a checkpoint that is whole on this machine, or None."""
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(
            name,
            cache_dir=constants.HF_HUB_CACHE,
            allow_patterns=FILES,
            ignore_patterns=UNWANTED,
            local_files_only=True,
        )
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return Path(folder) if any(Path(folder).glob("*.safetensors")) else None


def _downloaded(name: str) -> Path:
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError

    try:
        return Path(
            snapshot_download(
                name,
                cache_dir=constants.HF_HUB_CACHE,
                allow_patterns=FILES,
                ignore_patterns=UNWANTED,
                etag_timeout=settings().hub_timeout,
            )
        )
    except GatedRepoError as error:
        raise EncoderError(f"{name} asks for consent on its hub page, then `hf auth login`") from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise EncoderError(f"the hub has no model called {name}") from error
    except Exception as error:  # which errors a lost connection makes depends on the client's HTTP library
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise EncoderError(f"{name} cannot be fetched from the hub: {reason}") from error


def _endpoint() -> str:
    from huggingface_hub import constants

    return str(constants.ENDPOINT)


def _online() -> bool:
    from huggingface_hub import is_offline_mode

    return settings().hub == "auto" and not is_offline_mode()


@lru_cache(maxsize=1)
def _hub_answers(endpoint: str, seconds: float) -> bool:
    # Asked once a process: with no network, several candidates cost one wait.
    return _responds(endpoint, seconds)


def _responds(url: str, seconds: float) -> bool:
    """Tell whether a HEAD request succeeds in time; looking a host up knows no limit, hence the thread."""
    answers: list[bool] = []

    def ask() -> None:
        request = Request(url, method="HEAD")
        try:
            with urlopen(request, timeout=seconds):
                answers.append(True)
        except (OSError, HTTPException, ValueError):
            answers.append(False)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return any(answers)
