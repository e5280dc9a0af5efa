"""LeNet-5: the convolutional network that read digits on cheques."""

from __future__ import annotations

from torch import nn

from sonolux.models.convolution_size import output_side
from sonolux.models.initialisation import initialise_glorot


class LeNet5(nn.Sequential):
    """LeNet-5 in its common form: every map of one layer sees every map of the layer before.

    Parameters
    ----------
    channels : int
        Of the image.
    classes : int
    side : int
        Height and width of the image, which is padded by 2 zeros on each side (28 to 32 in the paper).

    Raises
    ------
    ValueError
        For an image that is too small.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86, 1998. The paper counts 60,000 parameters, this form has 61,706: here the second
    convolution is fully connected (2,416 instead of 1,516), pooling has none (instead of 12 and 32), and the output is
    linear (850) instead of distances to fixed prototypes.
    """

    def __init__(self, channels: int = 1, classes: int = 10, side: int = 28) -> None:
        super().__init__()
        first = output_side(output_side(side, 5, padding=2), 2, stride=2)
        second = output_side(output_side(first, 5), 2, stride=2)
        left = output_side(second, 5)
        self.conv1 = nn.Conv2d(channels, 6, 5, padding=2)
        self.tanh1 = nn.Tanh()
        self.pool1 = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.tanh2 = nn.Tanh()
        self.pool2 = nn.AvgPool2d(2)
        self.conv3 = nn.Conv2d(16, 120, 5)
        self.tanh3 = nn.Tanh()
        self.flatten = nn.Flatten()
        self.fc4 = nn.Linear(120 * left * left, 84)
        self.tanh4 = nn.Tanh()
        self.fc5 = nn.Linear(84, classes)
        initialise_glorot(self)
