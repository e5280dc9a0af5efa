"""A model folder: what training leaves behind, and all that is needed to use it.

It holds ``model.safetensors``, the weights, and ``model.json``, the fields of `ModelFolder`. Nothing in it is code:
weights are safetensors, and an architecture is a name in `sonolux.models.registry` with arguments.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from sonolux.encoders.digest import file_sha256
from sonolux.encoders.pickled import refusal_of_pickled
from sonolux.errors import EncoderError
from sonolux.models import registry
from sonolux.types import Metric

if TYPE_CHECKING:
    from torch import nn

WEIGHTS = "model.safetensors"
CARD = "model.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Architecture(_Part):
    """A network by its registered name, with the arguments of its constructor."""

    name: str
    arguments: dict[str, Any]


class Preprocessing(_Part):
    """How a picture becomes the input of the network, (channels, height, width).

    It is resized to `width` x `height` pixels, proportions not kept; values are scaled to [0, 1]; then `mean` is
    taken off and the result divided by `deviation`, one number a channel.
    """

    modality: Literal["image"] = "image"
    width: int = Field(ge=1, le=4096)
    height: int = Field(ge=1, le=4096)
    channels: Literal["grey", "rgb"] = "rgb"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)

    @model_validator(mode="after")
    def _one_number_a_channel(self) -> Self:
        depth = 1 if self.channels == "grey" else 3
        if len(self.mean) != depth or len(self.deviation) != depth:
            raise ValueError(f"mean and deviation need {depth} numbers for {self.channels}")
        if min(self.deviation) <= 0:
            raise ValueError("every deviation must be above 0")
        return self


class Words(_Part):
    """How a text becomes the input of the network: one number a word of `vocabulary`, ln(1 + how often it occurs)."""

    kind: Literal["words"] = "words"
    vocabulary: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _no_word_twice(self) -> Self:
        if len(set(self.vocabulary)) < len(self.vocabulary):
            raise ValueError("a word stands twice in the vocabulary")
        return self


class Sounds(_Part):
    """How a sound becomes the input of the network, (frames, bands) or (frames, 2 x coefficients).

    Of frames of `frame` samples at `rate` hertz, one every `hop`, the level of each of `bands` bands of pitch between
    `lowest` and `highest` hertz is taken in decibels below the loudest (`sonolux.encoders.listening`); `mean` is taken
    off and the rest divided by `deviation`. With `coefficients` it is as many cepstral coefficients and their slopes
    instead. Sounds are heard in parts of `seconds`, shorter ones filled up with silence; without, as long as they are.
    """

    kind: Literal["sounds"] = "sounds"
    rate: int = Field(ge=1_000, le=192_000)
    frame: int = Field(ge=16, le=2**16)
    hop: int = Field(ge=1, le=2**16)
    bands: int = Field(ge=1, le=1024)
    lowest: float = Field(0.0, ge=0)
    highest: float = Field(gt=0)
    mean: float = 0.0
    deviation: float = Field(1.0, gt=0)
    coefficients: int = Field(0, ge=0)
    seconds: float | None = Field(None, gt=0, le=600)

    @model_validator(mode="after")
    def _bands_are_within_the_sound(self) -> Self:
        if not self.lowest < self.highest <= self.rate / 2:
            raise ValueError(f"bands of {self.lowest} to {self.highest} Hz are not within {self.rate} samples a second")
        if self.coefficients > self.bands:
            raise ValueError(f"{self.bands} bands have no {self.coefficients} coefficients")
        return self

    @property
    def width(self) -> int:
        """How many numbers a frame has."""
        return 2 * self.coefficients or self.bands


class Cepstra(_Part):
    """How speech becomes the input of the network: cepstra with their slopes, of an utterance as a whole.

    Of windows of `window` samples at `rate` hertz, one every `hop`, the Fourier transform has the length `frame`; of
    `bands` bands of pitch between `lowest` and `highest` hertz so many `coefficients` are taken, after each sample has
    lost `emphasis` times the one before (`sonolux.encoders.representations.speech_cepstra`).
    """

    kind: Literal["cepstra"] = "cepstra"
    rate: int = Field(ge=1_000, le=192_000)
    window: int = Field(ge=16, le=2**16)
    frame: int = Field(ge=16, le=2**16)
    hop: int = Field(ge=1, le=2**16)
    bands: int = Field(ge=1, le=1024)
    lowest: float = Field(ge=0)
    highest: float = Field(gt=0)
    coefficients: int = Field(13, ge=1)
    emphasis: float = Field(0.97, ge=0, le=1)

    @model_validator(mode="after")
    def _a_window_fits(self) -> Self:
        if not self.window <= self.frame or not self.lowest < self.highest <= self.rate / 2:
            raise ValueError("the window is longer than the frame, or the bands are not within the sound")
        return self


class Numbers(_Part):
    """How a row of numbers becomes the input of the network: `mean` is taken off, the rest divided by `deviation`.

    Both have one number a column; `names` are those of the columns, where they had any.
    """

    kind: Literal["numbers"] = "numbers"
    mean: tuple[float, ...] = Field(min_length=1)
    deviation: tuple[float, ...]
    names: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_number_a_column(self) -> Self:
        if len(self.deviation) != len(self.mean) or len(self.names) not in (0, len(self.mean)):
            raise ValueError(f"deviation, and names if there are any, need {len(self.mean)} values, as mean has")
        if min(self.deviation) <= 0:
            raise ValueError("every deviation must be above 0")
        return self


class SourceDescriptors(_Part):
    """The input of the network is what other encoders write, see `sonolux.encoders.projected`.

    `source` is what `sonolux.encoders.resolve` makes them from, `digests` those that they must have, by name.
    """

    kind: Literal["descriptors"] = "descriptors"
    source: str = Field(min_length=1)
    digests: dict[str, str] = Field(min_length=1)


def _kind(given: Any) -> str:
    return str(given.get("kind", PICTURES) if isinstance(given, dict) else getattr(given, "kind", PICTURES))


PICTURES = "pictures"
"""Kind of the preprocessing that says none."""

KINDS = (PICTURES, "words", "sounds", "cepstra", "numbers", "descriptors")

AnyPreprocessing = Annotated[
    Annotated[Preprocessing, Tag(PICTURES)]
    | Annotated[Words, Tag("words")]
    | Annotated[Sounds, Tag("sounds")]
    | Annotated[Cepstra, Tag("cepstra")]
    | Annotated[Numbers, Tag("numbers")]
    | Annotated[SourceDescriptors, Tag("descriptors")],
    Discriminator(_kind),
]


class Descriptor(_Part):
    """What the output of the network is: a float vector, or a binary code, the signs of its numbers.

    With `layer`, it is taken where that part of the network ends, its height and width pooled away.
    """

    space: str = Field(min_length=1)
    dim: int = Field(ge=1)
    kind: Literal["float", "binary"] = "float"
    metric: Metric = "cosine"
    layer: str = ""
    pooling: Literal["avg", "max", "gem", "flatten"] = "avg"

    @model_validator(mode="after")
    def _codes_are_whole_bytes(self) -> Self:
        if (self.kind == "binary") != (self.metric == "hamming"):
            raise ValueError("binary codes, and they alone, are compared by the metric hamming")
        if self.kind == "binary" and self.dim % 8:
            raise ValueError(f"binary codes are whole bytes, not {self.dim} bits")
        return self


class Labels(_Part):
    """What the outputs of a classifier mean: one name each, and the temperature that makes probabilities of them."""

    names: tuple[str, ...] = Field(min_length=2)
    temperature: float = Field(1.0, gt=0)


class Events(_Part):
    """What the outputs of a network that hears events mean: one class each, and from which probability it sounds.

    Attributes
    ----------
    names : tuple of str
    thresholds : tuple of float
    smoothed : int
        Frames over which the median of a probability is taken.
    """

    names: tuple[str, ...] = Field(min_length=1)
    thresholds: tuple[float, ...]
    smoothed: int = Field(ge=1, le=999)

    @model_validator(mode="after")
    def _one_threshold_a_class(self) -> Self:
        if len(self.thresholds) != len(self.names) or not all(0 < each < 1 for each in self.thresholds):
            raise ValueError("every class needs a threshold between 0 and 1")
        return self


class Speech(_Part):
    """What the outputs of a network that transcribes mean, and what can be said.

    Attributes
    ----------
    units : tuple of str
        Letters or phones, output 1 of the network the first of them; output 0 is the blank.
    lexicon : dict
        Of each word, the ways to pronounce it, in units; empty where units are letters, and any word can be spelled.
    sentences : tuple of str
        From which the order of words is learned.
    language, word : float
        Weights, see `sonolux.models.ctc_decoding.Weights`.
    """

    units: tuple[str, ...] = Field(min_length=1)
    lexicon: dict[str, tuple[tuple[str, ...], ...]] = {}
    sentences: tuple[str, ...] = ()
    language: float = 1.0
    word: float = 0.0


class ModelFolder(_Part):
    """The content of ``model.json``; the weights stay on disk until `network` is called.

    Attributes
    ----------
    format : int
        Version of this layout.
    architecture, preprocessing, descriptor
        What goes in, through what network, and what comes out.
    labels : Labels or None
        Of a classifier.
    events : Events or None
        Of a network that hears when what sounds.
    speech : Speech or None
        Of a network that transcribes.
    recipe, data, scores : dict
        How it was trained, resolved; on what; and what it reached.
    licence : str
        Of the weights, SPDX where there is one.
    digest : str
        SHA-256 over the weights and the fields that decide what comes out.
    path : Path
        Where the folder is; not stored.
    """

    format: Literal[1] = 1
    architecture: Architecture
    preprocessing: AnyPreprocessing
    descriptor: Descriptor
    labels: Labels | None = None
    events: Events | None = None
    speech: Speech | None = None
    recipe: dict[str, Any] = {}
    data: dict[str, Any] = {}
    scores: dict[str, Any] = {}
    licence: str = ""
    digest: str = ""
    path: Path = Field(default=Path(), exclude=True)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a model folder and check it whole.

        Raises
        ------
        EncoderError
            For a missing or unreadable file, pickled weights, an unknown format or architecture, or a digest that
            does not fit.
        """
        path = Path(path).resolve()
        content = _read(path / CARD)
        if content.get("format") != 1:
            raise EncoderError(f"{path / CARD} has format {content.get('format')!r}; this Sonolux reads format 1")
        try:
            folder = cls.model_validate({**content, "path": path})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"] if part not in KINDS) or "model"
            raise EncoderError(f"{path / CARD}: {where}: {first['msg']}") from error
        folder._check()
        return folder

    def save(self, path: Path | str, network: nn.Module) -> Self:
        """Write the weights of a network and this record into a folder; return the record with digest and path.

        Each file appears whole or not at all, the record last.
        """
        from safetensors.torch import save_file

        path = Path(path).resolve()
        path.mkdir(parents=True, exist_ok=True)
        tensors = {name: tensor.contiguous().cpu() for name, tensor in network.state_dict().items()}
        unfinished = path / f"{WEIGHTS}.part"
        save_file(tensors, unfinished)
        unfinished.replace(path / WEIGHTS)
        saved = self.model_copy(update={"path": path})
        saved = saved.model_copy(update={"digest": saved._digest()})
        record = path / f"{CARD}.part"
        record.write_text(saved.model_dump_json(indent=2) + "\n", encoding="utf-8")
        record.replace(path / CARD)
        return saved

    @property
    def pictures(self) -> Preprocessing:
        """How pictures become inputs; EncoderError where the network takes something else."""
        if not isinstance(self.preprocessing, Preprocessing):
            raise EncoderError(f"{self.path}: this model takes {_kind(self.preprocessing)}, not pictures")
        return self.preprocessing

    def network(self) -> nn.Module:
        """Build the network and load its weights, on the CPU, ready for use.

        Raises
        ------
        EncoderError
            Where the arguments or the weights do not fit the architecture.
        """
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        name = self.architecture.name
        try:
            # Built without memory first: the sizes in a record from outside may be absurd.
            with torch.device("meta"):
                network = registry.build(name, self.architecture.arguments)
            network.load_state_dict(load_file(self.path / WEIGHTS), assign=True)
        except (TypeError, ValueError, RuntimeError, OSError, SafetensorError) as error:
            reason = " ".join(str(error).split())
            raise EncoderError(f"{self.path}: the model does not fit architecture {name}: {reason}") from error
        return network.eval()

    def _check(self) -> None:
        if self.architecture.name not in registry.available():
            raise EncoderError(
                f"{self.path / CARD}: no architecture {self.architecture.name!r}; "
                f"there are {', '.join(registry.available())}"
            )
        if not (self.path / WEIGHTS).is_file():
            refusal = refusal_of_pickled(self.path.iterdir(), WEIGHTS)
            raise EncoderError(f"{self.path}: {refusal or f'no {WEIGHTS}'}")
        if self._digest() != self.digest:
            raise EncoderError(f"{self.path}: the digest does not fit: the weights or the record were changed")

    def _digest(self) -> str:
        decisive = {"format", "architecture", "preprocessing", "descriptor", "labels"}
        # Models from before there were events and speech keep their digests.
        decisive |= {name for name in ("events", "speech") if getattr(self, name) is not None}
        record = self.model_dump(include=decisive, mode="json")
        content = json.dumps(record, sort_keys=True) + file_sha256(self.path / WEIGHTS)
        return hashlib.sha256(content.encode()).hexdigest()


def _read(card: Path) -> dict[str, Any]:
    try:
        content = json.loads(card.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EncoderError(f"{card.parent} is no model folder: it has no {CARD}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise EncoderError(f"{card} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise EncoderError(f"{card} is not a JSON object")
    return content
