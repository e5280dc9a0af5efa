"""Voice activity detection (Silero VAD): is somebody speaking, for every 32 ms.

Spectra of a chunk, four convolutions that make one vector of it, and an LSTM over the chunks. Layers are called as in
the published weights, which fit (Silero Team, "Silero VAD: pre-trained enterprise-grade voice activity detector", 2021,
version 5, MIT licence).
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

RATE = 16_000
"""Hertz."""

CHUNK = 512
"""Samples of which each answer is."""

CONTEXT = 64
"""Samples before a chunk that are seen with it, and mirrored ones after it."""

FRAME, HOP = 256, 128
"""Samples of a spectrum, and from one to the next."""

WIDTH = 128
"""Numbers by which a chunk is described."""


class SileroVad(nn.Module):
    """Spectra, convolutions, an LSTM, and a probability: 309,633 weights, of which 66,048 are the spectra's."""

    def __init__(self) -> None:
        super().__init__()
        bins = FRAME // 2 + 1
        self.stft_conv = nn.Conv1d(1, 2 * bins, FRAME, HOP, bias=False)
        self.conv1 = nn.Conv1d(bins, 128, 3, padding=1)
        self.conv2 = nn.Conv1d(128, 64, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(64, 64, 3, stride=2, padding=1)
        self.conv4 = nn.Conv1d(64, WIDTH, 3, padding=1)
        self.lstm_cell = nn.LSTMCell(WIDTH, WIDTH)
        self.final_conv = nn.Conv1d(WIDTH, 1, 1)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """Return the probability of speech in each chunk, (ceil(n / 512),), of samples (n,) at 16,000 Hz."""
        described = self._described(samples)
        state = (torch.zeros(1, WIDTH, device=samples.device), torch.zeros(1, WIDTH, device=samples.device))
        states = []
        for chunk in described:
            state = self.lstm_cell(chunk[None], state)
            states.append(state[0])
        scores = self.final_conv(torch.cat(states).relu()[:, :, None])
        probabilities: torch.Tensor = scores.sigmoid().flatten()
        return probabilities

    def _described(self, samples: torch.Tensor) -> torch.Tensor:
        """Return a vector of each chunk, (chunks, 128)."""
        padded = functional.pad(samples, (CONTEXT, -len(samples) % CHUNK))
        chunks = padded.unfold(0, CONTEXT + CHUNK, CHUNK)
        mirrored = functional.pad(chunks[:, None], (0, CONTEXT), mode="reflect")
        real, imaginary = self.stft_conv(mirrored).chunk(2, dim=1)
        maps = (real.square() + imaginary.square()).sqrt()
        for convolution in (self.conv1, self.conv2, self.conv3, self.conv4):
            maps = convolution(maps).relu()
        described: torch.Tensor = maps[:, :, 0]
        return described
