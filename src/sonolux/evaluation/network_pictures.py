"""Figures of docs/networks.md: convolution, activation, normalisation, and a ResNet-20 from inside.

    python -m sonolux.evaluation.network_pictures OUT_FOLDER WEIGHTS

writes one PNG each. WEIGHTS is the state dictionary of a ResNet-20 for CIFAR-10, a torch file, plain or under
``state_dict``. The photographs come with scikit-image. Maps are float tensors (height, width); grey means 0 where maps
have signs, black where they have none.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import nn
from torch.nn import functional

from sonolux.errors import SonoluxError
from sonolux.models.cifar_resnet import CifarResNet
from sonolux.models.feature_extractor import LayerDescriptor

TILE = 150
"""Pixels a side of a panel."""

GAP, LINE = 10, 20
"""Pixels between panels, and of a line of text."""

COLOURS = 128
PAPER, INK, FAINT, STRONG, PALE = "white", "#202020", "#d8d8d8", "#d95f02", "#fdc38d"

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colours on which the weights were trained."""

EDGE = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
"""Sobel's kernel: answers to what is brighter on the left than on the right."""

KERNELS = {
    "mean": torch.full((5, 5), 1 / 25),
    "vertical edges": EDGE,
    "horizontal edges": EDGE.T,
    "dots": torch.tensor([[-1.0, -1.0, -1.0], [-1.0, 8.0, -1.0], [-1.0, -1.0, -1.0]]),
}

ACTIVATIONS: dict[str, nn.Module] = {
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "ReLU": nn.ReLU(),
    "leaky ReLU (0.1)": nn.LeakyReLU(0.1),
    "ELU": nn.ELU(),
}

LAYERS = ("conv1", "layer1", "layer2", "layer3")
SHOWN = 8
"""Maps of each layer in the image."""

Panel = tuple[str, Image.Image]
"""A caption, and what is drawn above it."""


def write_images(folder: Path, weights: Path) -> list[Path]:
    """Draw all images into a folder, which is made; return their files.

    Raises
    ------
    SonoluxError
        Where the weights cannot be read or are those of another network.
    """
    network = load_resnet20(weights)
    images = {
        "windows": draw_windows(),
        "activations": draw_activations(),
        "normalisation": draw_normalisation(),
        "first_layer": draw_first_layer(network),
        "feature_maps": draw_feature_maps(network),
    }
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, image in images.items():
        files.append(folder / f"{name}.png")
        image.quantize(COLOURS, dither=Image.Dither.NONE).save(files[-1], optimize=True)
    return files


def load_resnet20(weights: Path) -> CifarResNet:
    """Load published weights, which a wrapper for several GPUs may have renamed to ``module.``..., and no code.

    Raises
    ------
    SonoluxError
        Where the file cannot be read or holds something else.
    """
    network = CifarResNet(20)
    try:
        content = torch.load(weights, map_location="cpu", weights_only=True)
        state = content.get("state_dict", content)
        network.load_state_dict({name.removeprefix("module."): tensor for name, tensor in state.items()})
    except OSError as error:
        raise SonoluxError(f"{weights} cannot be read: {error.strerror}") from error
    except (pickle.UnpicklingError, RuntimeError, AttributeError, EOFError, TypeError, ValueError) as error:
        raise SonoluxError(f"{weights} does not hold the weights of a ResNet-20 for CIFAR-10") from error
    return network.eval()


def draw_windows() -> Image.Image:
    """Draw kernels, strides, padding and pooling, on a photograph."""
    photo = _grey("camera.png", (180, 60, 330, 210))
    edges = convolve(photo, EDGE)
    strength = edges.abs() / edges.abs().max()
    kernels = [(name, _with_kernel(_seen(convolve(photo, kernel)), kernel)) for name, kernel in KERNELS.items()]
    strides = [(f"stride {n}", _seen(convolve(photo, EDGE, stride=n))) for n in (1, 2, 4)]
    mean = torch.full((25, 25), 1 / 625)
    padding = [(f"25 x 25 mean, padding {n}", _plain(convolve(photo, mean, padding=n))) for n in (0, 12)]
    pools = [("strength of vertical edges", _plain(strength))]
    pools += [(f"{name} of 5 x 5", _enlarged(_plain(pooled(strength)))) for name, pooled in _POOLS.items()]
    return lay_out_panels([[("photograph", _plain(photo)), *kernels], [*strides, *padding], pools])


