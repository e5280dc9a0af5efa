"""The multilayer perceptron."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.counting import parameters
from sonolux.models import registry
from sonolux.models.mlp import Mlp


def test_parameter_count_of_the_published_network() -> None:
    network = registry.build("mlp", {"sizes": (784, 56, 56, 10)})
    assert parameters(network) == 784 * 56 + 56 + 56 * 56 + 56 + 56 * 10 + 10 == 47_722


def test_it_computes_what_the_textbook_says() -> None:
    network = Mlp((4, 3, 2), "sigmoid").eval()
    first, _, _, second = network.layers
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    hidden = 1 / (1 + np.exp(-(x @ first.weight.detach().numpy().T + first.bias.detach().numpy())))
    expected = hidden @ second.weight.detach().numpy().T + second.bias.detach().numpy()
    np.testing.assert_allclose(network(torch.tensor(x)).detach().numpy(), expected, atol=1e-6)


def test_images_are_flattened() -> None:
    assert Mlp((784, 10))(torch.zeros(3, 1, 28, 28)).shape == (3, 10)


def test_dropout_acts_in_training_only() -> None:
    network = Mlp((10, 100, 10), dropout=0.5)
    x = torch.ones(1, 10)
    assert not torch.equal(network(x), network(x))
    network.eval()
    assert torch.equal(network(x), network(x))


@pytest.mark.parametrize("arguments", [{"sizes": [3]}, {"sizes": [3, 0]}, {"sizes": [3, 2], "activation": "gelu"}])
def test_bad_arguments_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Mlp(**arguments)
