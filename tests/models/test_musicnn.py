"""musicnn, beside the plain sums that it stands for."""

from __future__ import annotations

import pytest
import torch

from models.counting import parameters
from sonolux.models.musicnn import BANDS, EPSILON, FRAMES, LENGTHS, WIDTH, Musicnn, Rectified2d, _same


@pytest.fixture(scope="module")
def network() -> Musicnn:
    torch.manual_seed(0)
    return Musicnn().eval()


def test_its_weights_are_counted(network: Musicnn) -> None:
    assert parameters(network) == 787_159


@pytest.mark.parametrize("frames", [1, 7, FRAMES, 400])
def test_any_number_of_frames_has_its_tags(network: Musicnn, frames: int) -> None:
    spectra = torch.rand(2, frames, BANDS)
    with torch.inference_mode():
        assert network(spectra).shape == (2, 50)
        assert network.describe(spectra).shape == (2, WIDTH)


@pytest.mark.parametrize("length", LENGTHS)
def test_filters_of_rhythm_see_one_frame_more_after_than_before(length: int) -> None:
    """As TensorFlow pads filters of an even length: 63 frames before and 64 after, of 128."""
    place = torch.zeros(1, 1, 300, 1)
    place[0, 0, 150] = 1
    padded = _same(place, length)
    assert padded.shape[2] == 300 + length - 1
    assert int(padded[0, 0, :, 0].argmax()) == 150 + length // 2 - 1


def test_normalisation_comes_after_the_rectifier() -> None:
    block = Rectified2d(1, (1, 1)).eval()
    with torch.inference_mode():
        block.convolution.weight.fill_(1)
        block.convolution.bias.zero_()
        block.normalisation.running_mean.fill_(1)
        heard = block(torch.tensor([-3.0, 4.0]).reshape(1, 1, 2, 1)).flatten()
    expected = torch.tensor([-1.0, 3.0]) / (1 + EPSILON) ** 0.5
    torch.testing.assert_close(heard, expected)


def test_maximum_and_mean_of_a_map_stand_side_by_side(network: Musicnn) -> None:
    seen: list[torch.Tensor] = []
    handle = network.pooled_normalisation.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    with torch.inference_mode():
        network(torch.rand(1, 50, BANDS))
    handle.remove()
    assert (seen[0][0, 0::2] >= seen[0][0, 1::2] - 1e-6).all()
