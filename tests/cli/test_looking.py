from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.usefixtures("reading")
class TestShow:
    def test_file_with_metadata_and_spans(self, cli, sample: Path) -> None:
        record = cli("show", sample / "sounds" / "walk.mp3", "--json").records[0]
        assert record["metadata"]["genre"] == ["Nature"]
        assert record["metadata"]["duration"] == pytest.approx(60, abs=0.2)
        assert [span["start"] for span in record["spans"]][:3] == [0, 5, 10]
        told = cli("show", record["id"]).out
        assert "genre     Nature" in told and "0:50-1:00" in told

    def test_span(self, cli, sample: Path) -> None:
        file = cli("show", sample / "video" / "a_day_out.mp4", "--json").records[0]
        shot = next(span for span in file["spans"] if span["kind"] == "shot")
        record = cli("show", shot["id"], "--json").records[0]
        assert (record["file"], record["spans"]) == (file["id"], [])
        assert "where     0:00-0:04" in cli("show", shot["id"]).out

    def test_text_is_shown_line_by_line(self, cli, sample: Path) -> None:
        path = sample / "texts" / "coins.md"
        lines = cli("show", path).lines
        assert "# Coins in the museum" in lines

    def test_stranger_is_refused(self, cli) -> None:
        ran = cli("show", "nothing.jpg")
        assert ran.code == 1 and "nothing.jpg is no id or file" in ran.err


@pytest.mark.usefixtures("reading")
class TestList:
    def test_every_file_once(self, cli, sample: Path) -> None:
        files = sorted(str(path) for path in sample.rglob("*") if path.is_file())
        ran = cli("list", "--json")
        assert sorted(record["path"] for record in ran.records) == files
        assert ran.err == f"{len(files)} files\n"
        assert len(cli("list").lines) == len(files)

    def test_filter_and_limit(self, cli) -> None:
        records = cli("list", "--json", "--where", "modality=audio", "--where", "genre=Percussion").records
        assert sorted(Path(record["path"]).name for record in records) == ["drum_loop.wav", "drum_loop_fast.ogg"]
        assert len(cli("list", "-k", 3).lines) == 3

    def test_spans(self, cli) -> None:
        records = cli("list", "--json", "--spans", "--where", "kind=shot").records
        assert sorted(record["start"] for record in records) == pytest.approx([0, 4, 8, 12, 16, 20], abs=0.2)


@pytest.mark.usefixtures("reading")
def test_info(cli) -> None:
    facts = cli("info", "--json").records[0]
    assert facts["files"] == sum(facts["modalities"].values())
    shots = facts["spaces"]["bm25"] - facts["files"] - 1
    assert 0 < shots <= 12, "every file, the passage of the subtitles, and the shots of which a label was said"
    told = cli("info").out
    assert f"files     {facts['files']} (20 image, 10 audio, 1 video, 6 text)" in told and "colour-layout" in told
