"""Training of speech recognition: utterances and what is said in them in, a model folder that transcribes out.

The network learns from the words alone, without being told when each is said (connectionist temporal classification,
see `sonolux.decoding.ctc`), in the phones of a lexicon or in letters.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.training.loop.run import run
from sonolux.training.speech.recipe import SpeechRecipe

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.data.utterances import UtteranceSet
    from sonolux.training.loop.trained import TrainingProgress


def train_speech(
    utterances: UtteranceSet,
    recipe: SpeechRecipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Train a network that transcribes, and write it as a model folder; see `sonolux.training.loop.run.run`.

    Parameters
    ----------
    utterances : UtteranceSet
    recipe : SpeechRecipe
    folder : Path
    licence : str
    progress : callable, optional

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
    return run(utterances, recipe, folder, licence, progress, takes=SpeechRecipe)
