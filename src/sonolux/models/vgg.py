"""VGG networks: many 3x3 convolutions, and nothing else.

Two 3x3 windows see as far as one of 5x5, three as far as one of 7x7, with fewer weights and more rectifiers between.
"""

from __future__ import annotations

from torch import nn

from sonolux.models.alexnet import add_classifier
from sonolux.models.convolution_size import output_side
from sonolux.models.initialisation import initialise_he

LAYOUTS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Layers with weights (columns A, B, D and E of table 1 of the paper), and the convolutions of each stage."""

WIDTHS = (64, 128, 256, 512, 512)


class Vgg(nn.Sequential):
    """VGG with 11, 13, 16 or 19 layers; named conv1_1 to conv5_4, pool1 to pool5, fc6 to fc8.

    Parameters
    ----------
    depth : {11, 13, 16, 19}
    channels : int
        Of the image.
    classes : int
    side : int
        Height and width of the image.
    batch_norm : bool
        Normalise after each convolution (bn1_1 and so on), as later users of these networks did.

    Raises
    ------
    ValueError
        For another depth, or an image that is too small.

    References
    ----------
    K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015.
    Parameters by table 2: 138 million (16 layers) and 144 million (19); exactly 138,357,544 and 143,667,240, and 8,448
    and 11,008 more with batch normalisation.
    """

    def __init__(
        self, depth: int = 16, channels: int = 3, classes: int = 1000, side: int = 224, batch_norm: bool = False
    ) -> None:
        super().__init__()
        if depth not in LAYOUTS:
            raise ValueError(f"depth must be one of {', '.join(map(str, LAYOUTS))}, not {depth!r}")
        left = side
        for stage, (width, convolutions) in enumerate(zip(WIDTHS, LAYOUTS[depth], strict=True), 1):
            for number in range(1, convolutions + 1):
                self.add_module(f"conv{stage}_{number}", nn.Conv2d(channels, width, 3, padding=1))
                if batch_norm:
                    self.add_module(f"bn{stage}_{number}", nn.BatchNorm2d(width))
                self.add_module(f"relu{stage}_{number}", nn.ReLU())
                channels = width
            self.add_module(f"pool{stage}", nn.MaxPool2d(2))
            left = output_side(left, 2, stride=2)
        add_classifier(self, channels * left * left, classes)
        initialise_he(self)
