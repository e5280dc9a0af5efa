"""Speech recognition by a network that Sonolux trained: phrases with their times."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.annotators.speech_reader import SpeechReader
from sonolux.checkpoints.device import move_to_device
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Cepstra
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.checkpoints.outputs import Speech
from sonolux.decoding.bigrams import WordBigrams
from sonolux.decoding.ctc import SPACE, BeamWeights, decode_beam, decode_greedy, split_words
from sonolux.decoding.lexicon import build_tree
from sonolux.errors import EncoderError
from sonolux.features.speech_cepstra import speech_cepstra, utterance

if TYPE_CHECKING:
    from sonolux.decoding.lexicon import LexiconNode


class Transcriber(SpeechReader):
    """The words of phrases, by the network of a model folder, with its lexicon and the bigrams of its sentences.

    Parameters
    ----------
    path : path
        Of the model folder.
    greedily : bool
        Whether units are written down as they are heard, without lexicon and bigrams; letters only.

    Raises
    ------
    EncoderError
        Where the folder does not pass the checks of `ModelFolder.load`, or its network does not transcribe.
    """

    def __init__(self, path: Path | str, *, greedily: bool = False) -> None:
        self.folder = ModelFolder.load(path)
        how, speech = self.folder.preprocessing, self.folder.outputs
        if not isinstance(how, Cepstra) or not isinstance(speech, Speech):
            raise EncoderError(f"{self.folder.path} does not transcribe: train a model with `sonolux train speech`")
        if greedily and SPACE not in speech.units:
            raise EncoderError(f"{self.folder.path} hears phones, which only its lexicon makes words of")
        self.how, self.speech, self.greedily = how, speech, greedily
        self.name = self.folder.path.name
        self.spec = str(self.folder.path)
        self.digest = self.folder.digest
        self.licence = self.folder.licence
        self.sample_rate = how.rate
        self._network = LoadedOnce(lambda: move_to_device(self.folder.network()))

    def read(self, samples: NDArray[np.float32]) -> tuple[str, float]:
        """Return what is said in a phrase, in lower case, and how probable it is.

        The probability is the geometric mean of those of its frames, by its likeliest path.
        """
        heard = self.heard(speech_cepstra(torch.from_numpy(samples), self.how.analysis))
        return " ".join(self.words(heard)).lower(), float(np.exp(heard.max(axis=1).mean()))

    def words(self, log_probabilities: NDArray[np.float32]) -> tuple[str, ...]:
        """Return the words in what the network has heard, natural logarithms (frames, 1 + units)."""
        if self.greedily:
            return split_words([self.speech.units[number - 1] for number in decode_greedy(log_probabilities)])
        return decode_beam(log_probabilities, self.tree, self.bigrams, self.weights)

    def heard(self, cepstra: torch.Tensor) -> NDArray[np.float32]:
        """Return what the network hears in cepstra (frames, coefficients) of one utterance."""
        network, device = self._network()
        with torch.inference_mode():
            scores = network(utterance(cepstra)[None].to(device))[0].float().log_softmax(dim=1)
        heard: NDArray[np.float32] = scores.cpu().numpy()
        return heard

    @property
    def weights(self) -> BeamWeights:
        """What counts beside what is heard."""
        return BeamWeights(self.speech.language, self.speech.word)

    @cached_property
    def tree(self) -> LexiconNode:
        """The words that can be said, by their units."""
        return build_tree(self.speech.lexicon, self.speech.units)

    @cached_property
    def bigrams(self) -> WordBigrams:
        """How likely a word is after another."""
        return WordBigrams([sentence.split() for sentence in self.speech.sentences], self.speech.lexicon)
