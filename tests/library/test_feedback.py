"""Judgements of a library: what they are of, how long they last, what is gathered from them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from digits import write_digits
from sonolux.errors import LibraryBusyError, LibraryError, QueryError
from sonolux.library import Library


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sorted(write_digits(tmp_path_factory.mktemp("digits") / "digits", 12).iterdir())


@pytest.fixture
def judged(images: list[Path], tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(images[0].parent, spaces=["colour-layout", "bm25"])
        yield library


def told(library: Library) -> list[tuple[str, str, str, bool]]:
    """Return the judgements with names for ids."""
    names = {item.id: Path(item.path).name for item in library.items(spans=True)}
    return [(one.asked, names.get(one.query, one.query), names[one.item], one.liked) for one in library.judgements()]


def test_judgements_are_kept(judged: Library, images: list[Path]) -> None:
    a, b, c, d = images[:4]
    assert judged.judge(a, liked=[b, judged.item(c).id], disliked=[d]) == 3
    assert judged.judge(text=" a  round\tone ", liked=[a]) == 1
    judged.close()
    with Library(judged.location) as again:
        assert told(again) == [
            ("item", a.name, b.name, True),
            ("item", a.name, c.name, True),
            ("item", a.name, d.name, False),
            ("text", "a round one", a.name, True),
        ]


def test_the_last_judgement_holds(judged: Library, images: list[Path]) -> None:
    a, b, c = images[:3]
    judged.judge(a, liked=[b, c])
    judged.judge(a, disliked=[b, b])
    assert told(judged) == [("item", a.name, c.name, True), ("item", a.name, b.name, False)]


def test_judgements_of_removed_items_go(judged: Library, images: list[Path]) -> None:
    a, b, c, d = images[:4]
    judged.judge(a, liked=[b], disliked=[c])
    judged.judge(b, liked=[d])
    judged.judge(text="round", liked=[c])
    judged.remove(b)
    assert told(judged) == [("item", a.name, c.name, False), ("text", "round", c.name, True)]
    assert len(judged.feedback.all()) == 2
    judged.add(b)
    assert len(judged.judgements()) == 2


def test_judgements_of_items_that_are_gone_are_ignored(judged: Library, images: list[Path]) -> None:
    a, b, c = images[:3]
    judged.judge(a, liked=[b], disliked=[c])
    judged.index.delete([judged.item(c).id])
    assert [(one.item, one.liked) for one in judged.judgements()] == [(judged.item(b).id, True)]


def test_a_file_that_moved_keeps_its_judgements(judged: Library, images: list[Path], tmp_path: Path) -> None:
    own = tmp_path / "own"
    write_digits(own, 12)
    files = sorted(own.iterdir())
    with Library(tmp_path / "moved.sonolux") as library:
        library.add(own, spaces=["colour-layout"])
        library.judge(files[0], liked=[files[1]], disliked=[files[2]])
        files[1].rename(own / "renamed.png")
        library.add(own)
        assert told(library)[0] == ("item", files[0].name, "renamed.png", True)


def test_descriptors_are_gathered_by_question(judged: Library, images: list[Path]) -> None:
    a, b, c, d, e = images[:5]
    judged.judge(a, liked=[b, c], disliked=[d])
    judged.judge(e, liked=[a])
    judged.judge(text="round", liked=[a], disliked=[b])
    found = judged.feedback_set("colour-layout")
    [question] = found.questions
    stored = {
        Path(point.payload["path"]).name: point.vectors["colour-layout"]
        for point in judged.index.scroll(spaces=["colour-layout"])
    }
    np.testing.assert_allclose(question.query, stored[a.name], atol=1e-6)
    np.testing.assert_allclose(question.liked, [stored[b.name], stored[c.name]], atol=1e-6)
    np.testing.assert_allclose(question.disliked, [stored[d.name]], atol=1e-6)
    assert found.judgements == 6
    [encoder] = [each for each in judged.spaces.writers() if each.space == "colour-layout"]
    assert (found.source.source, found.source.digests) == ("colour-layout", {"colour-layout": encoder.digest})


def test_what_cannot_be_judged_is_refused(judged: Library, images: list[Path]) -> None:
    a, b = images[:2]
    refusals: list[tuple[dict[str, object], str]] = [
        ({"liked": [b]}, "of one question"),
        ({"query": a, "text": "round", "liked": [b]}, "of one question"),
        ({"query": a}, "nothing is judged"),
        ({"query": a, "liked": [b], "disliked": [b]}, "both liked and not"),
        ({"query": a, "liked": [b, a]}, "what was asked with"),
        ({"query": a, "liked": [b, "nowhere.png"]}, r"nowhere\.png is no id or file"),
        ({"query": "nowhere.png", "liked": [b]}, r"nowhere\.png is no id or file"),
        ({"text": " \n", "liked": [b]}, "no words"),
        ({"text": "caf\udce9", "liked": [b]}, "no valid Unicode"),
    ]
    for asked, reason in refusals:
        with pytest.raises(QueryError, match=reason) as refused:
            judged.judge(**asked)  # type: ignore[arg-type]
        assert "\n" not in str(refused.value)
    assert judged.judgements() == []
    with pytest.raises(QueryError, match="holds words"):
        judged.feedback_set("bm25")
    with pytest.raises(QueryError, match="no space 'hog'"):
        judged.feedback_set("hog")
    with (
        Library(Path(judged.location) / "none") as nowhere,
        pytest.raises(LibraryError, match="there is no library at"),
    ):
        nowhere.judge(text="round", liked=[b])


def test_one_process_at_a_time_judges_in_a_folder(judged: Library, images: list[Path]) -> None:
    code = "import sys, sonolux; sonolux.Library(sys.argv[1]).judge(sys.argv[2], liked=[sys.argv[3]])"
    command = [sys.executable, "-c", code, judged.location, *map(str, images[:2])]
    judged.item(images[0])
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert LibraryBusyError.__name__ in second.stderr.splitlines()[-1]
    judged.close()
    subprocess.run(command, check=True)
    assert len(judged.judgements()) == 1
