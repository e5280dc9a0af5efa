"""Getting annotators by name, and what is said where there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from annotators.colours import colour_model
from annotators.test_base import Counting
from installing import install
from sonolux.annotators import available, register, resolve
from sonolux.annotators.registry import ANNOTATORS
from sonolux.errors import SonoluxError


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ANNOTATORS, "entries", dict(ANNOTATORS.entries))


def test_a_registered_class_is_found() -> None:
    register("counting", Counting)
    assert "counting" in available()
    assert resolve("counting").annotate_one("one two")[0].label == "one"


def test_an_installed_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "from annotators.test_base import Counting"
    install(monkeypatch, tmp_path, ANNOTATORS, "from-a-package", "counting_of_ours:Counting", source)
    assert "from-a-package" in available()
    assert resolve("from-a-package").name == "counting"


def test_a_broken_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, tmp_path, ANNOTATORS, "from-a-package", "no_such_module:Thing")
    with pytest.raises(SonoluxError, match="from-a-package of no_such_module:Thing cannot be loaded"):
        resolve("from-a-package")


def test_what_was_meant_is_said() -> None:
    register("counting", Counting)
    with pytest.raises(SonoluxError, match=r"no annotator 'conting' \(did you mean counting\?\)"):
        resolve("conting")


def test_what_makes_no_annotator_is_refused() -> None:
    register("wrong", object)
    with pytest.raises(SonoluxError, match="wrong: what is registered does not make annotators"):
        resolve("wrong")


def test_what_fails_to_make_one_is_one_line() -> None:
    register("failing", lambda: int("five"))
    with pytest.raises(SonoluxError, match=r"^annotator failing cannot be made: invalid literal for int"):
        resolve("failing")


def test_a_model_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    colour_model(tmp_path / "colours")
    monkeypatch.chdir(tmp_path)
    assert resolve("colours").name == resolve("./colours").name == "colours"


@pytest.mark.parametrize("spec", ["nonsense", "", "a/b/c", "x" * 5000, "nul\0byte", "../..//", "🎵"])
def test_an_unknown_name_says_what_to_give(spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SonoluxError, match="or give a model folder, or org/name of the hub") as refusal:
        resolve(spec)
    assert "\n" not in str(refusal.value)
    register("counting", Counting)
    with pytest.raises(SonoluxError, match=r"there are counting, [\w, -]+; or give"):
        resolve(spec)


def test_importing_is_cheap() -> None:
    heavy = ["torch", "transformers", "PIL", "lightning", "qdrant_edge"]
    code = f"import sys, sonolux.annotators; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
