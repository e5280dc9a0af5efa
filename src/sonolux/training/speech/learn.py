"""Speech recognition learned: units chosen, network trained, weights of the language model chosen."""

from __future__ import annotations

from pathlib import Path

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.outputs import Descriptor, Speech
from sonolux.decoding.bigrams import WordBigrams
from sonolux.decoding.ctc import BeamWeights, decode_beam
from sonolux.decoding.lexicon import build_tree
from sonolux.metrics.edit_distance import error_rate
from sonolux.training.data.splits import split_unlabelled
from sonolux.training.data.utterances import UtteranceSet
from sonolux.training.loop.fit import fit
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.trained import Trained, TrainingProgress
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
    sets = learned, held_out = split_unlabelled(utterances, recipe.validation, recipe.seed)
    targets = tuple([spell(words, lexicon, units) for words in part.words] for part in sets)
    arguments = {"body": recipe.body, "bands": 3 * utterances.how.coefficients, "classes": 1 + len(units)}
    architecture = Architecture(name=recipe.architecture, arguments=arguments | recipe.arguments)
    learner = SpeechLearner(build_network(architecture, recipe), sets, (targets[0], targets[1]), recipe)
    fit(learner, folder, progress)
    sentences = tuple(" ".join(words) for words in learned.words)
    stored = {word: tuple(ways) for word, ways in lexicon.items()}
    speech, word_errors = choose_weights(Speech(units=units, lexicon=stored, sentences=sentences), learner, held_out)
    unit_errors = 1 - max(epoch.score for epoch in learner.history)
    return Trained(
        learner.network,
        architecture,
        utterances.how,
        Descriptor(space=folder.name, dim=1 + len(units)),
        recipe,
        learned.described() | {"held_out": len(held_out)},
        {"unit-errors": round(unit_errors, 4), "word-errors": round(word_errors, 4)} | learner.duration(),
        speech,
        learner.history,
    )


def choose_weights(speech: Speech, learner: SpeechLearner, held_out: UtteranceSet) -> tuple[Speech, float]:
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
