"""One command to speech recognition: utterances and what is said in them in, a model folder that transcribes out.

The network learns from the words alone, without being told when each is said (connectionist temporal classification,
see `sonolux.decoding.ctc`), in the phones of a lexicon or in letters.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.outputs import Descriptor, Speech
from sonolux.decoding.bigrams import WordBigrams
from sonolux.decoding.ctc import BLANK, SPACE, BeamWeights, decode_beam, decode_greedy
from sonolux.decoding.lexicon import build_tree
from sonolux.errors import TrainingError
from sonolux.features.speech_cepstra import utterance
from sonolux.metrics.edit_distance import error_rate
from sonolux.training.augmentation.spectrograms import SoundViews, masked
from sonolux.training.data.utterances import Lexicon, UtteranceSet
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.learner import Learner, in_eval_mode
from sonolux.training.loop.workspace import check_free
from sonolux.training.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.loop.fit import TrainingProgress

SPEED = 0.1
"""Share by which utterances are heard faster or slower."""

NOISE = 0.15
"""Deviation of what is added to every number heard, whose own is 1."""

ALIKE = 8
"""Batches whose utterances are sorted by length, so that little is filled up."""

LANGUAGE, WORD = (0.3, 0.6, 1.0, 1.5), (-1.0, 0.0, 1.0, 2.0)
"""Weights that are tried on the utterances held out."""


class SpeechLearner(Learner):
    """A network that writes down what it hears, on its way.

    Parameters
    ----------
    network : torch module
        From what is heard (n, frames, numbers) to scores (n, fewer frames, 1 + units).
    learned, held_out : UtteranceSet
    targets, held_out_targets : sequence of list of int
        Units of each, numbered from 1.
    recipe : Recipe
        Options: ``views``, ``speed``, ``noise``.
    """

    def __init__(
        self,
        network: nn.Module,
        sets: tuple[UtteranceSet, UtteranceSet],
        targets: tuple[Sequence[list[int]], Sequence[list[int]]],
        recipe: Recipe,
    ) -> None:
        super().__init__(network, recipe, sets[0].fingerprint(), len(sets[0]))
        self.learned, self.held_out = (list(part.cepstra) for part in sets)
        self.targets, self.held_out_targets = targets
        self.views = SoundViews(**recipe.options.get("views", {}))
        self.speed = float(recipe.options.get("speed", SPEED))
        self.noise = float(recipe.options.get("noise", NOISE))

    def order(self, generator: torch.Generator) -> torch.Tensor:
        """Return the utterances of an epoch, those of a batch of like length, the batches in any order."""
        rows = super().order(generator)
        size = self.recipe.batch
        whole = rows[: len(rows) - len(rows) % size] if len(rows) >= size else rows
        batches: list[torch.Tensor] = []
        for part in torch.split(whole, size * ALIKE):
            lengths = torch.tensor([len(self.learned[row]) for row in part.tolist()])
            batches += torch.split(part[lengths.argsort()], size)
        shuffled = torch.randperm(len(batches), generator=generator).tolist()
        return torch.cat([*(batches[number] for number in shuffled), rows[len(whole) :]])

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Return the negative log likelihood of what is said in a batch, a unit."""
        heard = [utterance(self._at_a_speed(self.learned[row])) for row in rows.tolist()]
        lengths = torch.tensor([len(frames) for frames in heard])
        frames = nn.utils.rnn.pad_sequence(heard, batch_first=True).to(self.device)
        seen = masked(frames + self.noise * torch.randn_like(frames), self.views)
        scores = self.network(seen).float().log_softmax(dim=2)
        wanted = [torch.tensor(self.targets[row]) for row in rows.tolist()]
        said = torch.tensor([len(target) for target in wanted])
        kept = (lengths * scores.shape[1] / frames.shape[1]).ceil().long().clamp(max=scores.shape[1])
        return functional.ctc_loss(
            scores.transpose(0, 1), torch.cat(wanted).to(self.device), kept, said, BLANK, "mean", zero_infinity=True
        )

    @torch.no_grad()
    def score(self) -> float:
        """Return 1 less the errors in the units of the utterances held out, over their number."""
        return 1 - error_rate(map(decode_greedy, self.held_out_scores()), self.held_out_targets)

    @in_eval_mode
    def held_out_scores(self) -> list[NDArray[np.float32]]:
        """Return the log probabilities of each utterance held out, (frames, 1 + units)."""
        return [log_probabilities(self.network, cepstra, self.device) for cepstra in self.held_out]

    def _at_a_speed(self, cepstra: torch.Tensor) -> torch.Tensor:
        """Return cepstra (frames, numbers) a little faster or slower, drawn from torch's global generator."""
        frames = round(len(cepstra) * (1 + self.speed * (2 * float(torch.rand(())) - 1)))
        return functional.interpolate(cepstra.T[None], size=max(frames, 1), mode="linear")[0].T


def log_probabilities(network: nn.Module, cepstra: torch.Tensor, device: torch.device) -> NDArray[np.float32]:
    """Return what a network hears in an utterance, natural logarithms (frames, 1 + units)."""
    scores = network(utterance(cepstra)[None].to(device))[0].float().log_softmax(dim=1)
    heard: NDArray[np.float32] = scores.cpu().numpy()
    return heard


