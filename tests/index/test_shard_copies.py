"""The shards that tests start from are those that the engine makes."""

from __future__ import annotations

import filecmp
from pathlib import Path

from shard_copies import copying
from sonolux.index.qdrant_edge import make_shard


def test_a_copy_is_what_the_engine_makes(tmp_path: Path) -> None:
    made, copied = tmp_path / "made", tmp_path / "copied"
    for folder in (made, copied):
        folder.mkdir()
    copying(make_shard, made)(copied)
    names = [one.relative_to(made) for one in made.rglob("*")]
    assert names
    assert {one.relative_to(copied) for one in copied.rglob("*")} == set(names)
    files = [name for name in names if (made / name).is_file()]
    assert filecmp.cmpfiles(made, copied, files, shallow=False)[0] == files
    assert sum(one.stat().st_blocks for one in copied.rglob("*")) * 512 < 2**24
