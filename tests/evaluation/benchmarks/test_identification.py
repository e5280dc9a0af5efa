"""The benchmark of naming recordings, on a set so small that it only shows that it runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from sonolux.cli import main
from sonolux.evaluation.benchmarks import identification
from sonolux.evaluation.protocols.identification import read_queries
from tunes import RATE, noisy, tune

HEADER = "query,truth,source,start_s,length_s,condition,snr_db,distortion,speed\n"


@pytest.fixture(scope="module")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("set")
    for name in ("catalog", "queries"):
        (root / name).mkdir()
    for number in range(4):
        sf.write(root / "catalog" / f"t{number}.wav", tune(number, 20), RATE)
    rows = []
    for length in identification.LENGTHS:
        for number in range(6):
            name = f"{length}-{number}.wav"
            sound = tune(number, 20)[4 * RATE : (4 + length) * RATE]
            sf.write(root / "queries" / name, noisy(sound, 10), RATE)
            truth = f"t{number}" if number < 4 else "unknown"
            rows.append(f"{name},{truth},t{number},4.0,{length},n10,10,,1\n")
    (root / "truth.csv").write_text(HEADER + "".join(rows))
    assert len(read_queries(root)) == len(rows)
    return root


@pytest.mark.long
def test_scores_are_told_as_json(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(identification, "LARGE", 0.5)
    page = tmp_path / "page.md"
    asked = ["bench", "identify", "--data", str(small_set), "--json", "--page", str(page)]
    monkeypatch.setattr(sys, "argv", ["sonolux", *asked])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    cards = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = ("identify", "identify in joined clips")
    assert [card["protocol"] for card in cards] == [f"{kind}, {length} s" for kind in kinds for length in (2, 5, 10)]
    assert cards[2]["scores"] == {"n10": 1.0, "all": 1.0}
    joined = ("hiss in front", "hiss behind", "silence in front")
    assert cards[-1]["scores"] == dict.fromkeys([*joined, "all"], 1.0)
    assert "## Name that tune" in page.read_text()
    assert np.isfinite([card["scores"]["all"] for card in cards]).all()
