"""Three senses of one concept: a handwritten digit, the digit spoken, and its name.

Images: the first 10,000 of MNIST's training images are learned from, the first 2,000 of its test images are tested.
Sounds: two of the six speakers, drawn by seed 0, are tested (a thousand recordings), the other four are learned from.
Images are described by a network that Sonolux trains on them (`sonolux train labels`, LeNet-5); sounds by the packaged
`whisper`, which learned from the speech of others, or by a network that Sonolux trains on the four speakers (`sonolux
train sounds`, convolutions, with pitch moved by up to a fifth, for speakers who are not there). In noise, half of the
pixels of each test image are others drawn at random, and white noise is as loud as the voice (0 dB); what learns in
noise learns in noise of any strength up to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.folder import CARD
from sonolux.checkpoints.inputs import Towers
from sonolux.encoders import Encoder, resolve
from sonolux.evaluation.benchmarks.report import Announce, report_epochs
from sonolux.evaluation.protocols.labelled_sounds import LabelledSounds, find_spoken_digits
from sonolux.media.containers.audio import load_audio
from sonolux.models.aligned_heads import AlignedHeads
from sonolux.training.alignment.heads import fit_heads
from sonolux.training.alignment.pairs import PairSet
from sonolux.training.alignment.recipe import AlignRecipe
from sonolux.training.augmentation.noise import DECIBELS, MOST_PIXELS, drawn_in_noise, image_in_noise, sound_in_noise
from sonolux.training.classification.images import train_labels
from sonolux.training.classification.sounds import train_sounds
from sonolux.training.data.images import read_images
from sonolux.training.data.sounds import make_sound_input, read_sounds
from sonolux.training.data.sources import FoundFiles
from sonolux.training.fusion.data import FusionSet
from sonolux.training.recipes import make_recipe

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

IMAGES, TESTED = 10_000, 2_000

SPEAKERS = 2
"""Left out."""

SEED = 0

Digits = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DescribedDigits:
    """Descriptors of one sense, and the digit that each is.

    Attributes
    ----------
    learned, tested : ndarray, shape (n, dim)
    learned_noisy, tested_noisy : ndarray, shape (n, dim)
        Of the same things in noise: those learned from in noise of any strength, those tested in the strongest.
    learned_digits, tested_digits : ndarray of int, shape (n,)
    """

    learned: NDArray[np.float32]
    tested: NDArray[np.float32]
    learned_noisy: NDArray[np.float32]
    tested_noisy: NDArray[np.float32]
    learned_digits: NDArray[np.int64]
    tested_digits: NDArray[np.int64]


def seen_digits(data: Path, work: Path, progress: Announce) -> DescribedDigits:
    """Return the images; the network is trained first, unless it is in the folder of work."""
    train, test = (read_images(data / "mnist" / f"{part}-images-idx3-ubyte.gz", 28) for part in ("train", "t10k"))
    learned, tested = train.subset(np.arange(IMAGES)), test.subset(np.arange(TESTED))
    folder = work / "digits-seen"
    if not (folder / CARD).exists():
        recipe = make_recipe("labels", ["views.mirrored=false"], architecture="lenet5", image_size=28, epochs=8)
        train_labels(learned, recipe, folder, progress=report_epochs(progress, "digits seen"))
    encoder = resolve(str(folder))[0]
    random = np.random.default_rng(SEED)
    noisy = [image_in_noise(image, MOST_PIXELS, random) for image in tested.pixels]
    learned_noisy = [drawn_in_noise(image, random) for image in learned.pixels]
    assert learned.labels is not None and tested.labels is not None
    return DescribedDigits(
        _described(encoder, learned.pixels),
        _described(encoder, tested.pixels),
        _described(encoder, learned_noisy),
        _described(encoder, noisy),
        learned.labels,
        tested.labels,
    )


def heard_digits(data: Path, ear: Encoder | None, work: Path, progress: Announce) -> DescribedDigits:
    """Return the recordings, by speakers, as an encoder hears them.

    Parameters
    ----------
    data : Path
    ear : Encoder, optional
        By default a network that learns from the recordings; it is trained first, unless it is in the folder of work.
    work : Path
    progress : callable
    """
    sounds = find_spoken_digits(data, by_speaker=True)
    names = list(sounds.folds)
    left_out = [names[place] for place in np.random.default_rng(SEED).permutation(len(names))[:SPEAKERS]]
    tested = np.sort(np.concatenate([sounds.folds[name] for name in left_out]))
    learned = np.setdiff1d(np.arange(len(sounds.paths)), tested)
    encoder = ear or _trained_ear(sounds, learned, work, progress)
    samples = [load_audio(path, encoder.sample_rate).samples for path in sounds.paths]
    random = np.random.default_rng(SEED)
    noisy = [sound_in_noise(samples[row], DECIBELS[0], random) for row in tested]
    learned_noisy = [drawn_in_noise(samples[row], random) for row in learned]
    digits = np.array([int(label) for label in sounds.labels])
    return DescribedDigits(
        _described(encoder, [samples[row] for row in learned]),
        _described(encoder, [samples[row] for row in tested]),
        _described(encoder, learned_noisy),
        _described(encoder, noisy),
        digits[learned],
        digits[tested],
    )


def _trained_ear(sounds: LabelledSounds, learned: Digits, work: Path, progress: Announce) -> Encoder:
    folder = work / "digits-heard"
    if not (folder / CARD).exists():
        labels = dict(zip(sounds.paths, sounds.labels, strict=True))
        found = FoundFiles("digits", tuple(sounds.paths[row] for row in learned), labels)
        clips = read_sounds(found, make_sound_input(8_000))
        recipe = make_recipe("sounds", ["views.pitch=0.2"], architecture="sound-cnn", epochs=20)
        train_sounds(clips, recipe, folder, progress=report_epochs(progress, "digits heard"))
    return resolve(str(folder))[0]


def _described(encoder: Encoder, inputs: Iterable[Any]) -> NDArray[np.float32]:
    return np.asarray(encoder.encode(list(inputs)), np.float32)


def paired_digits(seen: DescribedDigits, heard: DescribedDigits) -> tuple[FusionSet, FusionSet]:
    """Return images, each with a recording of the same digit, drawn by seed 0: to learn from, and tested."""
    random = np.random.default_rng(SEED)
    places = _same_digit(seen.learned_digits, heard.learned_digits, random)
    clean, noisy = (seen.learned, heard.learned[places]), (seen.learned_noisy, heard.learned_noisy[places])
    learned = _paired(clean, noisy, seen.learned_digits)
    places = _same_digit(seen.tested_digits, heard.tested_digits, random)
    clean, noisy = (seen.tested, heard.tested[places]), (seen.tested_noisy, heard.tested_noisy[places])
    return learned, _paired(clean, noisy, seen.tested_digits)


def align_digits(seen: DescribedDigits, heard: DescribedDigits) -> AlignedHeads:
    """Return heads that learned from images, recordings and names of the same digits; ten passes, nothing chosen."""
    random = np.random.default_rng(SEED)
    owners = _same_digit(seen.learned_digits, heard.learned_digits, random)
    words = np.asarray(resolve("sentences")[0].encode_queries(list(WORDS)))
    views = {"image": seen.learned, "audio": heard.learned, "text": words}
    rows = np.stack([np.arange(len(owners)), owners, seen.learned_digits], axis=1)
    towers = Towers(towers={"image": ("digits-seen",), "audio": ("digits-heard",)}, digests={"digits-seen": ""})
    pairs = PairSet("digits", towers, views, {}, rows)
    return fit_heads(pairs, AlignRecipe(dim=64, epochs=10, dropout=0.1), 10)


def recall_by_digit(asked: NDArray[np.float32], asking: Digits, found: NDArray[np.float32], digits: Digits) -> float:
    """Return the share of questions whose nearest answer is of the same digit."""
    return float((digits[(asked @ found.T).argmax(axis=1)] == asking).mean())


def _paired(clean: Sequence[NDArray[np.float32]], noisy: Sequence[NDArray[np.float32]], digits: Digits) -> FusionSet:
    widths = {name: rows.shape[1] for name, rows in zip(("image", "audio"), clean, strict=True)}
    rows = np.concatenate(clean, axis=1)
    there = np.ones((len(rows), 2), np.bool_)
    answers = np.eye(10, dtype=np.float32)[digits]
    return FusionSet("digits", None, widths, rows, there, "class", WORDS, answers, noisy=np.concatenate(noisy, axis=1))


def _same_digit(digits: Digits, others: Digits, random: np.random.Generator) -> Digits:
    """Return, for each digit, the row of another thing of the same digit, drawn at random."""
    places = [np.flatnonzero(others == digit) for digit in range(10)]
    return np.array([random.choice(places[digit]) for digit in digits.tolist()])
