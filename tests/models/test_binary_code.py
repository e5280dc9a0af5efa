"""Binary units: bits in use, something to learn by in training."""

from __future__ import annotations

import pytest
import torch

from sonolux.models.binary_code import MODES, BinaryCode


@pytest.mark.parametrize("mode", MODES)
def test_in_use_every_unit_is_the_sign_of_its_input(mode: str) -> None:
    units = BinaryCode(mode).eval()(torch.tensor([[-3.0, -1e-30, 0.0, 1e-30, 9.0]]))
    assert units.tolist() == [[-1, -1, -1, 1, 1]]


def test_straight_through_takes_the_step_and_passes_the_gradient_within_reach() -> None:
    logits = torch.linspace(-2, 2, 41, requires_grad=True)
    units = BinaryCode("straight-through")(logits)
    assert set(units.tolist()) == {-1.0, 1.0}
    (units * torch.arange(41.0)).sum().backward()
    within = logits.detach().abs() <= 1
    assert torch.equal(logits.grad, torch.arange(41.0) * within)


def test_noise_is_drawn_afresh_and_has_the_deviation_asked() -> None:
    torch.manual_seed(0)
    code = BinaryCode("noise", 2.0)
    logits = torch.full((100_000,), 0.5)
    first = code(logits)
    assert not torch.equal(first, code(logits))
    drawn = torch.logit((first.double() + 1) / 2)
    assert drawn.mean().item() == pytest.approx(0.5, abs=0.05)
    assert drawn.std().item() == pytest.approx(2.0, abs=0.05)


def test_noise_drives_units_to_their_ends() -> None:
    """One unit that has to tell two inputs apart learns to shout, the more the louder the noise."""
    reached = []
    for noise in (0.0, 4.0):
        torch.manual_seed(0)
        scale = torch.ones(1, requires_grad=True)
        code, wanted = BinaryCode("noise", noise), torch.tensor([-0.9, 0.9]).repeat(500)
        optimizer = torch.optim.Adam([scale], lr=0.2)
        for _ in range(150):
            optimizer.zero_grad()
            (code(scale * wanted.sign()) - wanted).square().mean().backward()
            optimizer.step()
        reached.append(scale.item())
    assert reached[0] == pytest.approx(2.94, abs=0.1)  # log(1.9 / 0.1), where the unit is just what is wanted
    assert reached[1] > 2 * reached[0]


@pytest.mark.parametrize("arguments", [{"mode": "round"}, {"noise": -1.0}, {"noise": float("nan")}])
def test_bad_arguments_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        BinaryCode(**arguments)


def test_printing_says_how_it_learns() -> None:
    assert str(BinaryCode("noise", 2.0)) == "BinaryCode(noise, noise=2.0)"
    assert str(BinaryCode("straight-through")) == "BinaryCode(straight-through)"
