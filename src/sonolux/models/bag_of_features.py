"""Bag of features: a histogram of codewords, each frame counted for the nearest."""

from __future__ import annotations

import torch
from torch import nn


class BagOfFeatures(nn.Module):
    """Counts how often each codeword is the nearest to a frame.

    Parameters
    ----------
    width : int
        Numbers of a frame.
    words : int
        Codewords.

    Attributes
    ----------
    mean, deviation : tensor, shape (width,)
        By which the numbers of frames are brought to one size.
    words : tensor, shape (words, width)
        The codewords, of that size.

    References
    ----------
    J. Sivic and A. Zisserman, "Video Google: a text retrieval approach to object matching in videos", ICCV 2003; for
    sound, B. McFee, L. Barrington and G. Lanckriet, "Learning content similarity for music recommendation", IEEE TASLP
    20(8), 2012.
    """

    mean: torch.Tensor
    deviation: torch.Tensor
    words: torch.Tensor

    def __init__(self, width: int, words: int) -> None:
        super().__init__()
        if width < 1 or words < 1:
            raise ValueError(f"a codebook has at least one word of at least one number, not {words} of {width}")
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))
        self.register_buffer("words", torch.zeros(words, width))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Return the root of the share of each word in the frames (n, frames, width): (n, words), of length 1.

        The root keeps a word that occurs all the time from outweighing all others (R. Arandjelovic and A. Zisserman,
        "Three things everyone should know to improve object retrieval", CVPR 2012).
        """
        nearest = torch.cdist((frames - self.mean) / self.deviation, self.words).argmin(dim=2)
        shares = nn.functional.one_hot(nearest, len(self.words)).to(frames.dtype).mean(dim=1)
        return shares.sqrt()
