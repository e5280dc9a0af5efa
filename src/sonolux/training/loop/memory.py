"""Memory of a training step, estimated before the first: the maps of a network that are kept for their gradients."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import nn

from sonolux.errors import TrainingError
from sonolux.training.data.memory import SHARE, free_memory

LARGE = 128
"""Pixels a side from which it is worth to look."""

TIMES = 1.5
"""What a step takes, as a multiple of what the modules give out: gradients of maps come as the maps go."""


def step_bytes(network: nn.Module, shape: tuple[int, ...]) -> int:
    """Return about how many bytes a step takes with inputs of a shape (n, 3, height, width); nothing is computed."""
    sizes: list[int] = []

    def count(module: nn.Module, inputs: Any, output: Any) -> None:
        outputs = output if isinstance(output, tuple) else (output,)
        # What comes of weights that do not learn is not kept.
        sizes.extend(one.numel() for one in outputs if one is not None and one.requires_grad)

    outline = copy.deepcopy(network).to("meta")
    for module in outline.modules():
        if not list(module.children()):
            module.register_forward_hook(count)
    with torch.enable_grad():
        outline(torch.empty(shape, device="meta"))
    return int(TIMES * 4 * (sum(sizes) + math.prod(shape)))


def check_step(network: nn.Module, batch: int, side: int, device: torch.device) -> None:
    """Refuse a batch of images that would not fit into memory.

    Raises
    ------
    TrainingError
        With a batch that would fit, or for smaller images.
    """
    if side < LARGE or device.type != "cpu":
        return
    needed, free = step_bytes(network, (batch, 3, side, side)), int(SHARE * free_memory())
    if needed <= free:
        return
    fitting = int(batch * free / needed)
    instead = (
        f"--set batch_size={fitting}"
        if fitting > 1
        else f"--image-size {max(int(side * (free * batch / needed / 4) ** 0.5) // 8 * 8, 8)} --set batch_size=4"
    )
    raise TrainingError(
        f"a step with {batch} pictures of {side:,} x {side:,} pixels takes about {needed / 2**30:,.1f} GiB of memory,"
        f" and {free / 2**30:,.1f} can be had: {instead} would fit"
    )
