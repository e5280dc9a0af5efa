"""Objects: the speed of adding from a bucket beside that from the disk, and what listing a large shard reads."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from sonolux.errors import SonoluxError
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.benchmarks.scaling.loopback_store import serving_folder
from sonolux.evaluation.benchmarks.scaling.photos import write_drawn_photos
from sonolux.evaluation.benchmarks.scaling.programs import run_program
from sonolux.evaluation.benchmarks.scaling.shard_reading import ShardReading, measure_listing, write_shard
from sonolux.extras import require

ROUNDS = 3
BUCKET = "box"
ASKED = 0.8
SHARE_READ = 0.2
"""Of a shard's bytes that its listing may read: headers, and not what is in it."""


def benchmark_objects(photos: int, members: int, progress: Announce) -> tuple[Report, dict[str, Any]]:
    """Add so many photos from the disk and from a store in turn, and list a shard of so many members."""
    require("this benchmark", "obstore")
    rounds = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bucket = folder / "served" / BUCKET
        write_drawn_photos(bucket, photos)
        with serving_folder(folder / "served") as environment:
            for number in range(ROUNDS):
                near = run_program("adding", bucket, folder / f"near-{number}")
                far = run_program("adding", f"s3://{BUCKET}", folder / f"far-{number}", environment=environment)
                _refuse_loss(photos, near, far)
                rounds.append((near["rate"], far["rate"]))
                progress(f"disk {near['rate']:.0f}, bucket {far['rate']:.0f} photos a second")
        write_shard(folder / "shard.tar", sorted(bucket.iterdir())[:16], members)
        reading = measure_listing(folder / "shard.tar")
    ratio = median(far / near for near, far in rounds)
    values = {"ratio": ratio, "rounds": rounds, "members": reading.members, "read": reading.read,
              "size": reading.size, "passes": reading.passes}  # fmt: skip
    return _report(rounds, ratio, reading, photos, members), values


def _refuse_loss(photos: int, *measured: dict[str, Any]) -> None:
    for one in measured:
        if one["added"] != photos or one["failed"]:
            raise SonoluxError(f"{one['added']} of {photos} photos were added, {one['failed']} failed: no rate counts")


def _report(
    rounds: list[tuple[float, float]], ratio: float, reading: ShardReading, photos: int, members: int
) -> Report:
    rows = [
        [f"{photos:,} photos, round {number}", f"{near:.0f}", f"{far:.0f}", f"{far / near:.2f}"]
        for number, (near, far) in enumerate(rounds, 1)
    ]
    share = reading.read / reading.size
    return Report(
        "scale-objects",
        "Media in buckets and shards",
        "sonolux bench scale --part objects",
        "Photos of some 500 pixels added with colour-layout and bm25, in photos a second without the start of"
        " processes, from the disk and from S3 that rclone serves on loopback from the same files; in turn, each in a"
        " process of its own. The store runs on the same cores, so its work is part of the ratio."
        f" A tar of {members:,} members, {reading.size / 2**20:,.0f} MiB, is listed by {reading.reads:,} reads of"
        f" {reading.read / 2**20:.2f} MiB in all, in {reading.passes} pass(es); nothing is unpacked.",
        ("photos", "disk", "bucket", "bucket / disk"),
        rows,
        [
            compare_with_target("rate from a bucket over that from the disk, median", ratio, ASKED),
            compare_with_target("share of the members listed", reading.members / members, 1.0),
            compare_with_target("passes over the shard", reading.passes, 1, at_most=True, form=".0f"),
            compare_with_target("share of its bytes read", share, SHARE_READ, at_most=True, form=".4f"),
        ],
    )
