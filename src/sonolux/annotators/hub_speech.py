"""Speech recognition by Whisper and wav2vec 2.0: large models of the hub that write down free speech.

A. Radford et al., "Robust speech recognition via large-scale weak supervision", ICML 2023; A. Baevski, H. Zhou, A.
Mohamed and M. Auli, "wav2vec 2.0: a framework for self-supervised learning of speech representations", NeurIPS 2020.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.speech_reader import SpeechReader
from sonolux.checkpoints.device import chosen_device, precision
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.encoders.hub.network import load
from sonolux.encoders.hub.state import snapshot
from sonolux.errors import EncoderError

FAMILIES = {"whisper": "AutoModelForSpeechSeq2Seq", "wav2vec2": "AutoModelForCTC", "hubert": "AutoModelForCTC"}
"""By ``model_type`` of ``config.json``: what of transformers runs it."""

RATE = 16_000
"""Hertz at which all of them hear."""


def reader_called(spec: str) -> HubReader:
    """Return the model of a folder in the hub's format, or ``org/name`` on the hub, downloaded where it is not cached.

    Raises
    ------
    EncoderError
        Where it is of no family that writes down speech, or its files are missing, broken or not safe.
    """
    folder = Path(spec).expanduser()
    local = (folder / "config.json").is_file()
    checkpoint = (
        Checkpoint(folder.resolve(), folder.resolve().name, str(folder.resolve()))
        if local
        else Checkpoint(snapshot(spec), spec, spec)
    )
    return HubReader(checkpoint)


class HubReader(SpeechReader):
    """The words of phrases, by a checkpoint of the hub.

    Parameters
    ----------
    checkpoint : Checkpoint
    """

    sample_rate = RATE

    def __init__(self, checkpoint: Checkpoint) -> None:
        family = str(checkpoint.config.get("model_type"))
        if family not in FAMILIES:
            raise EncoderError(
                f"model {checkpoint.name} is of type {family!r}; {', '.join(FAMILIES)} write down what is said"
            )
        checkpoint.require_safetensors()
        self.checkpoint = checkpoint
        self.family = family
        self.name = checkpoint.name
        self.spec = checkpoint.spec
        self.digest = checkpoint.digest
        self.licence = checkpoint.licence
        self._parts = LoadedOnce(self._loaded)

    def read(self, samples: NDArray[np.float32]) -> tuple[str, float]:
        """Return what is said in a phrase, and the geometric mean of the probabilities of its tokens or frames."""
        import torch

        model, processor = self._parts()
        inputs = processor(samples, sampling_rate=RATE, return_tensors="pt")
        values = next(inputs[name] for name in ("input_features", "input_values") if name in inputs)
        placed = values.to(model.device, model.dtype)
        with torch.inference_mode():
            if self.family == "whisper":
                tokens, surely = _generated(model, placed)
            else:
                chances = model(placed).logits[0].float().log_softmax(dim=1)
                tokens, surely = chances.argmax(dim=1), float(chances.amax(dim=1).mean().exp())
        special = {"skip_special_tokens": True} if self.family == "whisper" else {}
        return processor.decode(tokens, **special).strip(), surely

    def _loaded(self) -> tuple[Any, Any]:
        import transformers

        device = chosen_device()
        kind = getattr(transformers, FAMILIES[self.family])
        model, report = load(
            kind.from_pretrained,
            self.checkpoint,
            dtype=precision(device),
            use_safetensors=True,
            output_loading_info=True,
        )
        if report["missing_keys"]:
            raise EncoderError(f"model {self.name}: the weights lack {sorted(report['missing_keys'])[0]}")
        processor = load(transformers.AutoProcessor.from_pretrained, self.checkpoint)
        return model.to(device).eval(), processor


def _generated(model: Any, features: Any) -> tuple[Any, float]:
    """Return the tokens of Whisper, greedily, and the geometric mean of their probabilities."""
    said = model.generate(features, return_dict_in_generate=True, output_scores=True, num_beams=1, do_sample=False)
    scores = model.compute_transition_scores(said.sequences, said.scores, normalize_logits=True)[0].float()
    finite = scores[scores.isfinite()]
    return said.sequences[0], float(finite.mean().exp()) if len(finite) else 0.0
