"""Speech recognition by Whisper tiny.en, which a package brings: free English speech, with no training and no hub.

A. Radford et al., "Robust speech recognition via large-scale weak supervision", ICML 2023. Whisper says something of
everything: of music, of noise, of languages that it was never shown. So it is given what a detector of speech takes for
speech, and of what it says is kept what it is sure of. It is asked for words without times: those it is surer of, and
what is no English differs more from what is; a phrase has the times of its speech.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.speech_reader import SpeechReader
from sonolux.annotators.voice_activity import ENDS, LABEL, VoiceActivity, stretches
from sonolux.checkpoints.digest import digest_of
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.packaged.packages import SPEECH, WHISPER
from sonolux.encoders.packaged.speech_activity import CHUNK, RATE, activity_version, speech_probabilities
from sonolux.errors import EncoderError
from sonolux.extras import extras_named
from sonolux.types import Annotation, Span

PAUSE = 0.8
"""Seconds of silence within a phrase, at most: more context makes fewer errors."""

VOICED = 0.72
"""Mean probability of speech in the spoken chunks of a phrase, at least: saxophones and most singing stay below."""

SUREST = -0.6
"""Mean logarithm of the probabilities of a phrase's tokens, at least: German stays below."""

SILENT = 0.6
"""Probability that nobody speaks, from which nobody does; Whisper's own threshold."""

REPEATED = 2.4
"""Compression from which words are a loop, as Whisper's authors have it: text repeats itself less."""

BEAM = 5
"""Hypotheses that are followed, as Whisper's authors do."""

AROUND = 0.2
"""Seconds before and after a phrase that are heard with it."""

VERSION = 1
"""Of what is done around the weights; changes the digest."""


class PackagedVoice(VoiceActivity):
    """Phrases that are surely spoken, by the network that faster-whisper brings."""

    def __init__(self) -> None:
        self.name = "voice"
        self.spec = "voice"
        self.licence = "MIT"

    @property
    def digest(self) -> str:  # type: ignore[override]
        """Changes with the package's version, and with what counts as a phrase."""
        return digest_of("voice", activity_version(), PAUSE, VOICED)

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of speech in each chunk of 512 samples."""
        return speech_probabilities(samples)

    def _spoken(self, samples: NDArray[np.float32]) -> list[Annotation]:
        chances = self.probabilities(samples)
        seconds = len(samples) / RATE
        found = []
        for start, end in stretches(chances, PAUSE):
            spoken = chances[start:end]
            surely = float(spoken[spoken >= ENDS].mean())
            if surely >= VOICED:
                span = Span(max(start * CHUNK / RATE - AROUND, 0.0), min(end * CHUNK / RATE + AROUND, seconds))
                found.append(Annotation(self.name, LABEL, surely, span))
        return found


class PackagedSpeech(SpeechReader):
    """The words of English phrases; nothing where there is no speech, or none that is understood."""

    sample_rate = RATE

    voice: VoiceActivity

    def __init__(self) -> None:
        self.name = "speech"
        self.spec = "speech"
        self.licence = SPEECH.licence
        self.voice = PackagedVoice()
        self._model = LoadedOnce(self._loaded)

    @property
    def digest(self) -> str:  # type: ignore[override]
        """Of the pinned files, of what is around them, and of what tells where somebody speaks; none is read."""
        around = (SUREST, SILENT, REPEATED, BEAM, VERSION)
        return digest_of(SPEECH.digest, self.voice.digest, around)

    def read(self, samples: NDArray[np.float32]) -> tuple[str, float]:
        """Return what is said in a phrase of at most 30 s, and the geometric mean of the probabilities of its tokens.

        Nothing where that is too small, where nobody seems to speak, or where the words go round in circles.
        """
        heard, _ = self._model().transcribe(
            samples,
            language="en",
            beam_size=BEAM,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
            no_speech_threshold=None,
            log_prob_threshold=None,
            compression_ratio_threshold=None,
        )
        understood = [part for part in heard if _understood(part)]
        if not understood:
            return "", 0.0
        text = " ".join(part.text.strip() for part in understood)
        return text, float(np.exp(np.mean([part.avg_logprob for part in understood])))

    def _loaded(self) -> Any:
        with extras_named(SPEECH.gives, EncoderError):
            from faster_whisper import WhisperModel
        folder = SPEECH.folder(f"{WHISPER}config.json")
        return WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)


def _understood(part: Any) -> bool:
    """Tell whether a stretch that Whisper wrote down is English speech, going by how sure it is."""
    return bool(part.avg_logprob >= SUREST and part.no_speech_prob < SILENT and part.compression_ratio < REPEATED)
