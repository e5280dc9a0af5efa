"""What `import sonolux` offers, and that it stays cheap."""

from __future__ import annotations

import subprocess
import sys

import pytest

import sonolux as sx


@pytest.mark.parametrize("name", sorted(sx._HOMES))
def test_every_name_is_found_where_a_user_would_look(name: str) -> None:
    assert getattr(sx, name).__name__.startswith(name)
    assert name in dir(sx)


def test_every_way_to_train_is_there() -> None:
    ways = {name for name in dir(sx) if name.startswith("train_")}
    assert ways == {
        "train_codes", "train_labels", "train_sounds", "train_events", "train_speech", "train_fingerprints",
        "train_feedback", "train_captions",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typo", "meant"), [("Libary", "Library"), ("Anotator", "Annotator"), ("train_code", "train_codes")]
)
def test_a_typo_names_the_nearest(typo: str, meant: str) -> None:
    with pytest.raises(AttributeError, match=f"no attribute '{typo}': did you mean {meant}\\?"):
        getattr(sx, typo)


def test_what_is_like_nothing_is_plainly_not_there() -> None:
    with pytest.raises(AttributeError, match=r"has no attribute 'xyzzy'$"):
        sx.xyzzy  # noqa: B018 - looking is what is tested
    assert not hasattr(sx, "__path_of_nothing__")


def test_importing_and_all_load_no_torch() -> None:
    program = """
import sys
import sonolux
assert not {"numpy", "torch", "qdrant_edge"} & set(sys.modules), "import sonolux"
dir(sonolux)
from sonolux import *
assert Library and Encoder and Annotator and Hits
assert not {"torch", "lightning"} & set(sys.modules), "import *"
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
