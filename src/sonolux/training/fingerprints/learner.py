"""Audio fingerprints learned: a network comes to know a second of sound again after distortion; without labels.

Each clip is heard twice: as it is, and a part of it distorted, at another speed, a little beside. The network is to
tell which seconds of a batch are the same (NT-Xent, see `sonolux.training.hashing.contrastive`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import Contrast
from sonolux.errors import TrainingError
from sonolux.fingerprints.constellation import (
    BANDS,
    HOP,
    MIDDLE,
    RATE,
    BandSpectra,
    band_log_power,
    spectral_contrast,
)
from sonolux.fingerprints.neural_codes import STEP, pool_bands
from sonolux.media.containers.audio import Samples
from sonolux.metrics.intervals import wilson_interval
from sonolux.metrics.ranking import paired_hits
from sonolux.training.augmentation.waveforms import (
    at_a_speed,
    by_telephone,
    coarse,
    in_a_room,
    noise_of,
    through_a_codec,
    with_noise,
)
from sonolux.training.data.clips import ClipSet
from sonolux.training.data.splits import split_parts
from sonolux.training.fingerprints.recipe import FingerprintsRecipe
from sonolux.training.loop.fit import fit
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.learner import Learner, in_eval_mode
from sonolux.training.loop.trained import Trained, TrainingProgress, code_descriptor
from sonolux.training.losses.nt_xent import nt_xent
from sonolux.training.scoring.descriptors import score_interval

INPUT = Contrast(frames=32, pooled=3, deviation=3.0)
"""A second, in semitones."""

SPEED = 0.05
"""Share by which a clip is played faster or slower, at most."""

SHORTEST, LONGEST = 2.0, 6.0
"""Seconds of the part that is heard again."""

QUIETEST = 3e-3
"""Root mean square of a part, below which there is nothing to know again."""

SNR = (-3.0, 20.0)
"""Decibels over the noise."""

APART = 20
"""Frames from one window of a part to the next."""

PER_CLIP = 4
"""Windows of a part, at most."""

OTHERS = 3
"""Clips that may be heard in a noise."""

JUDGED = 6
"""Batches of the clips held out, always the same, by which epochs are compared."""


class FingerprintLearner(Learner):
    """A network on its way.

    Parameters
    ----------
    network : torch module
        From contrast (n, frames, bands) to codes (n, bits).
    learned, held_out : ClipSet
    recipe : FingerprintsRecipe
    how : Contrast
    """

    def __init__(
        self, network: nn.Module, learned: ClipSet, held_out: ClipSet, recipe: FingerprintsRecipe, how: Contrast
    ) -> None:
        super().__init__(network, recipe, learned.fingerprint(), len(learned))
        self.clips, self.how = learned.clips, how
        self.clean = [_seen(clip, how) for clip in learned.clips]
        self.temperature = recipe.temperature
        self.held_out = held_out_pairs(held_out, recipe, how)

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Compare windows of clips with the same, heard again."""
        random = np.random.default_rng(int(torch.randint(2**62, ())))  # torch's generator resumes
        clean, again = pairs(self.clips, self.clean, rows.cpu().numpy(), self.how, random)
        codes = self.network(torch.cat([clean, again]).to(self.device)).float()
        first, second = codes.chunk(2)
        return nt_xent(first, second, self.temperature)

    def score(self) -> float:
        """Return the mean of `found_again` of the windows held out."""
        return float(self.found_again(self.held_out).mean())

    @in_eval_mode
    def found_again(self, windows: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> NDArray[np.float64]:
        """Return 1 for each window heard again whose nearest of its batch is the right one, by its signs; else 0."""
        found = []
        for clean, again in windows:
            kept, asked = (self.network(part.to(self.device)).float().cpu() for part in (clean, again))
            found.append(paired_hits((asked @ kept.sign().T).numpy()))
        return np.concatenate(found).astype(float)


def learn_fingerprints(
    clips: ClipSet, recipe: FingerprintsRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Train a network that takes fingerprints; see `sonolux.training.methods.LearnMethod`."""
    parts = split_parts(clips, recipe.validation, recipe.seed)
    learned, held_out, scored = parts.learned, parts.chosen, parts.scored
    arguments = {"frames": INPUT.frames, "bands": BANDS // INPUT.pooled, "bits": recipe.bits} | recipe.arguments
    architecture = Architecture(name=recipe.architecture, arguments=arguments)
    learner = FingerprintLearner(build_network(architecture, recipe), learned, held_out, recipe, INPUT)
    fit(learner, folder, progress)
    return Trained(
        learner.network,
        architecture,
        INPUT,
        code_descriptor(folder.name, recipe.bits),
        recipe,
        learned.described() | {"chosen_by": len(held_out), "held_out": len(scored)},
        score_again(learner, scored, recipe) | learner.duration(),
        history=learner.history,
    )


def score_again(learner: FingerprintLearner, scored: ClipSet, recipe: FingerprintsRecipe) -> dict[str, Any]:
    """Return the scores of a network on clips that chose nothing; windows of a clip count once for the interval."""
    windows = held_out_pairs(scored, recipe, learner.how)
    found = learner.found_again(windows)
    share = float(found.mean())
    interval = wilson_interval(share, min(len(found), len(scored)))
    chance = sum(len(clean) / len(found) / len(clean) for clean, _ in windows)
    return score_interval("again", share, interval, len(found)) | {"baseline": round(chance, 4)}


def held_out_pairs(
    clips: ClipSet, recipe: FingerprintsRecipe, how: Contrast
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return batches of windows of clips that nothing is learned from, as they are and heard again; see `pairs`."""
    clean = [_seen(clip, how) for clip in clips.clips]
    random = np.random.default_rng(recipe.seed)
    batches = [random.integers(len(clips), size=recipe.batch_size) for _ in range(JUDGED)]
    return [pairs(clips.clips, clean, rows, how, random) for rows in batches]


def pairs(
    clips: NDArray[np.float16],
    clean: Sequence[BandSpectra],
    rows: NDArray[np.integer],
    how: Contrast,
    random: np.random.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return windows of clips as they are and as they are heard again, two tensors (n, frames, bands).

    Parameters
    ----------
    clips : ndarray, shape (all, samples)
    clean : sequence of ndarray, shape (frames, bands)
        Contrast of each.
    rows : ndarray of int
        Which of them.
    how : Contrast
    random : Generator

    Raises
    ------
    TrainingError
        Where nothing is heard in any of them.
    """
    kept, asked = [], []
    for row in rows.tolist():
        length = int(random.uniform(SHORTEST, LONGEST) * RATE)
        first = int(random.integers((clips.shape[1] - length) // HOP)) * HOP
        part = clips[row, first : first + length].astype(np.float32)
        speed = random.uniform(1 - SPEED, 1 + SPEED) if random.random() < 0.7 else 1.0
        others = [clips[other].astype(np.float32) for other in random.integers(len(clips), size=OTHERS)]
        if np.sqrt(np.square(part).mean()) < QUIETEST:
            continue
        again = _seen(heard_again(at_a_speed(part, speed), others, random), how)
        for at in _places(len(again) - how.frames, random):
            # The middle of the window, on the axis of the clip: a frame is about the sound in its middle.
            middle = (at + how.frames / 2) * speed + (speed - 1) * MIDDLE * RATE / HOP + first / HOP
            beside = round(middle - how.frames / 2 + random.uniform(-STEP / 2, STEP / 2))
            if 0 <= beside <= len(clean[row]) - how.frames:
                kept.append(clean[row][beside : beside + how.frames])
                asked.append(again[at : at + how.frames])
    if not kept:
        raise TrainingError(f"{len(rows)} clips, and none goes on sounding for two seconds: give more music")
    return torch.from_numpy(np.stack(kept)), torch.from_numpy(np.stack(asked))


def heard_again(sound: Samples, others: Sequence[Samples], random: np.random.Generator) -> Samples:
    """Return a sound after any of what may happen to it; `others` are what may sound beside it."""
    telephone = random.random() < 0.3
    if random.random() < (0.8 if telephone else 0.3):
        sound = in_a_room(sound, RATE, random)
    if telephone:
        sound = by_telephone(sound, RATE, random)
    if random.random() < 0.85:
        heard = [other[: len(sound)] for other in others[: int(random.integers(len(others) + 1))]]
        sound = with_noise(sound, random.uniform(*SNR), noise_of(len(sound), heard, random))
        if telephone:
            sound = by_telephone(sound, RATE, random)
    if random.random() < 0.12:
        sound = through_a_codec(sound * np.float32(0.9 / (np.abs(sound).max() + 1e-6)), RATE, random)
    if random.random() < 0.1:
        sound = coarse(sound, random.uniform(8, 64))
    return sound * np.float32(10 ** (-random.uniform(0, 20) / 20))


def _places(last: int, random: np.random.Generator) -> list[int]:
    """Return where windows begin, in frames: some, far enough apart to be told from each other."""
    if last < 0:
        return []
    grid = random.permutation(last // APART + 1)[:PER_CLIP] * APART
    return [min(int(place + random.integers(APART // 2)), last) for place in grid]


def _seen(sound: NDArray[np.floating], how: Contrast) -> BandSpectra:
    return pool_bands(spectral_contrast(band_log_power(sound.astype(np.float32))), how)
