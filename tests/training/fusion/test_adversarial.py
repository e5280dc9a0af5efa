"""Adversarial fusion: gradients turn, what is missing is not asked, embeddings become alike, and none is as before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from sonolux.checkpoints.inputs import Towers
from sonolux.errors import TrainingError
from sonolux.models.fusion_network import FusionNetwork
from sonolux.models.gradient_reversal import GradientReversal
from sonolux.models.modality_discriminator import ModalityDiscriminator
from sonolux.training.fusion.data import FusionSet
from sonolux.training.fusion.learn import answer_of, fit_fusion, score_answers
from sonolux.training.fusion.objective import FusionObjective
from sonolux.training.fusion.recipe import FuseRecipe
from sonolux.training.fusion.train import train_fuse
from sonolux.training.losses.modality_confusion import modality_confusion
from sonolux.training.recipes import make_recipe

RECIPE = FuseRecipe(hidden=16, epochs=20, batch_size=32, learning_rate=1e-2)


def made(count: int = 300, seed: int = 0) -> FusionSet:
    """Items of three classes that two modalities show."""
    below = np.random.default_rng(99)
    shown = [below.normal(size=(3, width)) for width in (6, 9)]
    random = np.random.default_rng(seed)
    classes = random.integers(0, 3, count)
    rows = np.concatenate([each[classes] + random.normal(size=(count, each.shape[1])) for each in shown], axis=1)
    there = random.random((count, 2)) >= 0.2
    there[~there.any(axis=1), 0] = True
    answers = np.eye(3, dtype=np.float32)[classes]
    widths = {"image": 6, "audio": 9}
    return FusionSet("made", None, widths, rows.astype(np.float32), there, "class", ("a", "b", "c"), answers)


def told_apart(network: FusionNetwork) -> float:
    """Share of embeddings of new items whose modality a fresh classifier tells."""
    parts = []
    for seed in (1, 2):
        items = made(300, seed)
        there = torch.from_numpy(items.there)
        with torch.no_grad():
            embeddings = torch.stack(network.embedded(torch.from_numpy(items.rows), there), dim=1)
        parts.append((embeddings[there].numpy(), torch.arange(2).expand(there.shape)[there].numpy()))
    (rows, labels), (tested, wanted) = parts
    return float(LogisticRegression(max_iter=1000).fit(rows, labels).score(tested, wanted))


@settings(max_examples=20)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 999))
def test_gradients_come_back_turned(rows: int, columns: int, seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    given_rows = torch.randn(rows, columns, generator=chance, requires_grad=True)
    passed = GradientReversal()(given_rows)
    assert torch.equal(passed, given_rows)
    wanted = torch.randn(rows, columns, generator=chance)
    (passed * wanted).sum().backward()  # type: ignore[no-untyped-call]
    assert given_rows.grad is not None
    assert torch.equal(given_rows.grad, -wanted)


@settings(max_examples=20)
@given(st.integers(0, 999))
def test_what_is_missing_is_not_asked(seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    discriminator = ModalityDiscriminator(4, 3)
    there = torch.rand(6, 3, generator=chance) < 0.6
    there[:, 0] |= ~there.any(dim=1)
    embeddings = [torch.randn(6, 4, generator=chance) for _ in range(3)]
    garbage = [torch.where(there[:, [place]], one, torch.nan) for place, one in enumerate(embeddings)]
    loss = modality_confusion(discriminator, embeddings, there)
    assert torch.equal(loss, modality_confusion(discriminator, garbage, there))
    scores = [discriminator(one).log_softmax(dim=1)[:, place][there[:, place]] for place, one in enumerate(embeddings)]
    assert torch.allclose(loss, -torch.cat(scores).mean(), atol=1e-6)


def test_the_adversary_learns_to_tell_and_what_is_below_not_to_be_told() -> None:
    torch.manual_seed(0)
    items = made(64)
    recipe = replace(RECIPE, adversarial=1.0)
    objective = FusionObjective(FusionNetwork(items.widths, 3, "attention", 16, 0.0).eval(), "class", recipe)
    assert objective.discriminator is not None
    rows, there = torch.from_numpy(items.rows), torch.from_numpy(items.there)

    def confusion() -> torch.Tensor:
        return modality_confusion(objective.discriminator, objective.network.embedded(rows, there), there)

    before = confusion()
    before.backward()  # type: ignore[no-untyped-call]
    for part, better in ((objective.discriminator, True), (objective.network.bodies, False)):
        kept = [parameter.detach().clone() for parameter in part.parameters()]
        with torch.no_grad():
            for parameter in part.parameters():
                assert parameter.grad is not None
                parameter.sub_(1e-2 * parameter.grad)
            assert (confusion() < before) == better
            for parameter, one in zip(part.parameters(), kept, strict=True):
                parameter.copy_(one)


def test_modalities_are_told_apart_less_and_answers_stay_good() -> None:
    items, tested = made(), made(400, seed=3)
    plain, pushed = (fit_fusion(items, replace(RECIPE, adversarial=weight), 20) for weight in (0.0, 1.0))
    assert told_apart(pushed) < told_apart(plain) - 0.1
    scores = [score_answers(answer_of(network, tested), tested) for network in (plain, pushed)]
    assert scores[1] > scores[0] - 0.05


def test_without_weight_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    items = made(60)
    assert FusionObjective(FusionNetwork(items.widths, 3, "attention"), "class", RECIPE).discriminator is None
    assert RECIPE.adversarial == 0
    states = [fit_fusion(items, replace(RECIPE, adversarial=weight), 2).state_dict() for weight in (0.0, 0.5)]
    assert states[0].keys() == states[1].keys()
    assert any(not torch.equal(one, other) for one, other in zip(states[0].values(), states[1].values(), strict=True))


def test_an_adversary_with_nothing_to_do_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"adversarial=0\.1 is of fusion attention, not early"):
        make_recipe("fuse", fusion="early", adversarial=0.1)
    with pytest.raises(TrainingError, match="adversarial is a number"):
        make_recipe("fuse", adversarial=-1)
    towers = Towers(towers={"image": ("hog",)}, digests={"hog": "0"})
    alone = replace(made().only("image").subset(np.arange(20)), towers=towers)
    alone = alone.subset(np.flatnonzero(alone.there[:, 0]))
    with pytest.raises(TrainingError, match="an adversary tells modalities apart, and there is image alone"):
        train_fuse(alone, replace(RECIPE, adversarial=0.1), tmp_path / "model")
