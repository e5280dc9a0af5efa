"""Networks that hear: their bodies, what pools over time, and the two networks that are made of them."""

from __future__ import annotations

from math import ceil

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from models.counting import output_shape, parameters, weightless
from sonolux.models.sound_convolutions import SoundConvolutions
from sonolux.models.sound_network import BODIES, FrameNetwork, SoundNetwork, build_body, count_frames
from sonolux.models.sound_recurrent import SoundRecurrent, stack_frames
from sonolux.models.sound_transformer import SoundTransformer
from sonolux.models.temporal_pooling import (
    POOLINGS,
    AttentionPooling,
    MaxOverTime,
    MeanOverTime,
    build_temporal_pooling,
)

BANDS = 64
FEWER = {"cnn": 4, "lstm": 2, "gru": 2, "crnn": 4, "transformer": 4}
"""How many frames each body makes one of."""

WIDTHS = {"cnn": 128, "lstm": 192, "gru": 192, "crnn": 128, "transformer": 96}


def convolution(before: int, after: int, size: int) -> int:
    """Weights of a convolution without bias, and scale and shift of the normalisation after it."""
    return before * after * size + 2 * after


def convolutions(widths: tuple[int, ...]) -> int:
    """A stem, a block that keeps its size, and blocks that do not, with a convolution for a shortcut."""
    count = convolution(1, widths[0], 9)
    for before, after in zip((widths[0], *widths), widths, strict=False):
        count += convolution(before, after, 9) + convolution(after, after, 9)
        count += convolution(before, after, 1) if before != after else 0
    return count


def recurrent(gates: int, inputs: int, hidden: int) -> int:
    """Weights of inputs and of states, and a bias for each, of every gate in both directions."""
    return 2 * gates * (inputs * hidden + hidden * hidden + 2 * hidden)


def linear(inputs: int, outputs: int) -> int:
    return inputs * outputs + outputs


def transformer(width: int, layers: int, heads: int) -> int:
    attention = linear(width, 3 * width) + linear(width, width)
    forward = linear(width, 2 * width) + linear(2 * width, width)
    embedding = 2 * 2 * BANDS + linear(2 * BANDS, width)
    nearby = 3 * width * width + width
    places = 15 * width * width // heads + width
    return embedding + nearby + places + layers * (attention + forward + 2 * 2 * width) + 2 * width


COUNTS = {
    "cnn": convolutions((16, 32, 64, 128)),
    "lstm": 2 * 2 * BANDS + recurrent(4, 2 * BANDS, 96) + recurrent(4, 192, 96),
    "gru": 2 * 2 * BANDS + recurrent(3, 2 * BANDS, 96) + recurrent(3, 192, 96),
    "crnn": convolutions((16, 32, 64)) + 2 * convolution(64, 64, 9) + convolution(64, 64, 1) + recurrent(3, 64, 64),
    "transformer": transformer(96, 3, 4),
}


def small(name: str) -> nn.Module:
    arguments = {
        "cnn": {"widths": (4, 8), "strides": (1, 2)},
        "crnn": {"widths": (4, 8), "strides": (1, 2), "hidden": 6},
        "transformer": {"width": 16, "layers": 1},
    }
    torch.manual_seed(0)
    network: nn.Module = build_body(name, 8, arguments.get(name, {"hidden": 6}))
    return network.eval()


@pytest.mark.parametrize("name", BODIES)
def test_parameters_are_those_of_the_layers(name: str) -> None:
    network = weightless(f"sound-{name}")
    assert parameters(network) == COUNTS[name] + linear(WIDTHS[name], 10)
    frames = weightless("sound-frames", body=name, classes=10)
    assert parameters(frames) == parameters(network)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_sound_has_a_score_a_class(name: str, pooling: str) -> None:
    network = weightless(f"sound-{name}", pooling=pooling, classes=7, bands=40)
    assert output_shape(network, 3, 100, 40) == (3, 7)
    assert parameters(network) - parameters(weightless(f"sound-{name}", classes=7, bands=40)) == (
        linear(WIDTHS[name], 64) + linear(64, 1) if pooling == "attention" else 0
    )


@pytest.mark.parametrize("name", BODIES)
@settings(max_examples=12, deadline=None)
@given(frames=st.integers(1, 70))
def test_any_length_is_heard(name: str, frames: int) -> None:
    network = FrameNetwork(name, BANDS, 5).eval()
    heard = ceil(frames / FEWER[name])
    assert count_frames(network.body, frames, BANDS) == heard
    assert network.body.width == WIDTHS[name]
    with torch.no_grad():
        scores = network(torch.randn(2, frames, BANDS))
    assert scores.shape == (2, heard, 5)
    assert bool(scores.isfinite().all())


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("pooling", ["mean", "attention"])
def test_gradients_reach_every_parameter(name: str, pooling: str) -> None:
    torch.manual_seed(0)
    network = SoundNetwork(name, 16, 3, pooling, dropout=0.0)
    nn.functional.cross_entropy(network(torch.randn(4, 40, 16)), torch.tensor([0, 1, 2, 0])).backward()
    # It adds the same to all scores, which a softmax does not see.
    idle = {"pool.score.2.bias"}
    for where, parameter in network.named_parameters():
        assert parameter.grad is not None, where
        assert where in idle or bool(parameter.grad.any()), where


