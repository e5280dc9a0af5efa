"""Sound classification methods: each learned from some sounds of a fold and tested on the others."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.checkpoints.folder import CARD, ModelFolder
from sonolux.checkpoints.inputs import Sounds
from sonolux.checkpoints.outputs import Labels
from sonolux.encoders.classical.mfcc import Mfcc
from sonolux.evaluation.benchmarks.report import Announce, report_epochs
from sonolux.evaluation.protocols.labelled_sounds import LabelledSounds
from sonolux.media.containers.audio import load_audio
from sonolux.models.feature_extractor import LayerDescriptor
from sonolux.training.classification.recipes import BagOfAudioWordsRecipe, SoundsRecipe
from sonolux.training.classification.sound_learner import scores_of
from sonolux.training.classification.sounds import train_sounds, train_words
from sonolux.training.data.sounds import COEFFICIENTS, SoundSet, make_sound_input, read_sounds
from sonolux.training.data.sources import FoundFiles

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class FoldOutcome:
    """What a method made of one fold.

    Attributes
    ----------
    predicted : ndarray of str
        Class that each sound tested about was taken for.
    tested, gallery : ndarray of float32
        Descriptors of the sounds tested, and of those learned from.
    parameters : int
        Numbers that were learned.
    seconds : float
        Of training.
    """

    predicted: NDArray[np.str_]
    tested: NDArray[np.float32]
    gallery: NDArray[np.float32]
    parameters: int
    seconds: float


SoundMethod = Callable[[str], FoldOutcome]
"""Learns from all sounds but those of a fold, and is tested on these."""


def statistics_method(sounds: LabelledSounds) -> SoundMethod:
    """Return mean and deviation of cepstra with a support vector machine (radial basis, C = 10) on top."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    encoder = Mfcc()
    rows = np.asarray(encoder.encode([load_audio(path, encoder.sample_rate).samples for path in sounds.paths]))
    return lambda fold: _classified(
        sounds, fold, rows, lambda: make_pipeline(StandardScaler(), SVC(C=10.0)), parameters=0
    )


def words_method(sounds: LabelledSounds, work: Path) -> SoundMethod:
    """Return bags of 256 words of cepstra, with a logistic regression on top."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    clips = _read_sounds(sounds, COEFFICIENTS)

    def method(fold: str) -> FoldOutcome:
        folder = work / f"bag-of-words {fold}"
        if not (folder / CARD).exists():
            train_words(clips.subset(sounds.learned(fold)), BagOfAudioWordsRecipe(), folder)
        model = ModelFolder.load(folder)
        network = model.network()
        with torch.inference_mode():
            rows = torch.cat([network(frames.float()[None]) for frames in clips.frames]).numpy()
        parameters = sum(tensor.numel() for tensor in network.state_dict().values())
        return _classified(
            sounds,
            fold,
            rows,
            lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000)),
            parameters,
            model.scores["seconds"],
        )

    return method


def network_method(sounds: LabelledSounds, recipe: SoundsRecipe, work: Path, progress: Announce) -> SoundMethod:
    """Return a network of sounds; what `work` holds from an earlier run is not trained again."""
    clips = _read_sounds(sounds)
    arch = recipe.architecture.removeprefix("sound-")

    def method(fold: str) -> FoldOutcome:
        folder = work / f"{arch} {fold}"
        if not (folder / CARD).exists():
            train_sounds(
                clips.subset(sounds.learned(fold)),
                recipe,
                folder,
                progress=report_epochs(progress, f"{sounds.name}, {arch}, {fold}"),
            )
        model = ModelFolder.load(folder)
        assert isinstance(model.outputs, Labels) and isinstance(model.preprocessing, Sounds)
        how, network = model.preprocessing, model.network()
        frames = [(frames.float() - how.mean) / how.deviation for frames in clips.frames]
        tested, learned = sounds.folds[fold], sounds.learned(fold)
        cpu = torch.device("cpu")
        with torch.inference_mode():
            scores = scores_of(network, [frames[row] for row in tested], how, cpu)
            rows = scores_of(LayerDescriptor(network, model.descriptor.layer), frames, how, cpu).numpy()
        predicted = np.array(model.outputs.names)[scores.argmax(dim=1).numpy()]
        parameters = sum(parameter.numel() for parameter in network.parameters())
        return FoldOutcome(predicted, rows[tested], rows[learned], parameters, model.scores["seconds"])

    return method


def _read_sounds(sounds: LabelledSounds, coefficients: int = 0) -> SoundSet:
    names = dict(zip(sounds.paths, sounds.labels, strict=True))
    rate = min(sounds.rate, 22_050)
    found = FoundFiles(sounds.name, tuple(sounds.paths), names)
    return read_sounds(found, make_sound_input(rate, coefficients))


def _classified(
    sounds: LabelledSounds,
    fold: str,
    rows: NDArray[np.float32],
    classifier: Callable[[], Any],
    parameters: int,
    seconds: float = 0.0,
) -> FoldOutcome:
    tested, learned = sounds.folds[fold], sounds.learned(fold)
    labels = np.array(sounds.labels)
    began = time.monotonic()
    predicted = classifier().fit(rows[learned], labels[learned]).predict(rows[tested])
    return FoldOutcome(predicted, rows[tested], rows[learned], parameters, seconds + time.monotonic() - began)
