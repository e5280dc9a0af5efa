from __future__ import annotations

import sys

import pytest

from tools import smoke


@pytest.mark.long
def test_steps_pass_on_what_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke, "STEPS", smoke.STEPS[:3])
    assert smoke.run([sys.executable, "-m", "sonolux"]) == 0


def test_what_is_not_printed_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(smoke, "STEPS", (("--version", "no such words"), ("no-such-command", "sonolux")))
    assert smoke.run([sys.executable, "-m", "sonolux"]) == 2
    assert "'no such words' not printed in" in capsys.readouterr().out
