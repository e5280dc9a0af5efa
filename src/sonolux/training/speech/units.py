"""Units of speech: words as phones or letters, by a lexicon."""

from __future__ import annotations

from collections.abc import Sequence

from sonolux.decoding.ctc import SPACE
from sonolux.errors import TrainingError
from sonolux.training.data.utterances import Lexicon, UtteranceSet
from sonolux.training.speech.recipe import SpeechRecipe


def choose_lexicon(utterances: UtteranceSet, recipe: SpeechRecipe) -> Lexicon:
    """Return how each word is pronounced: as the lexicon of the set says, or spelled, a space after each word.

    Raises
    ------
    TrainingError
        For phones where there is no lexicon, or a word that it lacks.
    """
    wanted = recipe.units or ("phones" if utterances.lexicon else "letters")
    said = sorted({word for words in utterances.words for word in words})
    if wanted == "letters":
        return {word: [(*word, SPACE)] for word in sorted({*said, *utterances.lexicon})}
    missing = next((word for word in said if word not in utterances.lexicon), None)
    if missing is not None:
        raise TrainingError(f"{utterances.source}: the lexicon does not say how {missing} is pronounced")
    return utterances.lexicon


def spell(words: Sequence[str], lexicon: Lexicon, units: Sequence[str]) -> list[int]:
    """Return the units of words, each in its first pronunciation, numbered from 1."""
    numbers = {unit: number for number, unit in enumerate(units, start=1)}
    return [numbers[unit] for word in words for unit in lexicon[word][0]]
