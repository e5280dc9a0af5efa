"""Small residual network: for small images and small machines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from sonolux.models.initialisation import initialise_he
from sonolux.models.resnet import BasicBlock


class SmallResNet(nn.Sequential):
    """Basic residual blocks for images of 32 to 96 pixels, trained in minutes on two cores.

    A 3x3 stem instead of a 7x7 one, since small images have no pixels to skip; stages that halve height and width
    while they double the channels; then the average over all places, so that images of any size give one vector.
    The stages are called stem, stage1, stage2 and so on; the descriptor of an image is the output of ``flatten``, as
    many numbers as the last width.

    Parameters
    ----------
    widths : sequence of int
        Channels of each stage.
    blocks : int
        Residual blocks a stage.
    channels : int
        Of the image.
    classes : int
    strides : sequence of int
        Of each stage; ``(1, 2, 2, 2)`` looks at images of 32 pixels more finely, for four times the work.
    dropout : float
        Share of the descriptor that is silenced in training.

    Raises
    ------
    ValueError
        For no stage, a width below 1, no block, or not one stride a stage.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", CVPR 2016; of which this is
    a small relative, so that no count of parameters was published. It has 1,230,058 with the arguments given here.
    """

    def __init__(
        self,
        widths: Sequence[int] = (32, 64, 128, 256),
        blocks: int = 1,
        channels: int = 3,
        classes: int = 10,
        strides: Sequence[int] = (2, 2, 2, 2),
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if not widths or min(widths) < 1 or blocks < 1:
            raise ValueError(f"a stage must have at least one channel and one block, not {list(widths)} and {blocks}")
        if len(strides) != len(widths):
            raise ValueError(f"every stage must have a stride, not {list(strides)} for {len(widths)} stages")
        self.stem = nn.Sequential(
            nn.Conv2d(channels, widths[0], 3, padding=1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()
        )
        for number, (before, width) in enumerate(pairwise([widths[0], *widths])):
            rest = [BasicBlock(width, width) for _ in range(blocks - 1)]
            stage = nn.Sequential(BasicBlock(before, width, strides[number]), *rest)
            self.add_module(f"stage{number + 1}", stage)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(widths[-1], classes)
        initialise_he(self)
