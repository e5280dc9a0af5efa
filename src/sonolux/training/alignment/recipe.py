"""Recipes of learning from captions, and from pairs of any modalities, see `sonolux.training.alignment.train`."""

from __future__ import annotations

from dataclasses import dataclass

from sonolux.training.fields import choice, number, part, text, whole_number
from sonolux.training.methods import Method
from sonolux.training.recipe import Recipe
from sonolux.training.towers.tuning import TowerTuning


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionsRecipe(Recipe):
    """A space of photos and sentences, by regularised canonical correlation analysis.

    Defaults of the ridges were found by five-fold cross-validation on 350 photos of Flickr8k with five captions each.

    Attributes
    ----------
    dim : int
        Canonical directions, at most; there are fewer than photos.
    image_ridge, text_ridge : float
        Regularisation of each view, see `sonolux.training.alignment.cca.fit_cca`.
    concepts : float or None
        How much the cosine of what is known without captions counts beside that of what is learned; None to find it by
        cross-validation among the photos learned from, for the fewer these are, the more it has to.
    validation : float
        Share of the photos that are held out, and tell how well sentences find them; 0 for none.
    """

    method: str = choice("captions", "captions")
    dim: int = whole_number(128)
    image_ridge: float = number(3.0, above=True)
    text_ridge: float = number(1.0, above=True)
    concepts: float | None = number(None, 0, 100)
    validation: float = number(0.1, 0, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignRecipe(Recipe):
    """A space of several modalities, by contrastive or triplet loss over pairs.

    Attributes
    ----------
    loss : str
        ``contrastive`` (InfoNCE) or ``triplet``.
    dim, hidden : int
        Numbers of a descriptor, and of the hidden layer of each head; 0 for heads that are linear.
    dropout : float
        Of the heads.
    temperature, margin : float
        Of the contrastive, and of the triplet loss.
    epochs, batch_size : int
        Passes over the pairs, at most, and pairs a step; cross-validation finds how many passes are best.
    learning_rate, weight_decay : float
        Of AdamW.
    known_weight : float or None
        How much the cosine of what was known before counts beside that of what is learned; None to find it by
        cross-validation.
    validation : float
        Share of the things that are held out, and tell how well they are found; 0 for none.
    thawed : str
        Layer of the tower of images from which on it learns too, as ``"blocks.11"``; empty for none.
    tuning : TowerTuning
        How it learns.
    """

    method: str = choice("align", "align")
    loss: str = choice("contrastive", "contrastive", "triplet")
    dim: int = whole_number(128)
    hidden: int = whole_number(0, least=0)
    dropout: float = number(0.3, 0, 0.9)
    temperature: float = number(0.07, above=True)
    margin: float = number(0.2, above=True)
    epochs: int = whole_number(40)
    batch_size: int = whole_number(256, least=2)
    learning_rate: float = number(1e-3, above=True)
    weight_decay: float = number(1e-2)
    known_weight: float | None = number(None, 0, 100)
    validation: float = number(0.1, 0, 0.9)
    thawed: str = text("")
    tuning: TowerTuning = part(TowerTuning())

    @property
    def resumable(self) -> bool:
        """Whether a training that was stopped goes on where it was: one of a thawed tower, which takes long."""
        return bool(self.thawed)

    @property
    def patience(self) -> int:
        """Passes of a thawed tower without a better score, after which it stops."""
        return self.tuning.patience


ALIGN = Method(AlignRecipe, "sonolux.training.alignment.learn_align:learn_align", ())
CAPTIONS = Method(CaptionsRecipe, "sonolux.training.alignment.learn:learn_captions", ())
