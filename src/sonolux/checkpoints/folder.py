"""A model folder: what training leaves behind, and all that is needed to use it.

It holds ``model.safetensors``, the weights, and ``model.json``, the fields of `ModelFolder`. Nothing in it is code:
weights are safetensors, and an architecture is a name in `sonolux.models.registry` with arguments. Folders of older
formats are read as well (`sonolux.checkpoints.migrations`) and keep the digests that they were written with.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, ValidationError

from sonolux.checkpoints.digest import file_sha256
from sonolux.checkpoints.inputs import KINDS, AnyPreprocessing, Preprocessing, kind_of
from sonolux.checkpoints.migrations import MIGRATIONS, NEWEST
from sonolux.checkpoints.outputs import OUTPUT_KINDS, AnyOutputs, Descriptor, Events
from sonolux.checkpoints.part import ModelPart
from sonolux.checkpoints.pickled import refusal_of_pickled
from sonolux.errors import EncoderError, ModelError
from sonolux.models import registry

if TYPE_CHECKING:
    from torch import nn

WEIGHTS = "model.safetensors"
CARD = "model.json"


class Architecture(ModelPart):
    """A network by its registered name, with the arguments of its constructor."""

    name: str
    arguments: dict[str, Any]


class ModelFolder(ModelPart):
    """The content of ``model.json``; the weights stay on disk until `network` is called.

    Attributes
    ----------
    format : int
        Version of this layout.
    architecture, preprocessing, descriptor
        What goes in, through what network, and what comes out.
    outputs : Labels, Events, Speech or None
        What comes out beside the descriptor; None for nothing.
    recipe, data, scores : dict
        How it was trained, resolved; on what; and what it reached.
    licence : str
        Of the weights, SPDX where there is one.
    digest : str
        SHA-256 over the weights and the fields that decide what comes out.
    path : Path
        Where the folder is; not stored.
    written : int
        Format in which it was written; not stored.
    """

    format: Literal[4] = NEWEST
    architecture: Architecture
    preprocessing: AnyPreprocessing
    descriptor: Descriptor
    outputs: AnyOutputs | None = None
    recipe: dict[str, Any] = Field(default_factory=dict)
    data: dict[str, Any] = Field(default_factory=dict)
    scores: dict[str, Any] = Field(default_factory=dict)
    licence: str = ""
    digest: str = ""
    path: Path = Field(default=Path(), exclude=True)
    written: int = Field(default=NEWEST, exclude=True)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read the record of a model folder; the weights are neither read nor hashed before `network`.

        Raises
        ------
        EncoderError
            For a missing or unreadable file, pickled weights, or an unknown format or architecture.
        """
        path = Path(path).resolve()
        card = path / CARD
        try:
            content = json.loads(card.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise EncoderError(f"{path} is no model folder: it has no {CARD}") from None
        except (OSError, ValueError, RecursionError) as error:
            raise EncoderError(f"{card} cannot be read: {error}") from error
        if not isinstance(content, dict):
            raise EncoderError(f"{card} is not a JSON object")
        written = content.get("format")
        while content.get("format") in MIGRATIONS:
            content = MIGRATIONS[content["format"]](content)
        if content.get("format") != NEWEST:
            raise EncoderError(f"{card} has format {written!r}; this Sonolux reads formats up to {NEWEST}")
        try:
            folder = cls.model_validate({**content, "path": path, "written": written})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"] if part not in (*KINDS, *OUTPUT_KINDS)) or "model"
            raise EncoderError(f"{card}: {where}: {first['msg']}") from error
        if folder.architecture.name not in registry.ARCHITECTURES:
            raise EncoderError(f"{card}: {registry.ARCHITECTURES.unknown(folder.architecture.name)}")
        if not (path / WEIGHTS).is_file():
            refusal = refusal_of_pickled(path.iterdir(), WEIGHTS)
            raise EncoderError(f"{path}: {refusal or f'no {WEIGHTS}'}")
        return folder

    def save(self, path: Path | str, network: nn.Module) -> Self:
        """Write the weights of a network and this record into a folder; return the record with digest and path.

        Each file appears whole or not at all, the record last.
        """
        from safetensors.torch import save_file

        path = Path(path).resolve()
        path.mkdir(parents=True, exist_ok=True)
        tensors = {name: tensor.contiguous().cpu() for name, tensor in network.state_dict().items()}
        unfinished = path / f"{WEIGHTS}.part"
        save_file(tensors, unfinished)
        unfinished.replace(path / WEIGHTS)
        saved = self.model_copy(update={"path": path, "written": NEWEST})
        saved = saved.model_copy(update={"digest": saved._digest()})
        record = path / f"{CARD}.part"
        record.write_text(saved.model_dump_json(indent=2) + "\n", encoding="utf-8")
        record.replace(path / CARD)
        return saved

    @property
    def images(self) -> Preprocessing:
        """How images become inputs; EncoderError where the network takes something else."""
        if not isinstance(self.preprocessing, Preprocessing):
            raise EncoderError(f"{self.path}: this model takes {kind_of(self.preprocessing)}, not pictures")
        return self.preprocessing

    def network(self) -> nn.Module:
        """Build the network and load its weights, on the CPU, ready for use.

        Raises
        ------
        ModelError
            Where weights and record are not those that were saved, or do not fit the architecture.
        """
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        self.verify()
        name = self.architecture.name
        try:
            # Built without memory first: the sizes in a record from outside may be absurd.
            with torch.device("meta"):
                network = registry.build(name, self.architecture.arguments)
            network.load_state_dict(load_file(self.path / WEIGHTS), assign=True)
        except (TypeError, ValueError, RuntimeError, OSError, SafetensorError) as error:
            reason = " ".join(str(error).split())
            raise ModelError(f"{self.path}: the model does not fit architecture {name}: {reason}") from error
        return network.eval()

    def verify(self) -> None:
        """Hash the weights; ModelError where they, or the fields that decide what comes out, are not as saved."""
        try:
            digest = self._digest()
        except OSError as error:
            raise ModelError(f"{self.path / WEIGHTS} cannot be read: {error.strerror}") from error
        if digest != self.digest:
            raise ModelError(f"{self.path}: the digest does not fit: the weights or the record were changed")

    def _digest(self) -> str:
        """Return the digest as the format has it in which the folder was written."""
        decisive = {"format", "architecture", "preprocessing", "descriptor", "outputs"}
        record = self.model_dump(include=decisive, mode="json")
        if self.written < NEWEST:
            record["format"] = self.written
            if self.written < 3 or isinstance(self.outputs, Events):
                (record["outputs"] or {}).pop("known", None)
        if self.written == 1:
            # It was taken of labels, null without any, and of events and speech only where there are any.
            outputs = dict(record.pop("outputs") or {})
            kind = outputs.pop("kind", "labels")
            record |= {"format": 1, "labels": None} | {kind: outputs or None}
        content = json.dumps(record, sort_keys=True) + file_sha256(self.path / WEIGHTS)
        return hashlib.sha256(content.encode()).hexdigest()
