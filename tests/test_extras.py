"""A package of an extra that is not installed costs one line, which names the extra, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sonolux.errors import SonoluxError, TrainingError
from sonolux.extras import EXTRAS, extras_named, missing_line, require

PROGRAM = """
import sys
from pathlib import Path
sys.modules[sys.argv.pop(1)] = None
from sonolux.cli import main
main()
"""

COMMANDS = {
    "codes": ["--data", "nowhere"],
    "labels": ["--data", "nowhere", "--from", "none"],
    "sounds": ["--data", "nowhere", "--from", "none"],
    "events": ["--data", "nowhere"],
    "speech": ["--data", "nowhere"],
    "fingerprints": ["--data", "nowhere"],
}


def run_without(package: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, package, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)


@pytest.mark.parametrize("package", ["lightning", pytest.param("matplotlib", marks=pytest.mark.long)])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_training_says_what_it_needs_before_anything_is_read(command: str, package: str, tmp_path: Path) -> None:
    ran = run_without(package, "train", command, "--out", str(tmp_path / "model"), *COMMANDS[command])
    assert ran.returncode == 1
    assert ran.stderr == f"sonolux: training needs {package}: pip install 'sonolux[train]'\n"
    assert not (tmp_path / "model").exists()


def test_metric_learning_says_what_it_needs(tmp_path: Path) -> None:
    command = ["train", "codes", "--data", "nowhere", "--out", str(tmp_path / "model"), "--method", "supervised"]
    ran = run_without("pytorch_metric_learning", *command)
    assert ran.returncode == 1
    assert ran.stderr == "sonolux: training needs pytorch-metric-learning: pip install 'sonolux[train]'\n"


def test_packed_data_says_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "train.parquet").write_bytes(b"PAR1")
    data = str(tmp_path / "train.parquet")
    ran = run_without("pyarrow", "train", "labels", "--data", data, "--out", str(tmp_path / "model"))
    assert ran.returncode == 1
    assert ran.stderr == f"sonolux: {data} needs pyarrow: pip install 'sonolux[train]'\n"


def test_a_cluster_says_what_it_needs() -> None:
    ran = run_without("qdrant_client", "info", "--library", "http://localhost:1/photos")
    assert ran.returncode == 1
    assert ran.stderr == "sonolux: a library on a cluster needs qdrant-client: pip install 'sonolux[cluster]'\n"


@pytest.mark.parametrize("method", ["pca", "bag-of-words", "feedback"])
def test_what_needs_no_loop_needs_no_extra(method: str) -> None:
    program = (
        "import sys; sys.modules.update(lightning=None, matplotlib=None, pytorch_metric_learning=None);"
        f"from sonolux.training.methods import methods; print(callable(methods.get({method!r}).load()))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stdout == "True\n", ran.stderr


def test_a_training_function_says_it_too(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['lightning'] = None; from pathlib import Path;"
        "from sonolux.errors import TrainingError;"
        "from sonolux.training.classification.images import train_labels;"
        "from sonolux.training.classification.recipes import LabelsRecipe\n"
        "try: train_labels(None, LabelsRecipe(), Path('model'))\n"
        "except TrainingError as error: print(error)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.stdout == "training needs lightning: pip install 'sonolux[train]'\n", ran.stderr


def test_any_other_missing_module_is_a_bug_and_stays_one() -> None:
    with pytest.raises(ModuleNotFoundError), extras_named("a test"):
        import nothing_of_that_name  # type: ignore[import-not-found] # noqa: F401


def test_errors_are_of_the_kind_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hnswlib", None)
    with pytest.raises(TrainingError, match=r"^a test needs hnswlib: pip install 'sonolux\[bench\]'$"):
        require("a test", "json", "hnswlib", error=TrainingError)
    with pytest.raises(SonoluxError, match="a test needs hnswlib"), extras_named("a test"):
        import hnswlib  # noqa: F401


def test_every_package_of_an_extra_is_known() -> None:
    import tomllib

    declared = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    for package, extra in EXTRAS.items():
        project = missing_line("x", package).split(":")[0].removeprefix("x needs ")
        assert any(one.startswith(project) for one in declared["optional-dependencies"][extra])
