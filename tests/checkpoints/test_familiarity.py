"""What is none of the classes: chances are true for known items, and what is far away is always told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sonolux.checkpoints.familiarity import KNOWN, Familiarity, known_chances
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.outputs import KnownClasses, Labels
from sonolux.errors import ModelError

BEFORE = Path(__file__).parent / "before_2" / "labels"


def drawn(each: int, seed: int, dim: int = 12) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), each)
    scale = np.linspace(0.2, 2, dim)
    return np.eye(3, dim)[labels] * 9 + random.normal(size=(3 * each, dim)) * scale, labels


def test_distances_are_mahalanobis() -> None:
    rows, labels = drawn(200, 0)
    learned = Familiarity.of(rows, labels, shrinkage=1e-9)
    spread = rows - np.stack([rows[labels == label].mean(axis=0) for label in range(3)])[labels]
    inverse = np.linalg.inv(spread.T @ spread / (len(rows) - 3))
    apart = rows[7] - learned.means.astype(float)
    assert learned.distances(rows[7:8])[0] == pytest.approx(np.einsum("ij,jk,ik->i", apart, inverse, apart), rel=1e-3)


@pytest.mark.parametrize("each", [5, 40])
def test_one_known_item_in_twenty_is_refused_and_what_is_far_away_always(each: int) -> None:
    refused = []
    for seed in range(30):
        rows, labels = drawn(2 * each, seed)
        learned = Familiarity.of(rows[::2], labels[::2])
        known = KnownClasses(left_out=tuple(np.sort(learned.unfamiliarity(rows[1::2]))), sha256="")
        asked, _ = drawn(100, 1_000 + seed)
        refused.append((known_chances(learned.unfamiliarity(asked), known) < known.level).mean())
        far = known_chances(learned.unfamiliarity(np.full((1, 12), -60.0)), known)
        assert 0 < far[0] < 0.01
    assert np.mean(refused) == pytest.approx(0.05, abs=0.03)


def test_it_is_written_and_read_and_a_change_is_told(tmp_path: Path) -> None:
    rows, labels = drawn(20, 0)
    learned = Familiarity.of(rows, labels)
    known = KnownClasses(left_out=(0.0,), sha256=learned.save(tmp_path))
    again = Familiarity.load(tmp_path, known)
    assert np.array_equal(again.unfamiliarity(rows), learned.unfamiliarity(rows))
    (tmp_path / KNOWN).write_bytes(b"x" + (tmp_path / KNOWN).read_bytes()[1:])
    with pytest.raises(ModelError, match="was changed: train again"):
        Familiarity.load(tmp_path, known)
    (tmp_path / KNOWN).unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        Familiarity.load(tmp_path, known)


def test_a_folder_of_format_2_opens_and_keeps_its_digest() -> None:
    folder = ModelFolder.load(BEFORE)
    assert (folder.written, folder.format) == (2, 4)
    assert isinstance(folder.outputs, Labels) and folder.outputs.known is None
    folder.verify()
