from __future__ import annotations

from pathlib import Path

import pytest

KEYS = ["id", "path", "modality", "start", "end", "unit", "score", "chance", "space"]


def names(ran) -> list[str]:
    return [Path(hit["path"]).name for hit in ran.records]


@pytest.mark.usefixtures("reading")
class TestAsking:
    def test_words(self, cli) -> None:
        ran = cli("search", "a", "cup", "of", "coffee", "--json")
        assert ran.code == 0
        assert {"coffee.jpg", "coffee_small.jpg", "coffee.md"} <= set(names(ran))
        assert all(list(hit)[:9] == KEYS for hit in ran.records)
        assert all(0 < hit["chance"] <= 1 for hit in ran.records)

    def test_image(self, cli, sample: Path) -> None:
        found = names(cli("search", "--image", sample / "photos" / "pagoda_turned.jpg", "--json", "-k", 3))
        assert found[0] == "pagoda_turned.jpg"
        assert set(found[1:]) == {"pagoda.jpg", "a_day_out.mp4"}

    def test_image_in_a_video_has_the_time_of_its_shot(self, cli, sample: Path) -> None:
        photo = sample / "photos" / "coffee.jpg"
        ran = cli("search", "--image", photo, "--where", "modality=video", "--json")
        hit = ran.records[0]
        assert (hit["kind"], hit["start"], hit["end"]) == ("shot", pytest.approx(4, abs=0.2), pytest.approx(8, abs=0.2))

    def test_sound_in_a_long_recording_has_the_time_of_its_window(self, cli, sample: Path) -> None:
        ran = cli("search", "--audio", sample / "sounds" / "bells.mp3", "--space", "mfcc", "--json", "-k", 2)
        hit = ran.records[1]
        assert Path(hit["path"]).name == "walk.mp3"
        assert hit["start"] >= 40

    def test_video(self, cli, sample: Path) -> None:
        ran = cli("search", "--video", sample / "video" / "a_day_out.mp4", "--json", "-k", 1)
        assert names(ran) == ["a_day_out.mp4"]

    def test_why(self, cli, sample: Path) -> None:
        ran = cli("search", "cat", "moth", "--explain", "-k", 1)
        assert ran.code == 0
        assert "bm25: rank 1, chance 1 in" in ran.out
        assert "holds cat, moth" in ran.out
        hit = cli("search", "cat", "moth", "--explain", "-k", 1, "--json").records[0]
        assert ["cat", "moth"] in [reason["words"] for reason in hit["why"]]
        assert "why" not in cli("search", "cat", "moth", "-k", 1, "--json").records[0]

    def test_why_names_the_example(self, cli, sample: Path) -> None:
        like = [sample / "photos" / "gravel.jpg", sample / "sounds" / "sea.mp3"]
        ran = cli("search", "--like", like[0], "--like", like[1], "--explain", "-k", 1)
        assert f"resembles {like[1]}: 0:30-0:40" in ran.out

    def test_examples_leave_themselves_out(self, cli, sample: Path) -> None:
        like = [sample / "photos" / name for name in ("gravel.jpg", "brick_wall.jpg")]
        unlike = sample / "photos" / "dahlia.jpg"
        ran = cli("search", "--like", like[0], "--like", like[1], "--unlike", unlike, "--space", "hog", "--json")
        assert ran.code == 0
        assert not {"gravel.jpg", "brick_wall.jpg", "dahlia.jpg"} & set(names(ran))

    def test_mix_with_weights(self, cli, sample: Path) -> None:
        image = sample / "photos" / "cat.jpg"
        heavy = cli("search", "coffee", "--image", image, "--weight", "image=99", "--json")
        light = cli("search", "coffee", "--image", image, "--weight", "image=0.01", "--json")
        assert names(heavy)[0] in ("cat.jpg", "cat_cut.jpg")
        assert "coffee" in names(light)[0]

    def test_pages_go_on(self, cli, sample: Path) -> None:
        image = ("--image", sample / "photos" / "moon.jpg", "--space", "hog")
        whole = names(cli("search", *image, "--json", "-k", 6))
        second = cli("search", *image, "--json", "-k", 3, "--page", 2)
        assert names(second) == whole[3:]
        assert cli("search", *image, "-k", 3, "--page", 2).lines[1].startswith("4  ")

    def test_filters(self, cli) -> None:
        ran = cli("search", "coffee", "--where", "modality=text", "--json")
        assert {hit["modality"] for hit in ran.records} == {"text"}

    def test_spans_are_hits_of_their_own(self, cli, sample: Path) -> None:
        ran = cli("search", "--audio", sample / "sounds" / "sea.mp3", "--spans", "--json", "-k", 20)
        assert names(ran).count("walk.mp3") > 1

    def test_diversity_changes_the_order(self, cli, sample: Path) -> None:
        asked = ("search", "--image", sample / "photos" / "motorcycle.jpg", "--space", "hog", "--json")
        assert {"motorcycle_again.jpg", "a_day_out.mp4"} == set(names(cli(*asked))[1:3])
        varied = names(cli(*asked, "--diverse", 0.9))
        assert varied[0] == "motorcycle.jpg" and "motorcycle_again.jpg" not in varied[1:3]


