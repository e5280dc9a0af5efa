"""Any bank of complex filters over a sound, one output sample every hop: the engine of constant Q and of wavelets.

Both spread their filters evenly over pitch, each as long as its pitch needs. They act on the spectrum of the whole
sound; taking every hop-th sample of an answer is folding its spectrum, so that no answer is ever computed at full rate.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch


def filtered(samples: torch.Tensor, filters: Iterable[torch.Tensor], hop: int, length: int) -> torch.Tensor:
    """Return the answer of each filter at every hop, complex (..., 1 + n // hop, filters).

    Parameters
    ----------
    samples : tensor, shape (..., n)
    filters : iterable of tensor, shape (length,)
        Frequency responses, of positive frequencies and negative ones, as the discrete Fourier transform orders them.
    hop : int
    length : int
        As `padded` gives it.
    """
    spectrum = torch.fft.fft(samples, length)
    frames = 1 + samples.shape[-1] // hop
    answers = [_every(spectrum * response.to(spectrum), hop)[..., :frames] for response in filters]
    return torch.stack(answers, dim=-1)


def padded(samples: int, reach: int, hop: int) -> int:
    """Return a length, a multiple of the hop, at which filters that reach so far do not run into the other end."""
    least = samples + 2 * reach + hop
    frames = -(-least // hop)
    return hop * (1 << (frames - 1).bit_length())


def _every(spectrum: torch.Tensor, hop: int) -> torch.Tensor:
    """Return every hop-th sample of the signal that has this spectrum."""
    length = spectrum.shape[-1]
    folded = spectrum.reshape(*spectrum.shape[:-1], hop, length // hop).mean(dim=-2)
    samples: torch.Tensor = torch.fft.ifft(folded)
    return samples
