"""Which encoders a new library takes, and what happens when one of them cannot be used."""

from __future__ import annotations

import logging

import pytest

from sonolux.encoders import Encoder, resolve
from sonolux.errors import EncoderError
from sonolux.library import spaces


def test_a_default_model_that_cannot_be_used_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(spec: str) -> list[Encoder]:
        if spec == "org/broken":
            raise EncoderError("its weights are pickled")
        return resolve(spec)

    monkeypatch.setattr(spaces, "default_specs", lambda: (["hog", "org/broken", "bm25"], "why"))
    monkeypatch.setattr(spaces, "resolve", refuse)
    with caplog.at_level(logging.WARNING):
        assert [encoder.name for encoder in spaces.default_encoders()] == ["hog", "bm25"]
    assert "org/broken is left out: its weights are pickled" in caplog.text