@pytest.mark.parametrize("name", BODIES)
def test_a_sound_is_heard_the_same_alone_and_among_others(name: str) -> None:
    network, sounds = small(name), torch.randn(3, 30, 8)
    with torch.no_grad():
        together = network(sounds)
        for row in range(3):
            torch.testing.assert_close(network(sounds[row : row + 1])[0], together[row], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", BODIES)
def test_the_order_of_time_matters(name: str) -> None:
    network, sound = small(name), torch.randn(1, 32, 8)
    with torch.no_grad():
        forwards, backwards = (MeanOverTime()(network(one)) for one in (sound, sound.flip(1)))
    assert float((forwards - backwards).abs().max()) > 1e-3


@pytest.mark.parametrize("name", ["lstm", "gru", "crnn", "transformer"])
def test_the_first_frame_hears_the_last(name: str) -> None:
    network, sound = small(name), torch.randn(1, 32, 8)
    other = sound.clone()
    other[:, -4:] = torch.randn(4, 8)
    with torch.no_grad():
        assert not torch.equal(network(sound)[:, 0], network(other)[:, 0])


def test_a_convolution_does_not_hear_what_is_far_away() -> None:
    network, sound = small("cnn"), torch.randn(1, 64, 8)
    other = sound.clone()
    other[:, -4:] = torch.randn(4, 8)
    with torch.no_grad():
        assert torch.equal(network(sound)[:, :20], network(other)[:, :20])


@pytest.mark.parametrize("name", POOLINGS)
def test_pooling_forgets_the_order(name: str) -> None:
    """What a convolution of size 1 hears at each moment, pooled, is the same in any order."""
    torch.manual_seed(0)
    alone, pool = nn.Conv1d(8, 5, 1), build_temporal_pooling(name, 5)
    sound = torch.randn(2, 20, 8)
    shuffled = sound[:, torch.randperm(20)]
    with torch.no_grad():
        first, second = (pool(alone(one.transpose(1, 2)).transpose(1, 2)) for one in (sound, shuffled))
    assert first.shape == (2, 5)
    torch.testing.assert_close(first, second)


def test_means_and_maxima_by_hand() -> None:
    frames = torch.tensor([[[1.0, -3.0], [5.0, -1.0]]])
    assert MeanOverTime()(frames).tolist() == [[3.0, -2.0]]
    assert MaxOverTime()(frames).tolist() == [[5.0, -1.0]]


@given(frames=st.integers(1, 30))
def test_weights_of_attention_sum_to_1(frames: int) -> None:
    pool = AttentionPooling(4)
    alike = torch.randn(1, 1, 4)
    with torch.no_grad():
        weights = pool.score(torch.randn(3, frames, 4)).softmax(dim=1)
        torch.testing.assert_close(weights.sum(dim=1), torch.ones(3, 1))
        # So that frames that are all alike are what they are.
        torch.testing.assert_close(pool(alike.expand(1, frames, 4)), alike[:, 0])


def test_attention_learns_which_moment_counts() -> None:
    """The last linear layer is made to score the first number of a frame, so the frame with most of it is all."""
    pool = AttentionPooling(2, hidden=1)
    with torch.no_grad():
        pool.score[0].weight.copy_(torch.tensor([[1.0, 0.0]]))
        pool.score[0].bias.zero_()
        pool.score[2].weight.fill_(50.0)
        pooled = pool(torch.tensor([[[0.0, 7.0], [1.0, 3.0], [0.2, 9.0]]]))
    torch.testing.assert_close(pooled, torch.tensor([[1.0, 3.0]]))


def test_neighbours_are_put_together_and_the_last_repeated() -> None:
    frames = torch.arange(5.0)[None, :, None]
    assert stack_frames(frames, 2).tolist() == [[[0, 1], [2, 3], [4, 4]]]
    assert torch.equal(stack_frames(frames, 1), frames)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: build_temporal_pooling("sum", 4), "is one of mean, max, attention, not 'sum'"),
        (lambda: SoundRecurrent(8, cell="rnn"), "cell is lstm or gru"),  # type: ignore[arg-type]
        (lambda: SoundConvolutions(64, (16, 32), (1,)), "need a stride each"),
        (lambda: SoundConvolutions(4, (16, 32, 64, 128)), "bands to halve"),
        (lambda: SoundTransformer(64, width=90), "do not share 90 numbers"),
    ],
)
def test_what_cannot_be_built_is_refused(made, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()


def test_another_body_is_refused() -> None:
    with pytest.raises(KeyError):
        SoundNetwork("ear")
