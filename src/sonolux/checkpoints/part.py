"""Base of the records of a model folder: fields that are checked, never changed, and no others."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ModelPart(BaseModel):
    """A part of `sonolux.checkpoints.folder.ModelFolder`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
