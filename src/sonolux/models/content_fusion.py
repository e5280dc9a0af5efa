"""Content fusion: networks of several contents of an item, and a head for every combination that can be there.

An item that lacks a content is answered by the head of those it has, which never saw anything in its place. Where no
head was learned for a combination, the answer is the mean of the heads of its single contents.

S. Oramas et al., "A deep multimodal approach for cold-start music recommendation", DLRS 2017, fuse sound and words so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from sonolux.models import registry
from sonolux.models.sequential import NamedSequential

BETWEEN = "+"
"""Between the contents of a combination, in the name of its head."""


class ContentFusion(nn.Module):
    """Networks of contents side by side, and heads above them.

    Parameters
    ----------
    contents : mapping of str to sequence of dict
        Of each content the links that make its rows, see `sonolux.models.sequential.NamedSequential`.
    heads : mapping of str to dict
        ``name`` and ``arguments`` of the network above each combination, named by its contents in their order with a
        plus between them. Each single content has one.

    Raises
    ------
    ValueError
        For no contents, or a content that has no head of its own.
    """

    def __init__(self, contents: Mapping[str, Sequence[dict[str, Any]]], heads: Mapping[str, dict[str, Any]]) -> None:
        super().__init__()
        lacking = [name for name in contents if name not in heads]
        if not contents or lacking:
            raise ValueError(f"content {lacking[0]} has no head of its own" if lacking else "there are no contents")
        self.contents = nn.ModuleDict({name: NamedSequential(links) for name, links in contents.items()})
        self.heads = nn.ModuleDict(
            {name: registry.build(head["name"], head["arguments"]) for name, head in heads.items()}
        )

    def rows(self, content: str, inputs: torch.Tensor) -> torch.Tensor:
        """Return the rows of one content, (n, p), from what its network takes."""
        made: torch.Tensor = self.contents[content](inputs)
        return made

    def forward(self, rows: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Answer items, all of which have the same contents.

        Parameters
        ----------
        rows : mapping of str to tensor, shape (n, p)
            Of each content that is there, see `rows`.

        Returns
        -------
        outputs : tensor, shape (n, d)
        """
        there = [name for name in self.contents if name in rows]
        combination = BETWEEN.join(there)
        if combination in self.heads:
            joined: torch.Tensor = self.heads[combination](torch.cat([rows[name] for name in there], dim=1))
            return joined
        return torch.stack([self.heads[name](rows[name]) for name in there]).mean(dim=0)
