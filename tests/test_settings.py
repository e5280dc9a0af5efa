from __future__ import annotations

from collections.abc import Iterator

import pytest

from sonolux.errors import SonoluxError
from sonolux.settings import settings


def test_the_environment_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOLUX_WORKERS", "3")
    settings.cache_clear()
    assert settings().workers == 3


@pytest.mark.parametrize(("name", "value"), [("WORKERS", "abc"), ("WORKERS", "0"), ("HUB", "sometimes")])
def test_what_a_setting_cannot_be_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"SONOLUX_{name}", value)
    settings.cache_clear()
    with pytest.raises(SonoluxError, match=f"^SONOLUX_{name} cannot be '{value}': .*$"):
        settings()


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Forget what a test set."""
    yield
    settings.cache_clear()
