"""Optional dependencies: packages that extras bring, and the one line said where one of them is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from sonolux.errors import SonoluxError

EXTRAS = {
    "openTSNE": "map",
    "mcp": "mcp",
    "cleanlab": "train",
    "lightning": "train",
    "matplotlib": "train",
    "openpyxl": "train",
    "pyarrow": "train",
    "pytorch_metric_learning": "train",
    "faiss": "train",
    "qdrant_client": "cluster",
    "faster_whisper": "speech",
    "onnxruntime": "ocr",
    "implicit": "recommend",
    "obstore": "storage",
    "ray": "ray",
    "hnswlib": "bench",
    "lancedb": "bench",
    "usearch": "bench",
    "rapidocr": "ocr",
    "fastapi": "serve",
    "uvicorn": "serve",
    "prometheus_client": "serve",
}
"""Extra by the name under which a package is imported."""

PROJECTS = {"faiss": "faiss-cpu"}
"""What a package is called where it is installed from, if not by its import name with hyphens."""


def require(purpose: str, *packages: str, error: type[SonoluxError] = SonoluxError) -> None:
    """Raise `error` where one of these packages is not installed; nothing is imported.

    Parameters
    ----------
    purpose : str
        What needs them, for the message: ``"training"``.
    *packages : str
        Import names, all of them in `EXTRAS`.
    error : type of SonoluxError
    """
    for package in packages:
        if find_spec(package) is None:
            raise error(missing_line(purpose, package))


@contextmanager
def extras_named(purpose: str, error: type[SonoluxError] = SonoluxError) -> Iterator[None]:
    """Raise `error` with one line, in place of ModuleNotFoundError, where a package of an extra is missing inside."""
    try:
        yield
    except ModuleNotFoundError as missing:
        package = missing_package(missing)
        if package is None:
            raise
        raise error(missing_line(purpose, package)) from missing


def missing_package(error: BaseException) -> str | None:
    """Return the package of an extra whose absence is this error, None for any other error."""
    name = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
    package = name.partition(".")[0]
    return package if package in EXTRAS else None


def missing_line(purpose: str, package: str) -> str:
    """Return what is missing for what, and how to install it."""
    project = PROJECTS.get(package, package.replace("_", "-"))
    return f"{purpose} needs {project}: pip install 'sonolux[{EXTRAS[package]}]'"
