"""Methods of the taste benchmark: what each makes of known items, as scores of cold ones for every user."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.checkpoints.inputs import Numbers
from sonolux.evaluation.protocols.tastes import RankingScores, roc_curve, score_rankings
from sonolux.models.content_fusion import ContentFusion
from sonolux.training.data.numbers import RowSet
from sonolux.training.methods import methods
from sonolux.training.recipes import make_recipe
from sonolux.training.recommendation.content import ItemContent, fit_rows, heard_as, outputs_of, rows_through
from sonolux.training.recommendation.factorisation import confidences_of, factorise
from sonolux.training.recommendation.fused_tastes import FusedTasteSet
from sonolux.training.recommendation.learn import TasteSet
from sonolux.training.recommendation.recipe import FactorisationRecipe
from sonolux.training.recommendation.targets import Targets

TOLD = "told the plays"
"""In place of content, of what knows what it is to find."""

PUBLISHED = {
    "mlr": (0.01801, 0.60608),
    "linear": (0.02389, 0.63518),
    "mlp": (0.02536, 0.64611),
    "cnn-mse": (0.05016, 0.70987),
    "cnn-wpe": (0.04323, 0.70101),
}
"""mAP@500 and AUC of A. van den Oord et al. 2013, table 2, of their data."""


@dataclass(frozen=True, slots=True)
class ColdSplit:
    """Known and cold items, and what is known of the first.

    Attributes
    ----------
    plays : sparse matrix, shape (users, items)
        All, of which those of cold items only score.
    known, cold : ndarray of int
        Items.
    recipe : FactorisationRecipe
    seed : int
    """

    plays: Any
    known: NDArray[np.intp]
    cold: NDArray[np.intp]
    recipe: FactorisationRecipe
    seed: int

    def targets(self) -> Targets:
        """Return the factors of known items, from plays of these alone."""
        plays = self.plays[:, self.known]
        return Targets(factorise(plays, self.recipe), confidences_of(plays, self.recipe))

    @property
    def relevant(self) -> NDArray[np.bool_]:
        """What is right, (users, cold)."""
        return np.asarray(self.plays[:, self.cold].toarray() != 0)


@dataclass(frozen=True, slots=True)
class Measured:
    """A method's scores, a row a seed, (seeds, users), and its mean ROC curve."""

    precision: NDArray[np.float64]
    area: NDArray[np.float64]
    curve: NDArray[np.float64]


SeedScores = tuple[RankingScores, NDArray[np.float64]]
"""Of one method and one seed: scores of users, and the mean ROC curve."""


NamedContents = Mapping[str, tuple[str, ItemContent]]
"""By modality, what the content is called, and all of it."""


class Measurements:
    """What has been measured so far, by content and method, seed after seed.

    Parameters
    ----------
    work : Path or None
        Folder in which each seed is kept as soon as it is measured, and from which it is taken again.
    settings : str
        All that decides what is measured, beside the code: what was measured with others is not taken.
    """

    def __init__(self, work: Path | None = None, settings: str = "") -> None:
        self.rows: dict[tuple[str, str], list[SeedScores]] = {}
        digest = hashlib.blake2b(settings.encode(), digest_size=6).hexdigest()
        self._kept = None if work is None else work / f"measured-{digest}"

    def add(self, content: str, method: str, scores: NDArray[np.floating], split: ColdSplit) -> None:
        """Measure scores (users, cold) of one split."""
        measured = score_rankings(scores, split.relevant), roc_curve(scores, split.relevant)
        self.rows.setdefault((content, method), []).append(measured)

    def add_seed(self, seed: int, measure: Callable[[Measurements], None]) -> None:
        """Measure a seed, or take what was kept of it."""
        file = None if self._kept is None else self._kept / f"seed-{seed}.npz"
        if file is not None and file.is_file():
            found = _read_seed(file)
        else:
            one = Measurements()
            measure(one)
            found = {key: rows[0] for key, rows in one.rows.items()}
            if file is not None:
                _keep_seed(file, found)
        for key, row in found.items():
            self.rows.setdefault(key, []).append(row)

    def measured(self) -> dict[tuple[str, str], Measured]:
        """Return everything, seeds stacked."""
        return {
            key: Measured(
                np.stack([one.precision for one, _ in found]),
                np.stack([one.area for one, _ in found]),
                np.mean([curve for _, curve in found], axis=0),
            )
            for key, found in self.rows.items()
        }


