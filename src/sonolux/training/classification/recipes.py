"""Recipes of the classifiers of images and sounds, and of bags of audio words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sonolux.training.augmentation.images import ImageViews
from sonolux.training.augmentation.spectrograms import SpectrogramViews
from sonolux.training.fields import check_fields, choice, flag, names, number, part, text, whole_number
from sonolux.training.methods import Method
from sonolux.training.recipe import LoopRecipe, Recipe


@dataclass(frozen=True, slots=True)
class Listening:
    """What of `sonolux.checkpoints.inputs.Sounds` may be chosen; None for what fits the rate.

    Attributes
    ----------
    frame, hop : int or None
        Samples of a frame, and from one to the next.
    bands : int or None
    lowest, highest : float or None
        Hertz.
    """

    frame: int | None = whole_number(None, least=16)
    hop: int | None = whole_number(None)
    bands: int | None = whole_number(None)
    lowest: float | None = number(None)
    highest: float | None = number(None, above=True)

    def __post_init__(self) -> None:
        check_fields(self)

    def chosen(self) -> dict[str, Any]:
        """Return what is chosen, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsRecipe(LoopRecipe):
    """A classifier of images, see `sonolux.training.classification.images`.

    Attributes
    ----------
    image_size : int
        Images are resized to so many pixels, height and width.
    pretrained : str
        Model folder or torch checkpoint whose weights all but the head start from; empty for random ones.
    frozen : bool
        Whether nothing but the head learns.
    thawed : str
        Layer of the network from which on it learns, as ``"blocks.11"``; all before it stays. Empty for all of it.
    probe : bool
        Whether the head starts as logistic regression on what `pretrained` sees, and batch normalisation keeps its
        means and deviations; see `sonolux.training.classification.probe`.
    refit : bool
        Whether, once the images held out have told scores and temperature, all is learned again from these as well.
    balanced : bool or None
        Whether images count by the size of their class; None for where classes are very unequal.
    views : ImageViews
        How far random views of an image may stray.
    """

    method: str = choice("labels", "labels")
    batch_size: int = whole_number(128)
    validation: float = number(0.1, 0, 1, above=True)
    image_size: int = whole_number(32)
    pretrained: str = text("")
    frozen: bool = flag(False)
    thawed: str = text("")
    probe: bool = flag(False)
    refit: bool = flag(False)
    balanced: bool | None = flag(None)
    views: ImageViews = part(ImageViews(smallest=0.6, light=0.2, saturation=0.2, hue=0.02, grey=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundsRecipe(LoopRecipe):
    """A classifier of sounds, see `sonolux.training.classification.sounds`.

    Attributes
    ----------
    balanced : bool or None
        Whether every class is drawn as often as any other; None for where classes are very unequal.
    views : SpectrogramViews
        How far random views of a sound may stray.
    mixup : float
        Parameter of the beta distribution from which shares of mixtures are drawn; 0 for no mixtures.
    seconds : float or None
        That are heard at once; None for as many as most of the sounds have.
    listening : Listening
        How sounds become spectrograms.
    """

    method: str = choice("sounds", "sounds")
    architecture: str = text("sound-crnn")
    epochs: int = whole_number(40)
    batch_size: int = whole_number(32)
    learning_rate: float = number(3e-3, above=True)
    weight_decay: float = number(1e-2)
    validation: float = number(0.1, 0, 1, above=True)
    balanced: bool | None = flag(None)
    views: SpectrogramViews = part(SpectrogramViews())
    mixup: float = number(0.2)
    seconds: float | None = number(None, above=True)
    listening: Listening = part(Listening())


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturesRecipe(Recipe):
    """A classifier on descriptors that are there already, see `sonolux.training.classification.features`.

    Attributes
    ----------
    sources : tuple of str
        Encoders whose descriptors are tried, by name.
    balanced : bool or None
        Whether every class counts the same; None for where classes are very unequal.
    folds, repeats : int
        Of the cross-validation.
    validation : float
        Share of many items that chooses, and as many that score.
    """

    method: str = choice("features", "features")
    sources: tuple[str, ...] = names("photo@pool", example='["photo@pool", "hog"]')
    balanced: bool | None = flag(None)
    folds: int = whole_number(5, least=2)
    repeats: int = whole_number(2)
    validation: float = number(0.1, 0, 1, above=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class BagOfAudioWordsRecipe(Recipe):
    """A bag of audio words, see `sonolux.training.classification.bag_of_audio_words`.

    Attributes
    ----------
    words : int
        Codewords.
    listening : Listening
        How sounds become cepstra.
    """

    method: str = choice("bag-of-words", "bag-of-words")
    words: int = whole_number(256)
    listening: Listening = part(Listening())


HERE = "sonolux.training.classification"

LABELS = Method(LabelsRecipe, f"{HERE}.network:learn_labels")
SOUNDS = Method(SoundsRecipe, f"{HERE}.sound_learner:learn_sounds")
FEATURES = Method(FeaturesRecipe, f"{HERE}.features:learn_features", ("matplotlib",))
BAG_OF_AUDIO_WORDS = Method(BagOfAudioWordsRecipe, f"{HERE}.bag_of_audio_words:learn_words", ())
