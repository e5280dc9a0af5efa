"""ZFNet: AlexNet with smaller first windows, after its authors visualised its layers."""

from __future__ import annotations

from torch import nn

from sonolux.models.alexnet import add_classifier, response_normalisation
from sonolux.models.convolution_size import output_side
from sonolux.models.initialisation import initialise_he


class ZFNet(nn.Sequential):
    """AlexNet with smaller, denser windows in the first two layers, and no halves.

    Seen from inside, AlexNet's first kernels were all coarse or all fine, and its stride of 4 left false patterns in
    the second layer; so 7x7 instead of 11x11, stride 2 instead of 4.

    Parameters
    ----------
    channels : int
        Of the image.
    classes : int
    side : int
        Height and width of the image.

    Raises
    ------
    ValueError
        For an image that is too small.

    References
    ----------
    M. D. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014, figure 3. The paper
    gives no count; its layers have 62,357,608 parameters.
    """

    def __init__(self, channels: int = 3, classes: int = 1000, side: int = 224) -> None:
        super().__init__()
        first = output_side(output_side(side, 7, stride=2, padding=1), 3, stride=2, padding=1)
        second = output_side(output_side(first, 5, stride=2), 3, stride=2, padding=1)
        left = output_side(second, 3, stride=2)
        self.conv1 = nn.Conv2d(channels, 96, 7, stride=2, padding=1)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(3, stride=2, padding=1)
        self.norm1 = response_normalisation()
        self.conv2 = nn.Conv2d(96, 256, 5, stride=2)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(3, stride=2, padding=1)
        self.norm2 = response_normalisation()
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.relu3 = nn.ReLU()
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1)
        self.relu4 = nn.ReLU()
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1)
        self.relu5 = nn.ReLU()
        self.pool5 = nn.MaxPool2d(3, stride=2)
        add_classifier(self, 256 * left * left, classes)
        initialise_he(self)
