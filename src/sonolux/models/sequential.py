"""Sequential composition: a trained network up to a layer, then a model fitted to its outputs, as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from sonolux.models import registry


class NamedSequential(nn.Sequential):
    """Registered networks, each fed with the outputs of the one before it.

    Parameters
    ----------
    links : sequence of dict
        ``name`` and ``arguments`` of each, as `sonolux.models.registry.build` takes them.

    Raises
    ------
    EncoderError
        For a link that is not registered.
    KeyError
        For a link that lacks its name or arguments.
    ValueError
        For no links.
    """

    def __init__(self, links: Sequence[dict[str, Any]]) -> None:
        if not links:
            raise ValueError("a sequence has at least one link")
        super().__init__(*(registry.build(link["name"], link["arguments"]) for link in links))