def _keep_seed(file: Path, found: Mapping[tuple[str, str], SeedScores]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part.npz")
    arrays: dict[str, Any] = {
        f"{number}-{name}": array
        for number, (one, curve) in enumerate(found.values())
        for name, array in (("precision", one.precision), ("area", one.area), ("curve", curve))
    }
    np.savez_compressed(unfinished, keys=np.array([*found]), **arrays)
    unfinished.replace(file)


def _read_seed(file: Path) -> dict[tuple[str, str], SeedScores]:
    with np.load(file, allow_pickle=False) as kept:
        return {
            (str(content), str(method)): (
                RankingScores(kept[f"{number}-precision"], kept[f"{number}-area"]),
                kept[f"{number}-curve"],
            )
            for number, (content, method) in enumerate(kept["keys"])
        }


def add_references(table: Measurements, split: ColdSplit) -> None:
    """Measure what needs no content: random order, and two that are told what they are to find."""
    random = np.random.default_rng(split.seed)
    users, cold = split.relevant.shape
    table.add("", "random", random.random((users, cold)), split)
    table.add(TOLD, "popularity", np.tile(split.relevant.sum(axis=0), (users, 1)), split)
    bound = factorise(split.plays, split.recipe)
    table.add(TOLD, "WMF", bound.users @ bound.items[split.cold].T, split)


def add_method(
    table: Measurements,
    name: str,
    content: ItemContent,
    method: str,
    targets: Targets,
    split: ColdSplit,
    settings: Sequence[str] = (),
) -> None:
    """Train one method on the content of known items, and measure its order of cold ones."""
    trained = _trained(TasteSet(content.subset(split.known), targets), method, split, settings)
    predicted = outputs_of(trained.network, heard_as(content, trained.preprocessing)).numpy()
    table.add(name, method, _scores(predicted, method, targets, split), split)


def add_fused(
    table: Measurements,
    contents: NamedContents,
    method: str,
    targets: Targets,
    split: ColdSplit,
    settings: Sequence[str] = (),
    alone: Sequence[str] = (),
) -> None:
    """Train one method on several contents of known items, and measure its order of cold ones.

    Parameters
    ----------
    table : Measurements
    contents : NamedContents
    method : str
        Without ``taste-``.
    targets : Targets
    split : ColdSplit
    settings : sequence of str
    alone : sequence of str
        Modalities of which it is also measured what they tell alone.
    """
    known = np.arange(len(split.known))
    tastes = FusedTasteSet(
        "films",
        {kind: content.subset(split.known) for kind, (_, content) in contents.items()},
        dict.fromkeys(contents, known),
        targets,
    )
    trained = _trained(tastes, method, split, settings)
    network: Any = trained.network
    assert isinstance(network, ContentFusion)
    taken: Any = trained.preprocessing
    rows = {}
    for kind, (_, content) in contents.items():
        given = heard_as(content, taken.contents[kind])
        rows[kind] = outputs_of(network.contents[kind], given)
    for kinds in (*((kind,) for kind in alone), tuple(contents)):
        with torch.inference_mode():
            predicted = network({kind: rows[kind] for kind in kinds}).numpy()
        called = " + ".join(contents[kind][0] for kind in kinds)
        fusion = f", fused {trained.recipe.fusion}" if len(kinds) > 1 else ""
        table.add(called, f"{method}{fusion}", _scores(predicted, method, targets, split), split)


def bag_rows(content: ItemContent, split: ColdSplit) -> RowSet:
    """Return images or sounds as the components of their bags of words, made of known items: once for all methods."""
    links = fit_rows(content.subset(split.known), 256, 0.95, split.seed)
    rows = rows_through(links, content)
    how = Numbers(mean=(0.0,) * rows.shape[1], deviation=(1.0,) * rows.shape[1])
    return RowSet(content.source, rows, how)


def _trained(tastes: Any, method: str, split: ColdSplit, settings: Sequence[str]) -> Any:
    recipe = make_recipe(f"taste-{method}", settings, seed=split.seed)
    learn = methods.get(recipe.method).load()
    with tempfile.TemporaryDirectory() as folder:
        return learn(tastes, recipe, Path(folder) / "taste", None)


def _scores(predicted: NDArray[np.floating], method: str, targets: Targets, split: ColdSplit) -> NDArray[np.floating]:
    """Return how high cold items stand with each user, (users, cold)."""
    if method == "mlr":
        return _nearness(predicted, split)
    return np.asarray(targets.factors.users @ predicted[split.cold].T)


def _nearness(mapped: NDArray[np.floating], split: ColdSplit) -> NDArray[np.float64]:
    """Return how near cold items lie to what each user played: a normal curve as wide as the median distance."""
    known, cold = mapped[split.known], mapped[split.cold]
    squares = (known**2).sum(axis=1)[:, None] + (cold**2).sum(axis=1) - 2 * known @ cold.T
    near = np.exp(-squares / (2 * max(float(np.median(squares)), 1e-12) * WIDTH))
    played = split.plays[:, split.known] != 0
    return np.asarray(played @ near / np.maximum(played.sum(axis=1), 1))


WIDTH = 0.2
"""Of the curve by which nearness falls, beside the median squared distance."""
