"""A Ray cluster: machines that read, decode and encode for this process, or this machine alone as one of that kind.

``RAY_ADDRESS`` names the cluster, ``host:port`` of its head or ``auto`` for the one that runs on this machine; without
it a local one is started, and ended with what it was started for. Whatever reaches the ports of Ray may run programs
there, so the local one answers only those who know a token that no other process is told.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from tempfile import mkdtemp
from typing import Any

from sonolux.errors import SonoluxError
from sonolux.extras import require
from sonolux.media.errors import one_line
from sonolux.settings import settings

ANSWER_SECONDS = 5.0
"""A head that takes no connection by then is gone: Ray itself would try for minutes."""

OBJECT_STORE = 256 * 2**20
"""Bytes of shared memory of a local cluster."""

ABOVE, FOLDER = "/tmp", "sonolux-ray-"
"""Where a local cluster has its folder, and how its name begins: names of sockets in it must be short."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_TIPS_ENABLED": "0",
}
"""What Ray is told by the environment, unless it is told otherwise: no usage statistics, no talk."""

HANDED_ON = (
    *("SONOLUX_DEVICE", "SONOLUX_HUB", "SONOLUX_HUB_TIMEOUT", "SONOLUX_MAX_MEMBER"),
    *("SONOLUX_MAX_OBJECT", "SONOLUX_OBJECT_CACHE", "SONOLUX_STORAGE_SECONDS"),
)
"""Settings of this process that hold for its workers too; what else they need comes with each task."""


@dataclass(frozen=True, slots=True)
class RayCluster:
    """A cluster that this process is connected to.

    Attributes
    ----------
    processors : int
        That its nodes have when the work begins.
    accelerators : float
        GPUs that they have.
    store : int
        Bytes of shared memory on the node of this process.
    """

    processors: int
    accelerators: float
    store: int


@contextmanager
def ray_cluster() -> Iterator[RayCluster]:
    """Be connected to the cluster of ``RAY_ADDRESS``, or to a local one, for as long as a block lasts.

    A program that has connected itself to a cluster goes on with it.

    Raises
    ------
    SonoluxError
        Where Ray is not installed, or no cluster can be reached or started: one line.
    """
    require("work on Ray", "ray")
    address = os.environ.get("RAY_ADDRESS", "")
    local = address in ("", "local")
    if not local:
        _refuse_unreachable(address)
    with _environment(local=local):
        import ray

        if ray.is_initialized():
            yield _as_it_is()
            return
        with _connected(address, local=local):
            yield _as_it_is()


def own_version() -> str:
    """Return the version of Sonolux of this process."""
    return str(sys.modules["sonolux"].__version__)  # an import of the package that imports this would be a circle


def refuse_other_version(version: str) -> None:
    """Raise SonoluxError, in a worker, where it has another version of Sonolux than who asks it."""
    if version != own_version():
        raise SonoluxError(
            f"the Ray node {node_address()} has Sonolux {own_version()}, this process {version}:"
            " install the same version on every node"
        )


def node_address() -> str:
    """Return the address of the node of this process."""
    import ray

    return str(ray.util.get_node_ip_address())


def ray_failure(error: Exception) -> SonoluxError:
    """Return what a worker has raised, or what became of it, as an error of one line."""
    import ray

    cause = getattr(error, "cause", None)
    while isinstance(cause, ray.exceptions.RayTaskError):
        cause = cause.cause
    if isinstance(cause, SonoluxError):
        return type(cause)(str(cause))
    if missing := re.search(r"No module named '[^']*'", f"{cause} {error}"):
        return SonoluxError(f"{missing[0]} on a Ray node: install Sonolux {own_version()}, and the same extras, on all")
    return SonoluxError(f"a Ray worker fails: {type(cause or error).__name__}: {one_line(cause or error)[:300]}")


