"""Preprocessing records of a model folder: how images, texts, sounds, speech or numbers become inputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from sonolux.checkpoints.part import ModelPart

if TYPE_CHECKING:
    from sonolux.features.speech_cepstra import CepstralAnalysis


class Preprocessing(ModelPart):
    """How an image becomes the input of the network, (channels, height, width).

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


class Words(ModelPart):
    """How a text becomes the input of the network: one number a word of `vocabulary`, ln(1 + how often it occurs).

    With `numbers`, runs of digits are words too.
    """

    kind: Literal["words"] = "words"
    vocabulary: tuple[str, ...] = Field(min_length=1)
    numbers: bool = False

    @model_validator(mode="after")
    def _no_word_twice(self) -> Self:
        if len(set(self.vocabulary)) < len(self.vocabulary):
            raise ValueError("a word stands twice in the vocabulary")
        return self


class Sounds(ModelPart):
    """How a sound becomes the input of the network, (frames, bands) or (frames, 2 x coefficients).

    Of frames of `frame` samples at `rate` hertz, one every `hop`, the level of each of `bands` bands of pitch between
    `lowest` and `highest` hertz is taken in decibels below the loudest (`sonolux.checkpoints.audio_input`); `mean` is
    taken off and the rest divided by `deviation`. With `coefficients` it is as many cepstral coefficients and their
    slopes instead. Sounds are heard in parts of `seconds`, shorter ones filled up with silence; without, as long as
    they are.
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


class Contrast(ModelPart):
    """How sound becomes the input of a network that takes fingerprints, (frames, bands).

    Of `frames` frames of the contrast of a spectrum (`sonolux.fingerprints.constellation`) every `pooled` bands
    become one, the largest of them, divided by `deviation`.
    """

    kind: Literal["contrast"] = "contrast"
    frames: int = Field(ge=1, le=1024)
    pooled: int = Field(ge=1, le=64)
    deviation: float = Field(1.0, gt=0)


class Cepstra(ModelPart):
    """How speech becomes the input of the network: cepstra with their slopes, of an utterance as a whole.

    Of windows of `window` samples at `rate` hertz, one every `hop`, the Fourier transform has the length `frame`; of
    `bands` bands of pitch between `lowest` and `highest` hertz so many `coefficients` are taken, after each sample has
    lost `emphasis` times the one before (`sonolux.features.speech_cepstra`).
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

    @property
    def analysis(self) -> CepstralAnalysis:
        """The same, as the function that computes them takes it."""
        from sonolux.features.speech_cepstra import CepstralAnalysis

        return CepstralAnalysis(**self.model_dump(exclude={"kind"}))


class Numbers(ModelPart):
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


class SourceDescriptors(ModelPart):
    """The input of the network is what other encoders write, see `sonolux.encoders.trained.projected`.

    `source` is what `sonolux.encoders.resolve` makes them from, `digests` those that they must have, by name.
    """

    kind: Literal["descriptors"] = "descriptors"
    source: str = Field(min_length=1)
    digests: dict[str, str] = Field(min_length=1)


class PhotosAndSentences(ModelPart):
    """The network takes what is known of photos, and of sentences, see `sonolux.encoders.trained.captions`.

    `digests` are those that the encoders of both must have, by name; `concepts` is how much the cosine of what is known
    without captions counts beside the cosine of what comes out of the network.
    """

    kind: Literal["photos-and-sentences"] = "photos-and-sentences"
    digests: dict[str, str] = Field(min_length=1)
    concepts: float = Field(ge=0, le=100)


OWN = "./"
"""What the place of a tower begins with that lies in the model folder itself."""


class Towers(ModelPart):
    """The network takes what other encoders write, a modality each, see `sonolux.encoders.trained.aligned`.

    Attributes
    ----------
    towers : dict
        By modality, what `sonolux.encoders.resolve` makes its encoders from; their descriptors stand side by side. What
        begins with ``./`` lies in the model folder.
    digests : dict
        Those that the encoders must have, by name.
    known : str
        Encoders of a space that several modalities have shared before; empty for none.
    weight : float
        How much the cosine in that space counts beside the cosine of what comes out of the network.
    """

    kind: Literal["towers"] = "towers"
    towers: dict[Literal["image", "audio", "text"], tuple[str, ...]] = Field(min_length=1)
    digests: dict[str, str] = Field(min_length=1)
    known: str = ""
    weight: float = Field(0.0, ge=0, le=100)

    def seen_from(self, folder: Path) -> dict[str, tuple[str, ...]]:
        """Return the towers of a model that lies in a folder, as `sonolux.encoders.resolve` takes them."""
        return {
            modality: tuple(str(folder / spec[len(OWN) :]) if spec.startswith(OWN) else spec for spec in specs)
            for modality, specs in self.towers.items()
        }


IMAGES = "pictures"
"""Kind of the preprocessing that says none."""


def kind_of(given: Any) -> str:
    """Return which of `KINDS` a preprocessing is, as an object or as it stands in a record."""
    return str(given.get("kind", IMAGES) if isinstance(given, dict) else getattr(given, "kind", IMAGES))


ContentInput = Annotated[
    Annotated[Preprocessing, Tag(IMAGES)]
    | Annotated[Words, Tag("words")]
    | Annotated[Sounds, Tag("sounds")]
    | Annotated[SourceDescriptors, Tag("descriptors")],
    Discriminator(kind_of),
]
"""How one content of an item becomes the input of a network."""


class FusedContents(ModelPart):
    """The network takes several contents of an item, whatever is there, see `sonolux.encoders.trained.tastes`.

    Attributes
    ----------
    contents : dict
        By modality, how what there is of it becomes the input of its part of the network.
    """

    kind: Literal["contents"] = "contents"
    contents: dict[Literal["image", "audio", "text"], ContentInput] = Field(min_length=1)


KINDS = (
    *(IMAGES, "words", "sounds", "contrast", "cepstra", "numbers", "descriptors", "photos-and-sentences", "towers"),
    "contents",
)


AnyPreprocessing = Annotated[
    Annotated[Preprocessing, Tag(IMAGES)]
    | Annotated[Words, Tag("words")]
    | Annotated[Sounds, Tag("sounds")]
    | Annotated[Contrast, Tag("contrast")]
    | Annotated[Cepstra, Tag("cepstra")]
    | Annotated[Numbers, Tag("numbers")]
    | Annotated[SourceDescriptors, Tag("descriptors")]
    | Annotated[PhotosAndSentences, Tag("photos-and-sentences")]
    | Annotated[Towers, Tag("towers")]
    | Annotated[FusedContents, Tag("contents")],
    Discriminator(kind_of),
]
