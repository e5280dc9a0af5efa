"""Random views: what may change does, and nothing else."""

from __future__ import annotations

import colorsys

import numpy as np
import torch
from skimage.data import astronaut
from torch.nn import functional

from sonolux.training.augmentation.images import ImageViews, recoloured

STILL = ImageViews(smallest=1.0, light=0, saturation=0, hue=0, grey=0, mirrored=False)


def images(n: int = 6) -> torch.Tensor:
    photo = torch.from_numpy(astronaut()).permute(2, 0, 1)[None].float() / 255
    return functional.interpolate(photo, (32, 32), mode="area").repeat(n, 1, 1, 1)


def still(**changes: float | bool) -> ImageViews:
    return ImageViews(**{**{name: getattr(STILL, name) for name in STILL.__slots__}, **changes})


def test_without_any_change_colours_stay() -> None:
    assert torch.allclose(recoloured(images(), STILL), images(), atol=1e-5)


def test_mirrored_views_are_the_image_or_its_mirror_image() -> None:
    torch.manual_seed(0)
    # Only the shape of a crop may still change: compare with what is a crop of neither.
    for view in still(mirrored=True)(images(20)):
        near = (view - images(1)[0]).abs().mean()
        mirror = (view - images(1)[0].flip(2)).abs().mean()
        assert min(near, mirror) < 0.6 * max(near, mirror)


def test_grey_views_have_no_colour() -> None:
    view = still(grey=1.0)(images())
    assert (view.amax(1) - view.amin(1)).max() < 1e-2


def test_brightness_multiplies() -> None:
    torch.manual_seed(0)
    dark = images() * 0.5
    ratio = recoloured(dark, still(light=0.3)).mean((1, 2, 3)) / dark.mean((1, 2, 3))
    assert 0.69 < float(ratio.min()) < 0.95
    assert 1.05 < float(ratio.max()) < 1.31


def test_hue_turns_and_luma_stays() -> None:
    torch.manual_seed(1)
    flat = torch.tensor([0.6, 0.4, 0.3])[None, :, None, None].expand(40, 3, 4, 4).contiguous()
    turned = recoloured(flat, still(hue=0.5))[:, :, 0, 0]
    luma = turned @ torch.tensor([0.299, 0.587, 0.114])
    assert torch.allclose(luma, luma[:1].expand(40), atol=1e-3)
    hues = np.array([colorsys.rgb_to_hsv(*colour)[0] for colour in turned.tolist()])
    assert len(np.unique(np.round(hues, 1))) >= 8


def test_crops_are_parts_of_the_image() -> None:
    torch.manual_seed(2)
    ramp = torch.linspace(0, 1, 32)[None, None, None].expand(50, 3, 32, 32).contiguous()
    views = still(smallest=0.2)(ramp)
    spans = views.amax((1, 2, 3)) - views.amin((1, 2, 3))
    assert spans.min() > 0.3
    assert spans.max() <= 1
    assert spans.std() > 0.05


def test_the_same_seed_gives_the_same_views() -> None:
    torch.manual_seed(3)
    first = ImageViews()(images())
    torch.manual_seed(3)
    assert torch.equal(first, ImageViews()(images()))
