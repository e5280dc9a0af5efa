"""Recipes of the methods that learn codes, and of the projections that stand beside them."""

from __future__ import annotations

from dataclasses import dataclass

from sonolux.training.augmentation.images import ImageViews
from sonolux.training.fields import choice, names, number, part, text, whole_number
from sonolux.training.methods import LOOP, Method
from sonolux.training.recipe import LoopRecipe, Recipe

PROJECTIONS = ("pca", "whiten", "fisher", "lsh", "itq", "spectral")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRecipe(LoopRecipe):
    """What all networks share that learn codes from images.

    Attributes
    ----------
    bits : int
        Length of the code.
    image_size : int
        Images are resized to so many pixels, height and width.
    views : ImageViews
        How far random views of an image may stray.
    """

    bits: int = whole_number(256)
    image_size: int = whole_number(32)
    views: ImageViews = part(ImageViews())


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastiveRecipe(CodeRecipe):
    """Codes from views alone, see `sonolux.training.hashing.contrastive`.

    Attributes
    ----------
    pretrained : str
        Model folder or torch checkpoint whose weights the network starts from; empty for random ones.
    temperature : float
        By which cosines are divided: the lower, the more the hardest pairs count.
    """

    method: str = choice("contrastive", "contrastive")
    epochs: int = whole_number(40)
    pretrained: str = text("")
    temperature: float = number(0.2, above=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillationRecipe(CodeRecipe):
    """Codes from what other encoders say, see `sonolux.training.hashing.distillation`.

    Attributes
    ----------
    pretrained : str
        As of `ContrastiveRecipe`.
    teachers : tuple of str
        Encoders by their names.
    neighbours : int
        Images over which what they say is averaged.
    """

    method: str = choice("distilled", "distilled")
    epochs: int = whole_number(12)
    batch_size: int = whole_number(256)
    views: ImageViews = part(ImageViews(smallest=0.4, grey=0.1))
    pretrained: str = text("")
    teachers: tuple[str, ...] = names("photo", "hog", example='["photo", "hog"]')
    neighbours: int = whole_number(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisedRecipe(CodeRecipe):
    """Codes from labels, see `sonolux.training.hashing.metric_learning`.

    Attributes
    ----------
    pretrained : str
        As of `ContrastiveRecipe`.
    loss : str
        ``"proxy"`` or ``"triplet"``.
    temperature : float
        Of the proxy loss.
    margin : float
        Of the triplet loss.
    """

    method: str = choice("supervised", "supervised")
    epochs: int = whole_number(20)
    views: ImageViews = part(ImageViews(smallest=0.5, light=0.2, saturation=0.2, hue=0.02, grey=0))
    pretrained: str = text("")
    loss: str = choice("proxy", "proxy", "triplet")
    temperature: float = number(0.1, above=True)
    margin: float = number(0.2, above=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoencoderRecipe(CodeRecipe):
    """Semantic hashing, see `sonolux.training.hashing.autoencoder` and, for rows, `.autoencoder_rows`.

    Attributes
    ----------
    inputs : str
        ``"images"``, ``"words"`` or ``"numbers"``.
    layer_epochs : int
        Epochs in which each layer is trained alone, before the whole is; 0 for none.
    descriptor : str
        Encoder of images whose descriptors a code has to tell as well; empty for none.
    """

    method: str = choice("ae", "ae")
    architecture: str = text("conv-autoencoder")
    epochs: int = whole_number(20)
    batch_size: int = whole_number(128)
    views: ImageViews = part(ImageViews(smallest=0.5, hue=0.05, grey=0.1))
    inputs: str = choice("images", "images", "words", "numbers")
    layer_epochs: int = whole_number(1, least=0)
    descriptor: str = text("hog")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionRecipe(Recipe):
    """Linear projections and the hashing that stands on them, see `sonolux.training.hashing.projection`.

    Attributes
    ----------
    bits : int
        Length of the code, or of the vector; method ``"fisher"`` takes one less than there are classes instead.
    image_size : int
        Images are resized to so many pixels, height and width.
    pretrained : str
        Encoder whose descriptors are projected, by its name; empty for pixels.
    validation : float
        Share of the images that are held out.
    """

    method: str = choice("pca", *PROJECTIONS)
    bits: int = whole_number(256)
    image_size: int = whole_number(32)
    pretrained: str = text("")
    validation: float = number(0.05, 0, 1, above=True)


LEARNED = "sonolux.training.hashing"

AUTOENCODER = Method(AutoencoderRecipe, f"{LEARNED}.semantic_hashing:learn_autoencoder")
CONTRASTIVE = Method(ContrastiveRecipe, f"{LEARNED}.contrastive:learn_contrastive")
DISTILLATION = Method(DistillationRecipe, f"{LEARNED}.distillation:learn_distilled")
SUPERVISED = Method(SupervisedRecipe, f"{LEARNED}.metric_learning:learn_supervised", (*LOOP, "pytorch_metric_learning"))
PROJECTION = Method(ProjectionRecipe, f"{LEARNED}.projection:learn_projection", ())