def train_speech(
    utterances: UtteranceSet, recipe: Recipe, folder: Path, licence: str = "", progress: TrainingProgress | None = None
) -> ModelFolder:
    """Train a network that transcribes, and write it as a model folder.

    A training that was stopped, however, goes on when it is called again with the same arguments.

    Parameters
    ----------
    utterances : UtteranceSet
    recipe : Recipe
        Options: ``units``, phones where the set has a lexicon, else letters; ``body`` of the network, see
        `sonolux.models.sound_network`; ``views``, ``speed`` and ``noise``.
    folder : Path
        Of the model; new, or holding an unfinished training.
    licence : str
        Of the weights; those of the recordings may bind it.
    progress : callable, optional
        See `sonolux.training.loop.fit.TrainingProgress`.

    Returns
    -------
    model : ModelFolder
        Its ``scores``, of utterances that nothing was learned from: ``unit-errors``, greedily read, and
        ``word-errors`` with lexicon and bigrams, whose weights were chosen on the same utterances.

    Raises
    ------
    TrainingError
        Where nothing can be learned from these utterances, or the folder holds something else.
    """
    check_free(folder)
    lexicon = lexicon_of(utterances, recipe)
    units = tuple(sorted({unit for ways in lexicon.values() for way in ways for unit in way}))
    order = np.random.default_rng(recipe.seed).permutation(len(utterances))
    count = max(2, round(recipe.held_out * len(utterances)))
    sets = utterances.subset(np.sort(order[count:])), utterances.subset(np.sort(order[:count]))
    targets = tuple([spelled(words, lexicon, units) for words in part.words] for part in sets)
    body = recipe.options.get("body", "gru")
    arguments = {"body": body, "bands": 3 * utterances.how.coefficients, "classes": 1 + len(units)} | recipe.arguments
    architecture = Architecture(name=recipe.architecture, arguments=arguments)
    network = build_network(architecture, recipe)

    from sonolux.training.loop.fit import fit, remove_unfinished
    from sonolux.training.loop.save import Trained, write_model_folder

    learner = SpeechLearner(network, sets, (targets[0], targets[1]), recipe)
    fit(learner, folder, progress)
    sentences = tuple(" ".join(words) for words in sets[0].words)
    stored = {word: tuple(ways) for word, ways in lexicon.items()}
    speech, word_errors = weighed(Speech(units=units, lexicon=stored, sentences=sentences), learner, sets[1])
    best = max(epoch.score for epoch in learner.history)
    scores = {"unit-errors": round(1 - best, 4), "word-errors": round(word_errors, 4)} | learner.duration()
    trained = Trained(learner.network, architecture, learner.history, scores, utterances.how)
    descriptor = Descriptor(space=folder.name, dim=1 + len(units))
    data = sets[0].described() | {"held_out": count}
    saved = write_model_folder(trained, descriptor, recipe, data, folder, licence, speech=speech)
    remove_unfinished(folder)
    return saved


def lexicon_of(utterances: UtteranceSet, recipe: Recipe) -> Lexicon:
    """Return how each word is pronounced: as the lexicon of the set says, or spelled, a space after each word.

    Raises
    ------
    TrainingError
        For phones where there is no lexicon, or a word that it lacks.
    """
    wanted = recipe.options.get("units", "phones" if utterances.lexicon else "letters")
    said = sorted({word for words in utterances.words for word in words})
    if wanted == "letters":
        return {word: [(*word, SPACE)] for word in sorted({*said, *utterances.lexicon})}
    if wanted != "phones":
        raise TrainingError(f"units are phones or letters, not {wanted!r}")
    missing = next((word for word in said if word not in utterances.lexicon), None)
    if missing is not None:
        raise TrainingError(f"{utterances.source}: the lexicon does not say how {missing} is pronounced")
    return utterances.lexicon


def spelled(words: Sequence[str], lexicon: Lexicon, units: Sequence[str]) -> list[int]:
    """Return the units of words, each in its first pronunciation, numbered from 1."""
    numbers = {unit: number for number, unit in enumerate(units, start=1)}
    return [numbers[unit] for word in words for unit in lexicon[word][0]]


def weighed(speech: Speech, learner: SpeechLearner, held_out: UtteranceSet) -> tuple[Speech, float]:
    """Choose the weights of language and words by utterances held out; return them, and the share of wrong words."""
    tree = build_tree(speech.lexicon, speech.units)
    bigrams = WordBigrams([sentence.split() for sentence in speech.sentences], speech.lexicon)
    scores = learner.held_out_scores()
    errors = {}
    for language in LANGUAGE:
        for word in WORD:
            weights = BeamWeights(language, word, beam=24)
            found = [decode_beam(each, tree, bigrams, weights) for each in scores]
            errors[language, word] = error_rate(found, held_out.words)
    language, word = min(errors, key=errors.__getitem__)
    return speech.model_copy(update={"language": language, "word": word}), errors[language, word]
