"""Alignment protocol: photos and the sentences below them find each other, learned from 500 of flickr_captions.

Photos are sorted by their names and drawn by seed 0: 500 are learned from, 200 are tested. Each of the thousand
sentences of the tested photos asks for its photo among the 200; each photo asks for any of its five sentences among the
thousand (as in A. Karpathy and L. Fei-Fei 2015, "Deep visual-semantic alignments for generating image descriptions").
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.inputs import Towers
from sonolux.encoders.registry import resolve_towers
from sonolux.evaluation.benchmarks.report import Announce
from sonolux.evaluation.protocols.captioned_photos import split_captioned
from sonolux.evaluation.protocols.described_files import describe_files, kept_rows
from sonolux.models.aligned_heads import AlignedHeads
from sonolux.training.alignment.heads import compared, first_ranks
from sonolux.training.alignment.pairs import PairSet

LEARNED, TESTED = 500, 200

SEED = 0

TOWERS = {"image": ("photo", "concepts"), "text": ("sentences", "concepts")}

KNOWN = "concepts"

TOPS = (1, 5, 10)

RESAMPLED = 2_000
"""Draws of the bootstrap."""


@dataclass(frozen=True, slots=True)
class CaptionSplit:
    """Photos with their sentences, described: those to learn from, and those tested."""

    learned: PairSet
    tested: PairSet


def read_captions_split(data: Path, work: Path, progress: Announce) -> CaptionSplit:
    """Describe the photos and sentences of flickr_captions, and split them."""
    photos = sorted((photo for half in split_captioned(data) for photo in half), key=lambda photo: photo.path)
    sentences = [sentence for photo in photos for sentence in photo.sentences]
    towers = {str(tower.modality): tower for tower in resolve_towers(TOWERS, KNOWN)}
    paths = [photo.path for photo in photos]
    rows = {
        "image": [describe_files(encoder, paths, work, progress) for encoder in towers["image"].encoders],
        "text": [kept_rows(encoder, sentences, str, work, progress) for encoder in towers["text"].encoders],
    }
    owners = np.repeat(np.arange(len(photos)), [len(photo.sentences) for photo in photos])
    pairs = PairSet(
        "flickr_captions",
        Towers(towers=TOWERS, digests={k: v for t in towers.values() for k, v in t.digests.items()}, known=KNOWN),
        {modality: np.concatenate(parts, axis=1) for modality, parts in rows.items()},
        {modality: parts[-1] for modality, parts in rows.items()},
        np.stack([owners, np.arange(len(sentences))], axis=1),
    )
    order = np.random.default_rng(SEED).permutation(len(photos))
    return CaptionSplit(pairs.subset(order[:LEARNED]), pairs.subset(order[LEARNED : LEARNED + TESTED]))


def ranks_of_pairs(network: AlignedHeads | None, pairs: PairSet, weight: float) -> dict[str, NDArray[np.int64]]:
    """Return the rank of the first right answer to each question, by direction; without heads, by what was known."""
    if network is None:
        likeness = pairs.known["image"] @ pairs.known["text"].T
        right = np.zeros(likeness.shape, np.bool_)
        right[pairs.pairs[:, 0], pairs.pairs[:, 1]] = True
        return {"image-text": first_ranks(likeness, right), "text-image": first_ranks(likeness.T, right.T)}
    return {
        name: first_ranks(likeness + weight * known, right) for name, likeness, known, right in compared(network, pairs)
    }


def recall_of_ranks(ranks: NDArray[np.int64]) -> dict[int, float]:
    """Return the share of questions that are answered among the first 1, 5 and 10."""
    return {top: float((ranks <= top).mean()) for top in TOPS}


def gain_interval(ranks: NDArray[np.int64], before: NDArray[np.int64], top: int) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of how much recall has grown, over questions drawn again."""
    gains = (ranks <= top).astype(float) - (before <= top).astype(float)
    drawn = np.random.default_rng(SEED).integers(len(gains), size=(RESAMPLED, len(gains)))
    low, high = np.quantile(gains[drawn].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)
