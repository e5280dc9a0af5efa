"""The images of docs/networks.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from sonolux.errors import SonoluxError
from sonolux.evaluation import network_pictures
from sonolux.models.cifar_resnet import CifarResNet

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("weights") / "resnet20.th"
    state = {f"module.{name}": tensor for name, tensor in CifarResNet(20).state_dict().items()}
    torch.save({"state_dict": state, "best_prec1": 10.0}, file)
    return file


def test_weights_are_loaded_whatever_wrapped_them(weights: Path, tmp_path: Path) -> None:
    wrapped = network_pictures.load_resnet20(weights)
    torch.save(wrapped.state_dict(), tmp_path / "plain.th")
    plain = network_pictures.load_resnet20(tmp_path / "plain.th")
    torch.manual_seed(0)
    assert torch.equal(plain.conv1.weight, CifarResNet(20).conv1.weight)


def test_the_command_writes_the_images_of_the_page(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert network_pictures.main([str(tmp_path / "out"), str(weights)]) == 0
    written = [Path(line) for line in capsys.readouterr().out.split()]
    page = (DOCS / "networks.md").read_text(encoding="utf-8")
    for file in written:
        assert f"](pictures/{file.name})" in page
        with Image.open(file) as new, Image.open(DOCS / "pictures" / file.name) as shown:
            assert new.size == shown.size
            assert len(new.convert("RGB").getcolors(1 << 20) or []) > 5


def test_convolution_is_a_sliding_sum_of_products() -> None:
    photo, kernel = torch.rand(9, 9), torch.rand(3, 3)
    padded = np.pad(photo.numpy(), 1)
    expected = [[(padded[y : y + 3, x : x + 3] * kernel.numpy()).sum() for x in range(0, 9, 2)] for y in range(0, 9, 2)]
    np.testing.assert_allclose(network_pictures.convolve(photo, kernel, stride=2, padding=1), expected, rtol=1e-5)


def test_other_files_are_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.th"
    torch.save(nn.Linear(2, 2).state_dict(), other)
    (tmp_path / "text.th").write_text("no weights")
    torch.save([1, 2], tmp_path / "list.th")
    for file in (other, tmp_path / "text.th", tmp_path / "list.th", tmp_path / "absent.th", tmp_path):
        with pytest.raises(SonoluxError, match=r"^\S+ (does not hold the weights of|cannot be read: )[^\n]*$"):
            network_pictures.load_resnet20(file)
    assert network_pictures.main([str(tmp_path / "out"), str(other)]) == 1
    assert not (tmp_path / "out").exists()
    assert network_pictures.main([]) == 2
    assert "usage" in capsys.readouterr().err
