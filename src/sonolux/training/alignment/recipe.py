"""Recipe of learning from captions, see `sonolux.training.alignment.train`."""

from __future__ import annotations

from dataclasses import dataclass

from sonolux.training.fields import choice, number, whole_number
from sonolux.training.methods import Method
from sonolux.training.recipe import Recipe


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


CAPTIONS = Method(CaptionsRecipe, "sonolux.training.alignment.learn:learn_captions", ())
