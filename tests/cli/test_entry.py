"""The installed command as a process: start, exit codes, streams."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sonolux

SONOLUX = str(Path(sys.executable).with_name("sonolux"))
COMMANDS = (
    *("sample", "add", "search", "show", "list", "remove"),
    *("spaces", "duplicates", "export", "info", "doctor"),
)
HEAVY = {"numpy", "torch", "qdrant_edge", "av", "PIL", "transformers", "scipy"}


def run(*arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SONOLUX, *arguments], capture_output=True, text=True, timeout=timeout, check=False)


def test_version() -> None:
    assert run("--version").stdout == f"sonolux {sonolux.__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["search", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = (
        f"import sys; sys.argv = ['sonolux', *{arguments!r}]\nfrom sonolux.cli import main\n"
        "try:\n    main()\nfinally:\n    print(*sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & {name.split(".")[0] for name in ran.stderr.split()}


def test_help_documents_commands_and_exit_codes() -> None:
    told = " ".join(run("--help").stdout.split())
    for command in COMMANDS:
        assert f"│ {command} " in told
    assert "0 all done" in told and "3 done, but some files failed" in told
    assert "demo" not in told and "bench" not in told


def test_refusal_is_one_line_and_code_1(tmp_path: Path) -> None:
    ran = run("search", "dog", "--library", str(tmp_path / "none.sonolux"))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("sonolux: there is no library at ") and ran.stderr.count("\n") == 1


def test_unreadable_command_line_is_code_2() -> None:
    assert run("search", "--nonsense").returncode == 2


def test_some_failed_is_code_3_with_one_summary(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("a boat on the lake")
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    ran = run("add", str(tmp_path), "--json", "--space", "bm25")
    summary = json.loads(ran.stdout)
    assert ran.returncode == 3
    assert list(summary) == [
        "added",
        "updated",
        "moved",
        "unchanged",
        "removed",
        "fingerprinted",
        "failed",
        "partly",
        "skipped",
        "seconds",
    ]
    assert summary["added"] == 1
    assert [failed["path"] for failed in summary["failed"]] == [str(tmp_path / "bad.jpg")]
    assert summary["failed"][0]["reason"]


def test_closed_pipe_is_quiet(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(f"note {number}")
    assert run("add", str(tmp_path), "--space", "bm25").returncode == 0
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        ran = subprocess.run([SONOLUX, "list"], stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr and "Exception" not in ran.stderr


def test_interrupted_add_is_code_130_and_goes_on(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    for number in range(2000):
        (media / f"{number}.txt").write_text(f"note {number}")
    process = subprocess.Popen([SONOLUX, "add", str(media), "--space", "bm25"], stderr=subprocess.PIPE, text=True)
    library = Path(os.environ["SONOLUX_LIBRARY"])
    while not library.exists():
        time.sleep(0.01)
    time.sleep(0.4)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("the addition was over before it could be stopped")
    assert process.returncode == 130
    assert "Traceback" not in told
    summary = json.loads(run("add", str(media), "--json").stdout)
    assert summary["added"] + summary["unchanged"] == 2000
