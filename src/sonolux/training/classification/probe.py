"""Linear probe: the head of a pretrained network as logistic regression finds it, for fine-tuning to start from.

A random head sends large, random gradients into the layers before it, and spoils what they had learned before it has
learned anything itself; of a few images a class that is never made good. A head that fits already leaves little to
change (A. Kumar et al., "Fine-tuning can distort pretrained features and underperform out-of-distribution", ICLR 2022).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sonolux.training.data.images import ImageSet
from sonolux.training.loop.image_inputs import described_at_once, normalise

BATCH = 32
"""Images that are seen at once."""

FIT = 10.0
"""How much fitting counts beside small weights (C of scikit-learn), of features whose length is 1 on average."""

ITERATIONS = 2_000


@torch.no_grad()
def probe_head(network: nn.Module, name: str, images: ImageSet, *, balanced: bool) -> None:
    """Set a network's last linear layer to what logistic regression tells from what that layer sees.

    Parameters
    ----------
    network : torch module
        On the CPU; nothing else of it changes.
    name : str
        Of its last linear layer.
    images : ImageSet
        With labels; each class has an image.
    balanced : bool
        Whether every class counts as much as any other.
    """
    from sklearn.linear_model import LogisticRegression

    head = network.get_submodule(name)
    assert isinstance(head, nn.Linear)
    rows = head_inputs(network, head, images)
    length = float(np.linalg.norm(rows, axis=1).mean()) or 1.0
    probe = LogisticRegression(C=FIT, max_iter=ITERATIONS, class_weight="balanced" if balanced else None)
    probe.fit(rows / length, images.labels)
    weights, bias = probe.coef_ / length, probe.intercept_
    if len(weights) == 1:  # of two classes there is one score, that of the second
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    head.weight.copy_(torch.from_numpy(weights))
    if head.bias is not None:
        head.bias.copy_(torch.from_numpy(bias))


def head_inputs(network: nn.Module, head: nn.Linear, images: ImageSet) -> NDArray[np.float64]:
    """Return what a layer of a network sees of each image, as they are, float64 (n, features)."""
    seen: list[NDArray[np.float64]] = []
    hook = head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].double().numpy()))
    training = network.training
    network.eval()
    try:
        batch = min(BATCH, described_at_once(images.pixels.shape[1]))
        for start in range(0, len(images), batch):
            pixels = torch.from_numpy(images.pixels[start : start + batch]).permute(0, 3, 1, 2).float() / 255
            network(normalise(pixels))
    finally:
        hook.remove()
        network.train(training)
    return np.concatenate(seen)
