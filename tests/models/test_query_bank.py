"""The query bank: what is near to every question counts less."""

from __future__ import annotations

import torch

from sonolux.models.query_bank import QueryBank


def test_a_hub_no_longer_comes_before_what_is_meant() -> None:
    questions = torch.eye(8)
    hub = torch.full((1, 8), 0.6)
    things = torch.cat([torch.nn.functional.normalize(questions + 0.2, dim=1) * 0.65, hub])
    before = questions @ things.T
    assert (before.argmax(dim=1) == 8).all()
    bank = QueryBank(*questions.shape)
    bank.fill(questions, things)
    corrections = bank(things)
    assert corrections[-1] < 0 < corrections[0]
    assert torch.equal((before + corrections).argmax(dim=1), torch.arange(8))


def test_corrections_stay_within_what_was_learned_from() -> None:
    questions, items = torch.eye(4), 0.1 * torch.eye(4)
    bank = QueryBank(4, 4)
    bank.fill(questions, torch.cat([items, 2 * items]))
    assert bank(torch.full((1, 4), 100.0)).item() == -bank.reach.item()
    assert bank(torch.full((1, 4), -100.0)).item() == bank.reach.item()
