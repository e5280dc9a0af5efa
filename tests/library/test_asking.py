"""The front door: every argument of a search, in every form, and what is wrong said in one line."""

from __future__ import annotations

import io
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from making import photographs, tone, write_wav
from sonolux.errors import MediaError, QueryError
from sonolux.library import Library


@pytest.mark.parametrize(
    ("keyword", "meant"),
    [
        ("limit", "k"),
        ("top_k", "k"),
        ("n", "k"),
        ("modality", r"where={'modality': ...}"),
        ("artist", r"where={'artist': ...}"),
        ("filter", "where"),
        ("picture", "image"),
        ("embedding", "vector"),
        ("imgae", "image"),
        ("spacse", "spaces"),
        ("query", "text"),
    ],
)
def test_an_unknown_keyword_names_the_one_that_is_meant(library: Library, keyword: str, meant: str) -> None:
    with pytest.raises(TypeError) as caught:
        library.search("flute", **{keyword: 2})
    assert str(caught.value) == f"search() has no keyword {keyword!r}: did you mean {meant}?"


def test_a_keyword_like_nothing_is_told_what_there_is(library: Library) -> None:
    with pytest.raises(TypeError, match="has no keyword 'xyzzy': there are text, image, audio"):
        library.search("flute", xyzzy=1)


def test_words_may_be_named(library: Library) -> None:
    assert [hit.id for hit in library.search(text="flute")] == [hit.id for hit in library.search("flute")]


def test_spaces_are_named_one_by_one_or_together_by_either_name(library: Library) -> None:
    moon = photographs()[0]
    asked = [{"spaces": "hog"}, {"spaces": ["hog"]}, {"space": "hog"}, {"space": ("hog",)}]
    assert [library.search(image=moon, **each).spaces for each in asked] == [("hog",)] * 4
    assert set(library.search(image=moon, spaces=["hog"], space="colour-layout").spaces) == {"hog", "colour-layout"}


def test_items_and_hits_are_examples(library: Library) -> None:
    [hit] = library.search("flute", k=1)
    by_id = library.search(like=hit.id, k=3)
    assert library.search(like=hit, k=3) == by_id
    assert library.search(like=library.item(hit.id), k=3) == by_id
    assert library.search(like=[hit, hit.id], k=3) == by_id
    assert library.search(like=Path(hit.path), k=3) == by_id


def test_nothing_given_is_nothing_asked(library: Library) -> None:
    hits = library.search(
        "flute", image=None, audio=None, video=None, vector=None, like=None, unlike=None, weights=None, where=None,
        spaces=None, space=None,
    )  # fmt: skip
    assert hits == library.search("flute")
    assert library.search(" ", like=hits[0]) == library.search(like=hits[0])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"text": ""}, "nothing is asked"),
        ({"text": " \n"}, "nothing is asked"),
        ({"text": b"flute"}, "text is a string of words, not bytes"),
        ({"text": Path("a.jpg")}, "ask with a file by image="),
        ({"text": "\udcff"}, "no valid Unicode"),
        ({"text": "a", "k": 0}, "k is a whole number from 1, not 0"),
        ({"text": "a", "k": "3"}, "k is a whole number from 1, not '3'"),
        ({"text": "a", "k": 2.5}, "k is a whole number"),
        ({"text": "a", "k": True}, "k is a whole number"),
        ({"text": "a", "k": None}, "k is a whole number"),
        ({"text": "a", "page": 0}, "page is a whole number from 1, not 0"),
        ({"text": "a", "diverse": "much"}, r"diverse lies in \[0, 1\), not 'much'"),
        ({"text": "a", "diverse": 1}, "diverse lies in"),
        ({"text": "a", "weights": {"text": "2"}}, "weights are positive numbers, not '2'"),
        ({"text": "a", "weights": 2}, "weights are a mapping"),
        ({"text": "a", "where": "modality=image"}, "where is a mapping"),
        ({"text": "a", "where": 3}, "where is a mapping"),
        ({"text": "a", "spaces": 3}, "spaces is a name or several, not int"),
        ({"text": "a", "spaces": ["nowhere"]}, "no space 'nowhere'"),
        ({"like": ""}, "like holds '', which is no name"),
        ({"like": [None]}, "like holds None, which is no name"),
        ({"like": 7}, "like is a name or several, not int"),
        ({"unlike": "nobody", "text": "a"}, "nobody is no id or file in this library"),
        ({"image": ""}, "image is an empty path"),
        ({"image": b"\x89PNG"}, r"not bytes: PIL.Image.open\(io.BytesIO"),
        ({"image": 5}, "an image is uint8"),
        ({"image": np.zeros((4, 4, 3))}, "an image is uint8"),
        ({"audio": np.zeros(8000)}, r"audio is a path or \(mono samples, hertz\), not ndarray"),
        ({"audio": (np.zeros(8000), "fast")}, "'fast' is no rate"),
        ({"audio": (["a", "b"], 8000)}, "audio holds"),
        ({"audio": (np.zeros((2, 8000)), 8000)}, "finite mono"),
        ({"video": 5}, "video is a path, not int"),
        ({"vector": "words"}, "vector holds"),
        ({"vector": [[1], [1, 2]]}, "vector holds"),
        ({"vector": 1.0}, r"a vector of shape \(\)"),
    ],
)
def test_what_cannot_be_asked_is_one_line(library: Library, asked: dict[str, object], said: str) -> None:
    with pytest.raises(QueryError, match=said) as caught:
        library.search(**asked)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["image", "audio", "video"])
