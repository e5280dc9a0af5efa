"""Representations of sound: from samples to spectra, cepstra, pitches and wavelets, each once.

Spectra, cepstra and chroma take arrays of numpy and tensors of torch alike; the rest is batched on torch.

Samples are float (..., n); what comes out is (..., frames, numbers of a frame), time first. Frames are centred on their
time, the sound continued with silence on both sides, so that n samples make 1 + n // hop of them; no sample at all is
one frame of silence.
"""
