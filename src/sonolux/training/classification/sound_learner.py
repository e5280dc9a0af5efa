"""Sound classifiers: networks that learn from labels what sounds are; the layer before the last is a descriptor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from sonolux.checkpoints.audio_input import frames_a_part, parts_of, silence
from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import Sounds
from sonolux.checkpoints.outputs import Descriptor, Labels
from sonolux.metrics.classification import accuracy
from sonolux.models.feature_extractor import OutputWithLayer
from sonolux.training.augmentation.mixup import draw_share, mix
from sonolux.training.classification.balance import decide_balance
from sonolux.training.classification.calibration import Outputs, calibrate, known_items
from sonolux.training.classification.recipes import SoundsRecipe
from sonolux.training.data.sounds import SoundSet, standardise_input
from sonolux.training.data.sources import check_classes
from sonolux.training.data.splits import Parts, split_parts
from sonolux.training.loop.fit import fit
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.learner import Learner, in_eval_mode
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.scoring.labelled import usual_class

DESCRIBING = "pool"
"""Layer whose output is the descriptor."""

SCORED = 64
"""Parts of sounds that are scored at once."""


class SoundLearner(Learner):
    """A network of sounds on its way.

    Pairs of sounds are mixed, and their labels with them. Of a ``balanced`` one every class is drawn as often as any
    other.

    Parameters
    ----------
    network : torch module
        From frames (n, frames, width) to scores (n, classes).
    learned, held_out : SoundSet
    recipe : SoundsRecipe
    how : Sounds
        Of the model to be, with mean and deviation.
    """

    def __init__(
        self, network: nn.Module, learned: SoundSet, held_out: SoundSet, recipe: SoundsRecipe, how: Sounds
    ) -> None:
        super().__init__(network, recipe, learned.fingerprint(), len(learned))
        assert learned.labels is not None and held_out.labels is not None
        self.views, self.balanced, self.mixup = recipe.views, recipe.balanced, recipe.mixup
        self.how = how
        self.sounds = [self._standardised(frames) for frames in learned.frames]
        self.labels = torch.from_numpy(learned.labels)
        self.held_out = [self._standardised(frames) for frames in held_out.frames]
        self.held_out_labels = torch.from_numpy(held_out.labels)
        self.classes = len(learned.classes)

    def order(self, generator: torch.Generator) -> torch.Tensor:
        """Return the sounds of an epoch: each once, or each class as often as any other."""
        if not self.balanced:
            return super().order(generator)
        weights = 1 / torch.bincount(self.labels, minlength=self.classes)[self.labels].float()
        return torch.multinomial(weights, self.items, replacement=True, generator=generator)

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Compare the scores of a mixture of views with the mixture of their labels."""
        sounds = torch.stack([fit_length(self.sounds[row], self.how) for row in rows.tolist()]).to(self.device)
        wanted = functional.one_hot(self.labels[rows.cpu()], self.classes).float().to(self.device)
        seen = self.views(sounds, silence(self.how))
        share = draw_share(self.mixup)
        seen, wanted = mix(seen, share), mix(wanted, share)
        return functional.cross_entropy(self.network(seen).float(), wanted)

    @torch.no_grad()
    def score(self) -> float:
        """Return the accuracy on the sounds held out."""
        return accuracy(self.held_out_scores().argmax(dim=1).numpy(), self.held_out_labels.numpy())

    @in_eval_mode
    def held_out_scores(self) -> torch.Tensor:
        """Return the score of each class for each sound held out, (n, classes) on the CPU."""
        return scores_of(self.network, self.held_out, self.how, self.device)

    def outputs_of(self, sounds: SoundSet) -> Outputs:
        """Return what the network makes of sounds with labels, and the layer that describes them."""
        both = OutputWithLayer(self.network, DESCRIBING).eval()
        assert sounds.labels is not None
        with torch.no_grad():
            found = scores_of(both, [self._standardised(frames) for frames in sounds.frames], self.how, self.device)
        return Outputs.of(found.numpy(), sounds.labels, self.classes)

    def _standardised(self, frames: torch.Tensor) -> torch.Tensor:
        return (frames.float() - self.how.mean) / self.how.deviation


def sound_learner_of(sounds: SoundSet, recipe: SoundsRecipe, parts: Parts[SoundSet] | None = None) -> SoundLearner:
    """Return the network of a recipe, before it has learned; parts of the sounds are drawn where none are given."""
    parts = parts or split_parts(sounds, recipe.validation, recipe.seed)
    how = standardise_input(parts.learned, recipe.seconds)
    network = build_network(_architecture(sounds, recipe), recipe)
    return SoundLearner(network, parts.learned, parts.chosen, recipe, how)


def _architecture(sounds: SoundSet, recipe: SoundsRecipe) -> Architecture:
    arguments = {"bands": sounds.how.width, "classes": len(sounds.classes)} | recipe.arguments
    return Architecture(name=recipe.architecture, arguments=arguments)


def learn_sounds(sounds: SoundSet, recipe: SoundsRecipe, folder: Path, progress: TrainingProgress | None) -> Trained:
    """Train a classifier of sounds, and calibrate it; see `sonolux.training.methods.LearnMethod`."""
    check_classes(sounds)
    recipe = decide_balance(recipe, sounds)
    parts = split_parts(sounds, recipe.validation, recipe.seed)
    learned, chosen, scored = parts.learned, parts.chosen, parts.scored
    learner = sound_learner_of(sounds, recipe, parts)
    fit(learner, folder, progress)
    assert learned.labels is not None
    width = int(learner.network.get_submodule("linear").in_features)  # type: ignore[arg-type]
    choosing, scoring = learner.outputs_of(chosen), learner.outputs_of(scored)
    usual = usual_class(learned.labels)
    temperature, scores = calibrate(choosing, scoring, sounds.classes, usual, parts.groups)
    return Trained(
        learner.network,
        _architecture(sounds, recipe),
        learner.how,
        Descriptor(space=folder.name, dim=width, layer=DESCRIBING),
        recipe,
        learned.described() | {"chosen_by": len(chosen), "held_out": len(scored)},
        scores | learner.duration(),
        Labels(names=sounds.classes, temperature=temperature),
        learner.history,
        known=known_items(learner.outputs_of(learned), choosing),
    )


def scores_of(network: nn.Module, sounds: Sequence[torch.Tensor], how: Sounds, device: torch.device) -> torch.Tensor:
    """Return what a network says of standardised sounds (frames, width), on the CPU: the mean over their parts."""
    parts = [parts_of(frames, how) for frames in sounds]
    batches = torch.split(torch.cat(parts), SCORED)
    scores = torch.cat([network(batch.to(device)).float().cpu() for batch in batches])
    return torch.stack([part.mean(dim=0) for part in torch.split(scores, [len(part) for part in parts])])


def fit_length(frames: torch.Tensor, how: Sounds) -> torch.Tensor:
    """Return a sound (frames, width) in the length that is heard at once: a part of it, or all at a random place."""
    length = frames_a_part(how) or len(frames)
    spare = abs(length - len(frames))
    start = int(torch.randint(spare + 1, ()))
    if len(frames) >= length:
        return frames[start : start + length]
    return functional.pad(frames, (0, 0, start, spare - start), value=silence(how))
