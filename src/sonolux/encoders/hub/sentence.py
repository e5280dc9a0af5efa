"""Sentence models: text by what it means (N. Reimers and I. Gurevych, "Sentence-BERT", EMNLP 2019).

Those that take images or sound as well are `sonolux.encoders.hub.multimodal`.

Such a folder lists the steps of its network in ``modules.json``; only steps of the sentence-transformers package
itself are allowed, because any other name would import code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.device import chosen_device, precision
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.base import Encoder
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.encoders.hub.encoder import HubEncoder
from sonolux.encoders.hub.multimodal import SUPPORTED, modalities_of, multimodal_encoders
from sonolux.encoders.hub.network import load
from sonolux.encoders.text import encodable
from sonolux.errors import EncoderError
from sonolux.types import Modality

PACKAGE = "sentence_transformers."


class SentenceText(HubEncoder):
    """Text through a sentence-transformers model, with its own prompts for questions and for documents."""

    def __init__(self, checkpoint: Checkpoint, dim: int) -> None:
        super().__init__(checkpoint, Modality.TEXT, dim)
        self._model = LoadedOnce(self._loaded)

    def encode_batch(self, batch: Sequence[str]) -> NDArray[np.float32]:
        """Encode documents into rows (n, dim)."""
        return self._rows(self._model().encode_document, batch)

    def encode_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Encode questions into rows (n, dim) of length 1."""
        starts = range(0, len(queries), self.batch_size)
        batches = [queries[start : start + self.batch_size] for start in starts]
        rows = [self._rows(self._model().encode_query, batch) for batch in batches]
        checked: NDArray[np.float32] = self._checked(list(rows), len(queries))
        return checked

    def _rows(self, encode: Callable[..., Any], texts: Sequence[str]) -> NDArray[np.float32]:
        rows: NDArray[np.float32] = encode(
            [encodable(text) for text in texts],
            batch_size=len(texts),
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return rows.astype(np.float32, copy=False)

    def _loaded(self) -> Any:
        return load_model(self.checkpoint)


def load_model(checkpoint: Checkpoint, *, whole: bool = False) -> Any:
    """Load a sentence-transformers model onto the chosen device.

    Parameters
    ----------
    checkpoint : Checkpoint
    whole : bool
        Whether in single precision even where the device is made for half.

    Raises
    ------
    ModelError
        Where it cannot be loaded.
    """
    import torch
    from sentence_transformers import SentenceTransformer

    device = chosen_device()
    return load(
        SentenceTransformer,
        checkpoint,
        device=str(device),
        model_kwargs={"use_safetensors": True, "dtype": torch.float32 if whole else precision(device)},
    )


def encoders(checkpoint: Checkpoint) -> list[Encoder]:
    """Return the encoders of a sentence-transformers folder: of text, and of whatever else its network takes.

    Raises
    ------
    EncoderError
        Where a step is not of the package, its weights are not safetensors, or no step tells the dimension.
    """
    steps = _steps(checkpoint)
    dim = _dim_along(steps, 0, checkpoint)
    if dim <= 0:
        raise EncoderError(f"model {checkpoint.name}: modules.json does not tell the length of its vectors")
    modalities = _modalities_after(*steps[0], checkpoint)
    if modalities == [Modality.TEXT]:
        return [SentenceText(checkpoint, dim)]
    if not modalities:
        raise EncoderError(f"model {checkpoint.name} takes neither text, images nor sound alone")
    # What CLAP's extractor makes of a sound is in single precision, and its normalisation takes no other.
    hears = Modality.AUDIO in modalities
    model = LoadedOnce(lambda: load_model(checkpoint, whole=hears))
    return multimodal_encoders(checkpoint, modalities, dim, model)


def _steps(checkpoint: Checkpoint) -> list[tuple[str, str]]:
    """Return the kind and folder of each step."""
    try:
        steps = [(str(step["type"]), str(step["path"])) for step in checkpoint.read("modules.json")]
    except (KeyError, TypeError) as error:
        raise EncoderError(f"model {checkpoint.name}: modules.json is not a list of steps") from error
    if not steps:
        raise EncoderError(f"model {checkpoint.name}: modules.json lists no steps")
    return [_safe(kind, folder, checkpoint) for kind, folder in steps]


def _routes(folder: str, checkpoint: Checkpoint) -> list[list[tuple[str, str]]]:
    """Return the steps of each way that an input can take through a step that sends inputs different ways."""
    prefix = f"{folder}/" if folder else ""
    file = f"{prefix}router_config.json"
    record = checkpoint.read(file)
    try:
        kinds = {str(name): str(kind) for name, kind in record["types"].items()}
        ways = [[(kinds[name], f"{prefix}{name}") for name in way] for way in record["structure"].values()]
    except (AttributeError, KeyError, TypeError) as error:
        raise EncoderError(f"model {checkpoint.name}: {file} is not as expected") from error
    for name, kind in kinds.items():  # those that no way leads to are loaded as well
        if _safe(kind, f"{prefix}{name}", checkpoint)[0] == "Router":
            raise EncoderError(f"model {checkpoint.name}: {file} leads to another such step")
    if not ways or not all(ways):
        raise EncoderError(f"model {checkpoint.name}: {file} leads nowhere")
    return [[_safe(kind, inner, checkpoint) for kind, inner in way] for way in ways]


def _safe(kind: str, folder: str, checkpoint: Checkpoint) -> tuple[str, str]:
    """Return the class and folder of a step, once it is sure that neither is one of a stranger."""
    if not kind.startswith(PACKAGE):
        raise EncoderError(f"model {checkpoint.name} wants to run code of its own ({kind}), which is never done")
    if not (checkpoint.folder / folder).resolve().is_relative_to(checkpoint.folder.resolve()):
        raise EncoderError(f"model {checkpoint.name}: step {folder} lies outside its folder")
    return kind.rsplit(".", 1)[-1], folder


def _modalities_after(kind: str, folder: str, checkpoint: Checkpoint) -> list[Modality]:
    """Return what a first step takes, in the order of `SUPPORTED`."""
    if kind != "Router":
        return modalities_of(checkpoint, folder, kind)
    taken = {modality for way in _routes(folder, checkpoint) for modality in _modalities_after(*way[0], checkpoint)}
    return [modality for modality in SUPPORTED if modality in taken]


def _dim_along(steps: Sequence[tuple[str, str]], dim: int, checkpoint: Checkpoint) -> int:
    """Return the length of the vectors after several steps, given that before them."""
    for kind, folder in steps:
        dim = _dim_after(kind, folder, dim, checkpoint)
    return dim


def _dim_after(kind: str, folder: str, dim: int, checkpoint: Checkpoint) -> int:
    """Return the length of the vectors after a step, given that before it."""
    prefix = f"{folder}/" if folder else ""
    match kind:
        case "Transformer" | "CLIPModel":
            checkpoint.require_safetensors(folder)
            if Modality.TEXT in modalities_of(checkpoint, folder, kind):
                checkpoint.require_tokenizer(folder)
            return _width(checkpoint.read(f"{prefix}config.json"))
        case "Pooling":
            config = checkpoint.read(f"{prefix}config.json")
            return _pooled(config, dim)
        case "Dense":
            checkpoint.require_safetensors(folder)
            return int(checkpoint.read(f"{prefix}config.json").get("out_features", 0))
        case "StaticEmbedding":
            checkpoint.require_safetensors(folder)
            checkpoint.require_tokenizer(folder)
            return _columns(checkpoint, f"{prefix}model.safetensors")
        case "Router":
            dims = {_dim_along(way, dim, checkpoint) for way in _routes(folder, checkpoint)}
            if len(dims) > 1:
                raise EncoderError(f"model {checkpoint.name}: its routes give vectors of different lengths")
            return dims.pop()
        case "LayerNorm" | "Normalize" | "Dropout":
            if kind == "LayerNorm":
                checkpoint.require_safetensors(folder)
            return dim
        case _:
            raise EncoderError(f"model {checkpoint.name} has a step {kind}, which is not supported")


def _width(config: dict[str, Any]) -> int:
    """Return the length of what a network gives: where it projects, that of its projection."""
    text = config.get("text_config", {})
    told = [config.get("projection_dim"), config.get("hidden_size"), config.get("dim"), text.get("hidden_size")]
    return int(next((width for width in told if width is not None), 0))


def _pooled(config: dict[str, Any], dim: int) -> int:
    """Return the length after pooling: once for each way of pooling, side by side."""
    width = int(config.get("embedding_dimension", config.get("word_embedding_dimension", dim)))
    named = config.get("pooling_mode")
    if named is not None:
        return width * (1 if isinstance(named, str) else len(named))
    return width * max(1, sum(config[key] is True for key in config if key.startswith("pooling_mode_")))


def _columns(checkpoint: Checkpoint, file: str) -> int:
    """Return the width of the single matrix of a static embedding, from the header of its weights."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(checkpoint.folder / file, "numpy") as weights:
            names = list(weights.keys())
            width = weights.get_slice(names[0]).get_shape()[-1] if names else 0
    except (OSError, SafetensorError) as error:
        raise EncoderError(f"model {checkpoint.name}: {file} cannot be read: {error}") from error
    return int(width)
