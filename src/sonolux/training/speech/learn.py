"""Speech recognition learned: units chosen, network trained, weights of the language model chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.outputs import Descriptor, Speech
from sonolux.decoding.bigrams import WordBigrams
from sonolux.decoding.ctc import BeamWeights, decode_beam, decode_greedy
from sonolux.decoding.lexicon import build_tree
from sonolux.metrics.edit_distance import edit_distance, error_rate
from sonolux.metrics.intervals import bootstrap_interval
from sonolux.training.data.splits import split_parts
from sonolux.training.data.utterances import UtteranceSet
from sonolux.training.loop.fit import fit
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.scoring.descriptors import score_interval
from sonolux.training.speech.learner import SpeechLearner
from sonolux.training.speech.recipe import SpeechRecipe
from sonolux.training.speech.units import choose_lexicon, spell

LANGUAGE, WORD = (0.3, 0.6, 1.0, 1.5), (-1.0, 0.0, 1.0, 2.0)
"""Weights that are tried on the utterances held out."""


def learn_speech(
    utterances: UtteranceSet, recipe: SpeechRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Train a network that transcribes, and choose its weights; see `sonolux.training.methods.LearnMethod`."""
    lexicon = choose_lexicon(utterances, recipe)
    units = tuple(sorted({unit for ways in lexicon.values() for way in ways for unit in way}))
    parts = split_parts(utterances, recipe.validation, recipe.seed)
    sets = learned, held_out = parts.learned, parts.chosen
    targets = tuple([spell(words, lexicon, units) for words in part.words] for part in sets)
    arguments = {"body": recipe.body, "bands": 3 * utterances.how.coefficients, "classes": 1 + len(units)}
    architecture = Architecture(name=recipe.architecture, arguments=arguments | recipe.arguments)
    learner = SpeechLearner(build_network(architecture, recipe), sets, (targets[0], targets[1]), recipe)
    fit(learner, folder, progress)
    sentences = tuple(" ".join(words) for words in learned.words)
    stored = {word: tuple(ways) for word, ways in lexicon.items()}
    speech = choose_weights(Speech(units=units, lexicon=stored, sentences=sentences), learner, held_out)
    targets_scored = [spell(words, lexicon, units) for words in parts.scored.words]
    scored = score_speech(speech, learner, parts.scored, targets_scored)
    return Trained(
        learner.network,
        architecture,
        utterances.how,
        Descriptor(space=folder.name, dim=1 + len(units)),
        recipe,
        learned.described() | {"chosen_by": len(held_out), "held_out": len(parts.scored)},
        scored | learner.duration(),
        speech,
        learner.history,
    )


def choose_weights(speech: Speech, learner: SpeechLearner, held_out: UtteranceSet) -> Speech:
    """Choose the weights of language and words by utterances held out."""
    scores = learner.held_out_scores()
    errors = {}
    for language in LANGUAGE:
        for word in WORD:
            found = transcribed(speech.model_copy(update={"language": language, "word": word}), scores)
            errors[language, word] = error_rate(found, held_out.words)
    language, word = min(errors, key=errors.__getitem__)
    return speech.model_copy(update={"language": language, "word": word})


def score_speech(
    speech: Speech, learner: SpeechLearner, scored: UtteranceSet, targets: Sequence[Sequence[int]]
) -> dict[str, Any]:
    """Return the errors in units and words of utterances that chose nothing, the latter with their interval."""
    learner.held_out = list(scored.cepstra)
    scores = learner.held_out_scores()
    found = transcribed(speech, scores)
    wrong = np.array([edit_distance(mine, said) for mine, said in zip(found, scored.words, strict=True)])
    there = np.array([len(words) for words in scored.words])

    def rate(rows: NDArray[np.intp]) -> float:
        return float(wrong[rows].sum() / max(there[rows].sum(), 1))

    count = len(wrong)
    interval = bootstrap_interval(rate, count, learner.recipe.seed, groups=scored.groups)
    reached = score_interval("word-errors", rate(np.arange(count)), interval, count)
    return {"unit-errors": round(error_rate(map(decode_greedy, scores), targets), 4)} | reached


def transcribed(speech: Speech, scores: Sequence[NDArray[np.float32]]) -> list[list[str]]:
    """Return the words in the scores of utterances."""
    tree = build_tree(speech.lexicon, speech.units)
    bigrams = WordBigrams([sentence.split() for sentence in speech.sentences], speech.lexicon)
    weights = BeamWeights(speech.language, speech.word, beam=24)
    return [list(decode_beam(each, tree, bigrams, weights)) for each in scores]