def lost_errors() -> tuple[type[Exception], ...]:
    """Return the errors that say that a worker or its node is gone, so that its work has to be done again."""
    from ray import exceptions

    return (
        exceptions.WorkerCrashedError,
        exceptions.RayActorError,
        exceptions.NodeDiedError,
        exceptions.ObjectLostError,
        exceptions.OutOfMemoryError,
    )


@contextmanager
def lost_connection_named() -> Iterator[None]:
    """Raise SonoluxError, with one line, where the node of this process is gone while something is asked of it."""
    from ray import exceptions

    try:
        yield
    except exceptions.RayTaskError:  # it may be any of these too, and is told by a worker
        raise
    except (OSError, exceptions.LocalRayletDiedError, exceptions.RaySystemError) as error:
        raise SonoluxError(
            f"the connection to Ray is lost ({one_line(error)[:100]}): what was added is kept; start Ray again, and"
            " the same command goes on from there"
        ) from error


def _refuse_unreachable(address: str) -> None:
    """Raise SonoluxError at once where nothing listens at the address of a head."""
    if address == "auto":
        return
    host, colon, port = address.rpartition(":")
    if "://" in address or not colon or not port.isdigit():
        raise SonoluxError(
            f"RAY_ADDRESS={address} names no head: write host:port, as `ray start` prints it, or auto;"
            " this process has to run on a node of the cluster"
        )
    try:
        with socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS):
            pass
    except (OSError, OverflowError) as error:
        raise SonoluxError(
            f"no Ray head answers at RAY_ADDRESS={address} ({one_line(error)}): start it with `ray start --head`,"
            " or unset RAY_ADDRESS to work on this machine"
        ) from error


@contextmanager
def _connected(address: str, *, local: bool) -> Iterator[None]:
    """Connect to a cluster, or start a local one in a folder of its own, and leave nothing of it behind."""
    import ray

    given: dict[str, Any] = {"address": address}
    folder = ""
    if local:
        folder = mkdtemp(prefix=f"{FOLDER}{os.getpid()}-", dir=ABOVE)
        given = {
            "address": "local",
            "num_cpus": settings().workers,
            "include_dashboard": False,
            "object_store_memory": OBJECT_STORE,
            "_temp_dir": folder,
        }
    if handed_on := {name: os.environ[name] for name in HANDED_ON if name in os.environ}:
        given["runtime_env"] = {"env_vars": handed_on}
    try:
        with _own_signals():
            try:
                ray.init(**given, log_to_driver=False, logging_level="ERROR")
            except Exception as error:
                why = "no local Ray starts" if local else f"there is no Ray to work on at RAY_ADDRESS={address}"
                raise SonoluxError(f"{why}: {one_line(error)[:300]}") from error
            _silence()
            yield
    finally:
        with suppress(Exception):  # of a head that is gone
            ray.shutdown()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _as_it_is() -> RayCluster:
    import ray

    has = ray.cluster_resources()
    own: dict[str, Any] = next(
        (node for node in ray.nodes() if node["NodeID"] == ray.get_runtime_context().get_node_id()), {}
    )
    store = int(own.get("Resources", {}).get("object_store_memory", OBJECT_STORE))
    return RayCluster(max(1, int(has.get("CPU", 1))), float(has.get("GPU", 0)), store)


@contextmanager
def _environment(*, local: bool) -> Iterator[None]:
    """Have Ray's switches in the environment, which it and its processes read."""
    if local and not any(name.startswith("RAY_AUTH_") for name in os.environ):
        # For good: Ray reads both once in the life of a process. One that has read them already asks for tokens anyway.
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
        if "ray" not in sys.modules:
            os.environ["RAY_AUTH_MODE"] = "token"
    told = {name: os.environ.get(name, value) for name, value in QUIET.items()}
    if local:
        # The search path is handed on: it may have been changed since this process started.
        told["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if isinstance(path, str))
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep the handlers of this process where Ray would set its own."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _silence() -> None:
    """Keep Ray from printing to standard output, which is data, what becomes of its workers: that is told here."""
    from ray._private import worker

    worker.print_to_stdstream = lambda *_, **__: None
