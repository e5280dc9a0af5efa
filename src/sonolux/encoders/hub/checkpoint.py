"""A checkpoint folder, as far as its small files tell: what it is, its licence, its digest. No weights are loaded."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sonolux.checkpoints.digest import digest_of, kept_sha256
from sonolux.checkpoints.pickled import refusal_of_pickled
from sonolux.errors import EncoderError

DECIDING = {".json", ".txt", ".model", ".safetensors"}
"""Files with these endings decide what an encoder writes."""

TOKENIZERS = (
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
)
"""Any of these holds a vocabulary; with none, transformers would make up an empty one."""

BLOB = re.compile(r"[0-9a-f]{64}")
"""Name of a weight file in the hub's cache, behind the link: the SHA-256 of its content."""


@dataclass(frozen=True)
class Checkpoint:
    """A folder in the hub's format.

    Attributes
    ----------
    folder : Path
        Where it is.
    name : str
        What it is called: ``org/name`` on the hub, the folder's name otherwise.
    spec : str
        What `sonolux.encoders.resolve` finds it by again.
    """

    folder: Path
    name: str
    spec: str
    _json: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def space(self) -> str:
        """Name of the space its encoders write into: the last part of the name."""
        return self.name.rsplit("/", 1)[-1]

    @property
    def config(self) -> dict[str, Any]:
        """Content of ``config.json``."""
        config = self.read("config.json")
        if not isinstance(config, dict):
            raise EncoderError(f"model {self.name}: config.json is not a JSON object")
        return config

    def read(self, file: str) -> Any:
        """Return the content of one of its JSON files."""
        if file not in self._json:
            try:
                self._json[file] = json.loads((self.folder / file).read_text(encoding="utf-8"))
            except FileNotFoundError:
                raise EncoderError(f"model {self.name} has no {file}: {self.folder}") from None
            except (OSError, ValueError, RecursionError) as error:
                raise EncoderError(f"model {self.name}: {file} cannot be read: {error}") from error
        return self._json[file]

    def has(self, file: str) -> bool:
        """Tell whether the folder has a file of this name."""
        return (self.folder / file).is_file()

    def require_safetensors(self, folder: str = "") -> None:
        """Refuse weights that are pickled, which could run code, or missing, in one of its folders."""
        files = list((self.folder / folder).glob("*"))
        if any(file.suffix == ".safetensors" for file in files):
            return
        missing = f"no weights (*.safetensors) in {self.folder / folder}"
        raise EncoderError(f"model {self.name}: {refusal_of_pickled(files, 'safetensors') or missing}")

    def require_tokenizer(self, folder: str = "") -> None:
        """Refuse a checkpoint without a vocabulary, in one of its folders."""
        if not any((self.folder / folder / file).is_file() for file in TOKENIZERS):
            raise EncoderError(f"model {self.name} has no tokenizer in {self.folder / folder}")

    @cached_property
    def licence(self) -> str:
        """Licence that the model card states in its front matter, empty where it states none."""
        card = self.folder / "README.md"
        if not card.is_file():
            return ""
        front = re.match(r"---\s*\n(.*?)\n---", card.read_text("utf-8", errors="replace"), re.DOTALL)
        stated = re.search(r"^license:[ \t]*(\S+)", front[1], re.MULTILINE) if front else None
        return stated[1].strip("\"'") if stated else ""

    @cached_property
    def digest(self) -> str:
        """Digest of every file that decides what its encoders write; the same wherever the folder is."""
        files = sorted(
            file
            for file in self.folder.rglob("*")
            if file.suffix in DECIDING and not _hidden(file.relative_to(self.folder))
        )
        return digest_of(*((f.relative_to(self.folder).as_posix(), _sha256(f)) for f in files))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _sha256(file: Path) -> str:
    blob = file.resolve().name
    return blob if BLOB.fullmatch(blob) else kept_sha256(file)