_POOLS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "maximum": lambda maps: functional.max_pool2d(maps[None], 5)[0],
    "average": lambda maps: functional.avg_pool2d(maps[None], 5)[0],
}


def draw_activations() -> Image.Image:
    """Draw the curves of activations."""
    return lay_out_panels([[(name, _curve(function)) for name, function in ACTIVATIONS.items()]])


def draw_normalisation() -> Image.Image:
    """Draw which maps of a batch are normalised together, and what becomes of a dark photograph."""
    shares = [
        ("batch: one channel of all", _grid({(row, 2) for row in range(4)})),
        ("instance: one map", _grid({(1, 2)})),
        ("local response: neighbours", _grid({(1, channel) for channel in range(5)})),
    ]
    photo = _grey("camera.png", (180, 60, 330, 210))
    dark = 0.1 + 0.25 * photo
    instance = nn.InstanceNorm2d(1)
    levelled = [("the same, normalised", _signed(instance(one[None, None])[0, 0])) for one in (photo, dark)]
    return lay_out_panels([shares, [("photograph", _plain(photo)), levelled[0], ("dark", _plain(dark)), levelled[1]]])


def draw_first_layer(network: CifarResNet) -> Image.Image:
    """Draw the 16 kernels of the first layer as the colours to which they answer most."""
    tiles = []
    for kernel in network.conv1.weight.detach():
        colours = 0.5 + kernel / (2 * kernel.abs().max())
        pixels = (colours.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
        tiles.append(Image.fromarray(pixels).resize((48, 48), Image.Resampling.NEAREST))
    return _packed(tiles, 8)


def draw_feature_maps(network: CifarResNet) -> Image.Image:
    """Draw the most varied maps of each stage, for a photograph of a cat."""
    photo = _photo("chelsea.png").crop((60, 0, 360, 300)).resize((128, 128), Image.Resampling.LANCZOS)
    colours = torch.from_numpy(np.asarray(photo, np.float32) / 255)
    inputs = ((colours - torch.tensor(MEAN)) / torch.tensor(DEVIATION)).permute(2, 0, 1)[None]
    rows = [_captioned("photograph", photo.resize((96, 96), Image.Resampling.LANCZOS))]
    for layer in LAYERS:
        with torch.inference_mode():
            maps = LayerDescriptor(network, layer, "flatten")(inputs)[0]
        side = 128 // {"layer2": 2, "layer3": 4}.get(layer, 1)
        maps = maps.reshape(-1, side, side)
        varied = maps[maps.var(dim=(1, 2)).argsort(descending=True)[:SHOWN]]
        tiles = [_shades(one).resize((96, 96), Image.Resampling.NEAREST) for one in varied]
        rows.append(_captioned(f"{layer}: {len(varied)} of {len(maps)} maps, {side} x {side}", _packed(tiles, SHOWN)))
    return _stacked(rows)


def convolve(photo: torch.Tensor, kernel: torch.Tensor, stride: int = 1, padding: int = 0) -> torch.Tensor:
    """Slide a kernel over a map, as the layers of a network do."""
    return functional.conv2d(photo[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0]


def lay_out_panels(rows: Sequence[Sequence[Panel]]) -> Image.Image:
    """Lay panels in rows, each above its caption."""
    return _stacked([_beside([_captioned(name, image, TILE) for name, image in row]) for row in rows])


def _photo(name: str) -> Image.Image:
    package = find_spec("skimage")
    assert package is not None and package.origin is not None  # a dependency
    return Image.open(Path(package.origin).parent / "data" / name)


def _grey(name: str, box: tuple[int, int, int, int]) -> torch.Tensor:
    return torch.from_numpy(np.asarray(_photo(name).convert("L").crop(box), np.float32) / 255)


def _plain(maps: torch.Tensor) -> Image.Image:
    return Image.fromarray((maps.clamp(0, 1).numpy() * 255).round().astype(np.uint8))


def _seen(maps: torch.Tensor) -> Image.Image:
    return _signed(maps) if maps.min() < 0 else _plain(maps)


def _signed(maps: torch.Tensor) -> Image.Image:
    """Show 0 as grey, and the largest absolute value but for one in a hundred as black or white."""
    return _plain(0.5 + maps / (2 * maps.abs().flatten().quantile(0.99)))


def _shades(maps: torch.Tensor) -> Image.Image:
    low, high = maps.flatten().quantile(0.01), maps.flatten().quantile(0.99)
    return _plain((maps - low) / (high - low).clamp(min=1e-6))


def _enlarged(image: Image.Image) -> Image.Image:
    return image.resize((TILE, TILE), Image.Resampling.NEAREST)


def _with_kernel(image: Image.Image, kernel: torch.Tensor) -> Image.Image:
    """Draw the kernel itself into the lower left corner, enlarged."""
    image = image.convert("RGB")
    small = _plain(0.5 + kernel / (2 * kernel.abs().max())).resize((36, 36), Image.Resampling.NEAREST)
    ImageDraw.Draw(image).rectangle((2, image.height - 42, 41, image.height - 3), fill=STRONG)
    image.paste(small, (4, image.height - 40))
    return image


def _curve(function: nn.Module) -> Image.Image:
    """Draw a function from -4 to 4, on axes that cross at 0."""
    scale, side = TILE // 2 / 4, TILE - 1
    fine = 4
    image = Image.new("RGB", (TILE * fine, TILE * fine), PAPER)
    draw = ImageDraw.Draw(image)

    def place(x: float, y: float) -> tuple[float, float]:
        return (TILE / 2 + x * scale) * fine, (TILE * 0.7 - y * scale) * fine

    draw.rectangle((0, 0, side * fine, side * fine), outline=FAINT, width=fine)
    draw.line((place(-4, 0), place(4, 0)), fill=FAINT, width=fine)
    draw.line((place(0, -4), place(0, 9)), fill=FAINT, width=fine)
    draw.line((place(-0.15, 1), place(0.15, 1)), fill=INK, width=fine)
    draw.text(place(-0.9, 1.35), "1", fill=INK, font=ImageFont.load_default(12 * fine))
    xs = torch.linspace(-4, 4, 401)
    points = [place(x, y) for x, y in zip(xs.tolist(), function(xs).tolist(), strict=True)]
    draw.line(points, fill=STRONG, width=3 * fine, joint="curve")
    return image.resize((TILE, TILE), Image.Resampling.LANCZOS)


def _grid(sharing: set[tuple[int, int]]) -> Image.Image:
    """Draw four images (rows) of six channels (columns), those that are normalised together in colour."""
    image = Image.new("RGB", (TILE, 104), PAPER)
    draw = ImageDraw.Draw(image)
    for row in range(4):
        for channel in range(6):
            box = (channel * 25, row * 26, channel * 25 + 20, row * 26 + 20)
            mine, shared = (row, channel) == (1, 2), (row, channel) in sharing
            draw.rectangle(box, fill=STRONG if mine else PALE if shared else FAINT)
    return image


def _captioned(caption: str, image: Image.Image, width: int = 0) -> Image.Image:
    font = ImageFont.load_default(12)
    width = max(width, image.width, int(font.getlength(caption)) + 1)
    panel = Image.new("RGB", (width, image.height + LINE), PAPER)
    panel.paste(image, (0, 0))
    ImageDraw.Draw(panel).text((0, image.height + 3), caption, fill=INK, font=font)
    return panel


def _packed(tiles: Sequence[Image.Image], columns: int) -> Image.Image:
    rows = [_beside(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    return _stacked(rows)


def _beside(images: Sequence[Image.Image]) -> Image.Image:
    size = sum(p.width for p in images) + GAP * (len(images) - 1), max(p.height for p in images)
    together, left = Image.new("RGB", size, PAPER), 0
    for image in images:
        together.paste(image, (left, size[1] - image.height))
        left += image.width + GAP
    return together


def _stacked(images: Sequence[Image.Image]) -> Image.Image:
    size = max(p.width for p in images), sum(p.height for p in images) + GAP * (len(images) - 1)
    together, top = Image.new("RGB", size, PAPER), 0
    for image in images:
        together.paste(image, (0, top))
        top += image.height + GAP
    return together


def main(arguments: Sequence[str]) -> int:
    """Write the images, or say in one line why not; return the exit code."""
    if len(arguments) != 2:
        print("usage: python -m sonolux.evaluation.network_pictures OUT_FOLDER WEIGHTS", file=sys.stderr)
        return 2
    folder, weights = map(Path, arguments)
    try:
        files = write_images(folder, weights)
    except SonoluxError as error:
        print(error, file=sys.stderr)
        return 1
    print(*files, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
