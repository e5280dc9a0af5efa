"""``sonolux judge`` and ``sonolux train feedback``, end to end on digits."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from digits import judge_like_somebody, precision, write_digits
from sonolux.library import Library

OF_THE_LIBRARY = ["--library", "l.sonolux"]


@pytest.fixture
def digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Make a library of a dozen digits, and stand beside it."""
    return filled(tmp_path, monkeypatch, 12)


def filled(folder: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> list[Path]:
    monkeypatch.chdir(folder)
    write_digits(folder / "digits", count)
    with Library(folder / "l.sonolux") as library:
        library.add(folder / "digits", spaces=["colour-layout"])
    return sorted(Path("digits").iterdir(), key=lambda path: path.name[2:])


class TestJudge:
    def test_what_is_judged_is_listed(self, cli, digits: list[Path]) -> None:
        a, b, c, d = digits[:4]
        ran = cli("judge", *OF_THE_LIBRARY, a, "--like", b, "--like", c, "--unlike", d)
        assert (ran.code, ran.out, ran.err) == (0, "3 kept\n", "3 judgements of 1 question\n")
        assert cli("judge", *OF_THE_LIBRARY, "--text", "round  ones", "--unlike", a).err.startswith("4 judgements of 2")
        ran = cli("judge", *OF_THE_LIBRARY)
        assert [line.split() for line in ran.lines] == [
            ["opinion", "question", "hit"],
            ["like", str(a), str(b)],
            ["like", str(a), str(c)],
            ["unlike", str(a), str(d)],
            ["unlike", "“round", "ones”", str(a)],
        ]
        records = cli("judge", *OF_THE_LIBRARY, "--json").records
        assert [(Path(one["path"]).name, one["liked"]) for one in records[:3]] == [
            (b.name, True), (c.name, True), (d.name, False),
        ]  # fmt: skip
        assert (records[3]["query"], records[3]["query_path"], records[3]["asked"]) == ("round ones", None, "text")
        again = cli("judge", *OF_THE_LIBRARY, records[0]["query"], "--unlike", records[0]["item"], "--json")
        assert again.records == [{"kept": 1}]
        assert len(cli("judge", *OF_THE_LIBRARY, "--json").records) == 4

    def test_removed_items_leave_with_their_judgements(self, cli, digits: list[Path]) -> None:
        cli("judge", *OF_THE_LIBRARY, digits[0], "--like", digits[1])
        cli("remove", *OF_THE_LIBRARY, digits[1])
        assert cli("judge", *OF_THE_LIBRARY).lines == ["nothing judged yet"]

    def test_what_cannot_be_judged_is_one_line(self, cli, digits: list[Path]) -> None:
        for arguments, reason in (
            ([digits[0]], "nothing is judged: name items that are liked, or not"),
            (["--like", digits[0]], "a judgement is of one question: an item, or words"),
            ([digits[0], "--like", "nowhere.png"], "nowhere.png is no id or file in this library"),
        ):
            ran = cli("judge", *OF_THE_LIBRARY, *arguments)
            assert (ran.code, ran.out, ran.err) == (1, "", f"sonolux: {reason}\n")
        for arguments in (["x", "--like", "y"], []):
            ran = cli("judge", "--library", "none", *arguments)
            assert ran.code == 1 and "there is no library at none" in ran.err

    def test_kill_9_loses_nothing_that_was_acknowledged(self, cli, digits: list[Path], tmp_path: Path) -> None:
        code = (
            "import sys, itertools, sonolux\n"
            "with sonolux.Library('l.sonolux') as library:\n"
            "    ids = [item.id for item in library.items()]\n"
            "    for n in itertools.count():\n"
            "        library.judge(text=str(n), liked=[ids[n % 12]])\n"
            "        print(n, flush=True)\n"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as judging:
            assert judging.stdout is not None
            assert judging.stdout.readline() == b"0\n"
            time.sleep(0.2)
            judging.kill()
            last = int(judging.stdout.read().rpartition(b"\n")[0].rpartition(b"\n")[2] or 0)
        kept = [one["query"] for one in cli("judge", *OF_THE_LIBRARY, "--json").records]
        assert kept[: last + 1] == [str(n) for n in range(last + 1)]
        assert len(kept) <= last + 2


class TestTrainFeedback:
    def test_from_judgements_to_a_space(self, cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        images = filled(tmp_path, monkeypatch, 300)
        with Library("l.sonolux") as library:
            judge_like_somebody(library, Path("digits"), 60, "colour-layout")
        ran = cli("train", "feedback", *OF_THE_LIBRARY, "--space", "colour-layout", "--out", "taste", "--json")
        assert ran.code == 0
        first, *rounds = ran.err.splitlines()
        assert first == "1,200 judgements, 49 questions to learn from in colour-layout"
        assert [line.split(",")[0].split("% ")[1] for line in rounds] == [f"round {n} of 6" for n in range(1, 7)]
        [record] = ran.records
        assert record["scores"]["order-after"] > record["scores"]["order-before"]
        assert record["data"]["space"] == "colour-layout"
        assert cli("add", *OF_THE_LIBRARY, "digits", "--space", "taste").out.startswith("300 updated")
        [hit] = cli("search", *OF_THE_LIBRARY, "--image", images[60], "--space", "taste", "-k", 1, "--json").records
        assert hit["path"] == str(images[60].resolve())
        with Library("l.sonolux") as library:
            before, after = (precision(library, images[60:180], space) for space in ("colour-layout", "taste"))
        assert after > before

    def test_what_cannot_be_learned_is_one_line(self, cli, digits: list[Path]) -> None:
        cli("judge", *OF_THE_LIBRARY, digits[0], "--like", digits[1], "--unlike", digits[2])
        ran = cli("train", "feedback", *OF_THE_LIBRARY, "--space", "colour-layout", "--out", "taste")
        assert ran.code == 1
        assert ran.err.splitlines()[-1] == (
            "sonolux: 2 judgements give 1 questions with hits liked and disliked in colour-layout, and 1 pairs of them:"
            " at least 10 questions and 30 pairs are needed; judge more with `sonolux judge`"
        )
        ran = cli("train", "feedback", *OF_THE_LIBRARY, "--space", "hog", "--out", "taste")
        assert ran.code == 1 and "no space 'hog' in this library: there are colour-layout" in ran.err
        ran = cli("train", "feedback", *OF_THE_LIBRARY, "--space", "colour-layout", "--out", "digits")
        assert ran.code == 1 and "digits is there and not empty" in ran.err
        assert not Path("taste").exists()
