"""Recipe of learned audio fingerprints, see `sonolux.training.fingerprints.train`."""

from __future__ import annotations

from dataclasses import dataclass

from sonolux.training.fields import choice, number, text, whole_number
from sonolux.training.methods import Method
from sonolux.training.recipe import LoopRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintsRecipe(LoopRecipe):
    """A network that takes fingerprints.

    Attributes
    ----------
    bits : int
        Length of a fingerprint, whole bytes.
    temperature : float
        By which cosines are divided: the lower, the more the hardest pairs count.
    """

    method: str = choice("fingerprints", "fingerprints")
    architecture: str = text("fingerprint")
    epochs: int = whole_number(80)
    batch_size: int = whole_number(48)
    weight_decay: float = number(1e-2)
    validation: float = number(0.1, 0, 1, above=True)
    bits: int = whole_number(128, least=8, multiple=8)
    temperature: float = number(0.07, above=True)


FINGERPRINTS = Method(FingerprintsRecipe, "sonolux.training.fingerprints.learner:learn_fingerprints")
