"""Recipe of fusion, see `sonolux.training.fusion.train`."""

from __future__ import annotations

from dataclasses import dataclass

from sonolux.errors import TrainingError
from sonolux.training.fields import check_fields, choice, number, part, text, whole_number
from sonolux.training.methods import Method
from sonolux.training.recipe import Recipe
from sonolux.training.towers.tuning import TowerTuning


@dataclass(frozen=True, slots=True, kw_only=True)
class FuseRecipe(Recipe):
    """One answer from several modalities.

    Attributes
    ----------
    fusion : str
        ``early``, ``late`` or ``attention``, see `sonolux.models.fusion_network`.
    adversarial : float
        How much counts, beside the answers, that nobody can tell by what is made of a modality which it is; of
        ``attention`` alone; 0 for none.
    hidden : int
        Of the network of each modality.
    dropout : float
    modality_dropout : float
        Probability that a modality of an item is left out while it learns, so that none is relied on; one always stays
        (N. Neverova et al. 2016, "ModDrop", PAMI).
    noise : float
        Standard deviations of noise that is added, at most, to half of the modalities while it learns.
    in_noise : float
        Probability that a picture or a sound of an item is described as it is in noise
        (`sonolux.training.augmentation.noise`), so that what is noisy counts less; 0 for never.
    epochs, batch_size : int
        Passes over the items, at most, and items a step; what is held out within them finds how many are best.
    learning_rate, weight_decay : float
        Of AdamW.
    validation : float
        Share of the items that are held out, and tell how good the answers are; 0 for none.
    thawed : str
        Layer of the tower of images from which on it learns too, as ``"blocks.11"``; empty for none.
    tuning : TowerTuning
        How it learns.
    """

    method: str = choice("fuse", "fuse")
    fusion: str = choice("attention", "early", "late", "attention")
    adversarial: float = number(0.0, 0, 100)
    hidden: int = whole_number(128)
    dropout: float = number(0.3, 0, 0.9)
    modality_dropout: float = number(0.3, 0, 0.9)
    noise: float = number(0.5)
    in_noise: float = number(0.0, 0, 1)
    epochs: int = whole_number(60)
    batch_size: int = whole_number(128, least=2)
    learning_rate: float = number(1e-3, above=True)
    weight_decay: float = number(1e-2)
    validation: float = number(0.1, 0, 0.9)
    thawed: str = text("")
    tuning: TowerTuning = part(TowerTuning())

    def __post_init__(self) -> None:
        check_fields(self)
        if self.adversarial and self.fusion != "attention":
            raise TrainingError(f"adversarial={self.adversarial:g} is of fusion attention, not {self.fusion}")
        if self.in_noise and self.thawed:
            raise TrainingError("in_noise and thawed exclude each other: maps of pictures in noise are not kept")

    @property
    def resumable(self) -> bool:
        """Whether a training that was stopped goes on where it was: one of a thawed tower, which takes long."""
        return bool(self.thawed)

    @property
    def patience(self) -> int:
        """Passes of a thawed tower without a better score, after which it stops."""
        return self.tuning.patience


FUSE = Method(FuseRecipe, "sonolux.training.fusion.learn_fusion:learn_fusion", ())
