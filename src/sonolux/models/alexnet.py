"""AlexNet: the deep convolutional network that won ImageNet in 2012, with two GPUs' worth of kernels."""

from __future__ import annotations

from torch import nn

from sonolux.models.convolution_size import output_side
from sonolux.models.initialisation import initialise_he

HIDDEN = 4096


class AlexNet(nn.Sequential):
    """AlexNet as published, in two halves that meet only now and then.

    The halves lay on two GPUs. Where a layer saw only its own half, its kernels are grouped here (conv2, conv4, conv5).

    Parameters
    ----------
    channels : int
        Of the image.
    classes : int
    side : int
        Height and width of the image. The paper says 224; its maps of 55 x 55 need 227.

    Raises
    ------
    ValueError
        For an image that is too small.

    References
    ----------
    A. Krizhevsky, I. Sutskever and G. E. Hinton, "ImageNet classification with deep convolutional neural networks",
    NIPS 2012. The paper says 60 million parameters; 60,965,224 by its layers.
    """

    def __init__(self, channels: int = 3, classes: int = 1000, side: int = 227) -> None:
        super().__init__()
        first = output_side(output_side(side, 11, stride=4), 3, stride=2)
        left = output_side(output_side(first, 3, stride=2), 3, stride=2)
        self.conv1 = nn.Conv2d(channels, 96, 11, stride=4)
        self.relu1 = nn.ReLU()
        self.norm1 = response_normalisation()
        self.pool1 = nn.MaxPool2d(3, stride=2)
        self.conv2 = nn.Conv2d(96, 256, 5, padding=2, groups=2)
        self.relu2 = nn.ReLU()
        self.norm2 = response_normalisation()
        self.pool2 = nn.MaxPool2d(3, stride=2)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.relu3 = nn.ReLU()
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1, groups=2)
        self.relu4 = nn.ReLU()
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1, groups=2)
        self.relu5 = nn.ReLU()
        self.pool5 = nn.MaxPool2d(3, stride=2)
        add_classifier(self, 256 * left * left, classes)
        initialise_he(self)


def response_normalisation() -> nn.Module:
    """Return the local response normalisation of the AlexNet paper (section 3.3): neighbouring maps compete.

    Torch takes the mean of the squares of 5 neighbours where the paper takes their sum, so alpha is five times 1e-4.
    """
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)


def add_classifier(network: nn.Sequential, inputs: int, classes: int) -> None:
    """Add the two hidden layers with dropout and the output with which networks ended until 2014: fc6, fc7, fc8."""
    network.add_module("flatten", nn.Flatten())
    for number, width in ((6, inputs), (7, HIDDEN)):
        network.add_module(f"fc{number}", nn.Linear(width, HIDDEN))
        network.add_module(f"relu{number}", nn.ReLU())
        network.add_module(f"dropout{number}", nn.Dropout(0.5))
    network.add_module("fc8", nn.Linear(HIDDEN, classes))