def test_a_file_that_cannot_be_decoded_is_one_line(library: Library, kind: str, tmp_path: Path) -> None:
    for given, said in ((tmp_path / "none.jpg", "is not there"), (tmp_path, "is a folder, not a file")):
        with pytest.raises(MediaError) as caught:
            library.search(**{kind: given})
        assert str(caught.value).startswith(f"{given}: {said}")


def test_a_truncated_image_of_pillow_is_one_line(library: Library) -> None:
    whole = photographs()[0].read_bytes()
    with pytest.raises(MediaError, match=r"^damaged image: [^\n]+$"):
        library.search(image=Image.open(io.BytesIO(whole[: len(whole) // 2])))


def test_a_path_may_begin_at_home(library: Library, private_home: Path) -> None:
    (private_home / "moon.png").write_bytes(photographs()[0].read_bytes())
    assert library.search(image="~/moon.png") == library.search(image=photographs()[0])


def test_threads_ask_with_files_side_by_side(library: Library, tmp_path: Path) -> None:
    clip = write_wav(tmp_path / "clip.wav", tone(880, 5))
    asked = [{"image": photo} for photo in photographs()[:4]] + [{"audio": clip}]
    alone = [library.search(**each) for each in asked]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda n: library.search(**asked[n % 5]), range(40)))
    assert together == [alone[n % 5] for n in range(40)]


SCRIPT = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import numpy as np
import sonolux as sx

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

with sx.Library(sys.argv[1]) as library:
    library.search(image=np.zeros((64, 64, 3), np.uint8))
    library.search(audio=(np.random.default_rng(0).standard_normal(44100) / 10, 22050))
    before = peak()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: library.search(image=sys.argv[2], k=1), range(4)))
    assert all(found), found
    assert library.search(audio=sys.argv[3], k=1)
    print(peak() - before)
"""


def test_what_is_asked_with_takes_little_memory_of_whoever_asks(library: Library, built: Path, tmp_path: Path) -> None:
    """Four at once, an image of 25 million pixels and a quarter of an hour of sound: 300 and 145 MB when decoded."""
    library.close()  # for the other process
    Image.new("RGB", (5000, 5000), (200, 30, 60)).save(tmp_path / "wide.png")
    long = write_wav(tmp_path / "long.wav", np.tile(tone(440, 60), 15))
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), built, tmp_path / "wide.png", long],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert float(ran.stdout) < 60


def test_a_decoder_that_is_killed_costs_one_question(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from media import faulty
    from sonolux.retrieval import query_files

    (tmp_path / "killed.png").write_bytes(photographs()[0].read_bytes())
    monkeypatch.setattr(query_files, "read_spread", faulty.read_any)
    with pytest.raises(MediaError, match=r"^[^\n]+killed.png: the decoder crashed \(signal 9\)$"):
        library.search(image=tmp_path / "killed.png")
    monkeypatch.undo()
    assert library.search(image=tmp_path / "killed.png")


@pytest.mark.parametrize(("old", "new"), [("follow", "identify_stream"), ("index_recordings", "fingerprint")])
def test_older_names_warn_and_work(old: str, new: str, tmp_path: Path) -> None:
    clip = write_wav(tmp_path / "clip.wav", tone(880, 5))
    with Library(tmp_path / "l.sonolux") as library:
        library.fingerprint(clip)
        with pytest.warns(DeprecationWarning, match=f"Library.{old} is now Library.{new}"):
            getattr(library, old)(clip)


def test_a_library_says_what_it_holds_and_opens_nothing_for_it(built: Path, library: Library, tmp_path: Path) -> None:
    library.close()
    assert repr(library) == f"<Library {built}>"
    library.search("flute")
    assert repr(library).startswith(f"<Library {built}: 16 files in ")
    assert "hog" in repr(library)
    assert repr(Library(tmp_path / "none")) == f"<Library {tmp_path / 'none'}>"
    assert repr(Library("http://127.0.0.1:9/none")) == "<Library http://127.0.0.1:9/none>"
    assert not (tmp_path / "none").exists()


def test_an_empty_path_is_not_the_current_folder(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own)
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own / "texts", spaces=["bm25"])
        there = library.info()["files"]
        for ask in (library.add, library.remove, library.item, library.annotations, library.identify):
            with pytest.raises(QueryError, match="an empty path names nothing"):
                ask("")
        assert library.info()["files"] == there > 0


def test_a_weight_of_what_is_not_asked_is_refused(library: Library) -> None:
    with pytest.raises(QueryError, match="a weight for image, and nothing to ask with it"):
        library.search("rocket", weights={"image": 2, "text": 1})
