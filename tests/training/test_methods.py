"""Every method in the registry: it loads, and its recipe is what its name says."""

from __future__ import annotations

import pytest

from sonolux.errors import TrainingError
from sonolux.training.methods import methods
from sonolux.training.recipes import make_recipe, stored_recipe


@pytest.mark.parametrize("name", methods.available())
def test_a_built_in_method_loads(name: str) -> None:
    assert callable(methods.get(name).load())


@pytest.mark.parametrize("name", methods.available())
def test_a_recipe_is_read_again_as_it_was_written(name: str) -> None:
    recipe = make_recipe(name, seed=3)
    assert recipe.method == name
    assert stored_recipe(recipe.resolved() | {"torch": "2.13"}) == recipe


def test_a_method_that_is_not_there_is_answered_with_the_nearest() -> None:
    with pytest.raises(TrainingError, match=r"no method 'contrastiv' \(did you mean contrastive\?\)"):
        make_recipe("contrastiv")