@pytest.mark.usefixtures("reading")
class TestAnswering:
    def test_people_see_rank_chance_time_path_and_title(self, cli, sample: Path, monkeypatch) -> None:
        monkeypatch.chdir(sample)
        ran = cli("search", "--audio", "sounds/bells.mp3", "--space", "mfcc", "-k", 2)
        assert ran.lines[0].split() == ["#", "score", "chance", "modality", "where", "path", "title"]
        assert ran.lines[1].startswith("1 ") and "sounds/bells.mp3  Bells" in ran.lines[1]
        assert "sounds/walk.mp3" in ran.lines[2] and "0:50-1:00" in ran.lines[2]
        assert "asked mfcc in " in ran.err

    def test_nothing_found_is_said_and_exits_0(self, cli) -> None:
        ran = cli("search", "zeppelin", "--confident")
        assert (ran.code, ran.out) == (0, "nothing found\n")
        assert cli("search", "zeppelin", "--confident", "--json").out == ""

    def test_confident_says_when_something_lies_below(self, cli, sample: Path) -> None:
        asked = ("--image", sample / "photos" / "retina.jpg", "--where", "modality=video")
        assert len(cli("search", *asked, "--json").records) == 1
        ran = cli("search", *asked, "--confident")
        assert ran.out == "nothing found\n"
        assert "without --confident" in ran.err and "a_day_out.mp4" in ran.err

    def test_page_of_hits(self, cli, tmp_path: Path) -> None:
        ran = cli("search", "coffee", "--html", tmp_path / "hits.html")
        written = (tmp_path / "hits.html").read_text()
        assert ran.code == 0 and "wrote" in ran.err
        assert "“coffee”" in written and "data:image/jpeg;base64," in written

    def test_quiet_has_no_remarks(self, cli) -> None:
        assert cli("search", "coffee", "--quiet").err == ""

    @pytest.mark.parametrize(
        ("arguments", "code", "reason"),
        [
            ([], 1, "nothing is asked"),
            (["coffee", "--weight", "image"], 2, "PART=NUMBER"),
            (["coffee", "--weight", "smell=2"], 1, "no weight for"),
            (["coffee", "--space", "smell"], 1, "no space 'smell'"),
            (["coffee", "--where", "smell=good"], 1, "no filter on 'smell'"),
            (["coffee", "-k", "0"], 2, "-k"),
            (["--like", "no-such-item"], 1, "no-such-item is no id or file"),
            (["--image", "no-such-file.jpg"], 1, "sonolux: "),
        ],
    )
    def test_what_cannot_be_asked(self, cli, arguments: list[str], code: int, reason: str) -> None:
        ran = cli("search", *arguments)
        assert ran.code == code and ran.out == ""
        assert reason in " ".join(ran.err.split())
