"""Recipes of recommendation: matrix factorisation, and from content to factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sonolux.training.fields import check_fields, choice, mapping, number, text, whole_number
from sonolux.training.methods import Method
from sonolux.training.recipe import LoopRecipe, Recipe

RIDGES_OF_FACTORS = {"wmf": 1.0, "bpr": 0.01}
"""Ridge of each method where none is asked: under that of ``wmf``, ``bpr`` learns nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorisationRecipe(Recipe):
    """Factors of users and items, by weighted matrix factorisation (``wmf``) or pairwise ranking (``bpr``).

    See `sonolux.training.recommendation.factorisation`.

    Attributes
    ----------
    factors : int
        Numbers of a user or an item; ``bpr`` adds one for the popularity of an item.
    regularisation : float
        Ridge on users and items; where none is asked (None), that of the method in `RIDGES_OF_FACTORS`.
    alpha : float
        How fast confidence grows with plays r; of ``wmf`` alone, as `confidence` and `epsilon` are.
    confidence : str
        ``linear``: 1 + alpha r; ``log``: 1 + alpha log(1 + r / epsilon) (Hu, Koren and Volinsky 2008, section 4 and
        equation 6).
    epsilon : float
        Plays from which on the logarithm bends.
    iterations : int
        Passes over all plays.
    learning_rate : float
        Of ``bpr``'s gradient descent.
    """

    method: str = choice("wmf", "wmf", "bpr")
    factors: int = whole_number(64)
    regularisation: float = number(None)
    alpha: float = number(1.0, above=True)
    confidence: str = choice("log", "linear", "log")
    epsilon: float = number(1.0, above=True)
    iterations: int = whole_number(15)
    learning_rate: float = number(0.05, above=True)

    def __post_init__(self) -> None:
        check_fields(self)
        if cast("float | None", self.regularisation) is None:
            object.__setattr__(self, "regularisation", RIDGES_OF_FACTORS[self.method])


FACTORISATION = Method(
    FactorisationRecipe, "sonolux.training.recommendation.factorisation:factorise", needs=("implicit",)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRecipe(Recipe):
    """Content to factors without a network, see `sonolux.training.recommendation.learn`.

    Attributes
    ----------
    words : int
        Codewords of sounds and images.
    kept : float
        Share of the variance of a bag of words that its principal components keep.
    ridge : float or None
        Of ``taste-linear``, see `sonolux.training.recommendation.ridge.fit_ridge`; None to find it by cross-validation
        among what is learned from.
    neighbours : int
        Items that count as similar to one, of ``taste-mlr``.
    fusion : str
        How several contents are joined, see `sonolux.training.recommendation.fuse`: ``late``, or ``early``; where none
        is asked (empty), late where there are factors to be weighed, and of ``taste-mlr`` early.
    slack : float
        What an error of ``taste-mlr`` costs beside the size of the metric.
    rounds : int
        Steps of ``taste-mlr``.
    """

    method: str = choice("taste-linear", "taste-linear", "taste-mlr")
    words: int = whole_number(256, least=2)
    kept: float = number(0.95, 0, 1, above=True)
    ridge: float | None = number(None, above=True)
    neighbours: int = whole_number(20)
    slack: float = number(10.0, above=True)
    rounds: int = whole_number(20)
    fusion: str = choice("", "", "early", "late")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentNetworkRecipe(LoopRecipe):
    """A network from content to factors, see `sonolux.training.recommendation.learn`.

    ``taste-mlp`` learns from rows, as `ContentRecipe` has them, and by mean squared error on the factors, as
    ``taste-cnn-mse`` does from levels of sounds and from pixels; ``taste-cnn-wpe`` by the weighted prediction error.

    Attributes
    ----------
    architecture, arguments
        Of ``taste-cnn-mse`` and ``taste-cnn-wpe``; empty for a small one that fits the content.
    hidden : int
        Numbers of the hidden layer of ``taste-mlp``.
    dropout : float
        Share of what describes an item that is silenced in training.
    words, kept
        As in `ContentRecipe`, of ``taste-mlp``.
    fusion : str
        As in `ContentRecipe`; of networks on sounds and pixels ``late``.
    """

    method: str = choice("taste-mlp", "taste-mlp", "taste-cnn-mse", "taste-cnn-wpe")
    architecture: str = text("")
    arguments: dict[str, Any] = mapping()
    epochs: int = whole_number(40)
    batch_size: int = whole_number(32)
    weight_decay: float = number(1e-2)
    validation: float = number(0.1, 0, 1, above=True)
    hidden: int = whole_number(256)
    dropout: float = number(0.3, 0, 0.9)
    words: int = whole_number(256, least=2)
    kept: float = number(0.95, 0, 1, above=True)
    fusion: str = choice("", "", "early", "late")


CONTENT = Method(ContentRecipe, "sonolux.training.recommendation.fuse:learn_taste", needs=())
CONTENT_NETWORK = Method(ContentNetworkRecipe, "sonolux.training.recommendation.fuse:learn_taste")
