"""URLs of objects: what they name, what is refused, and that nothing on the way takes a slash from them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.errors import QueryError
from sonolux.media.inside.names import holder_of, own_name, split_name
from sonolux.media.objects.finding import without_nested
from sonolux.media.objects.urls import checked_url, folders_of, is_url, join_url, split_object_url
from sonolux.media.paths import absolute, folders, from_stored, stored_paths, to_stored

KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="?"), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/", "s3://bucket"),
        ("S3://bucket/a/b/", "s3://bucket/a/b"),
        ("gs://bucket/a b#c%20d.jpg", "gs://bucket/a b#c%20d.jpg"),
        ("az://container/~/x", "az://container/~/x"),
        ("s3://bucket/what?.jpg", "s3://bucket/what?.jpg"),
        ("s3://bucket/a?b=c", "s3://bucket/a?b=c"),
    ],
)
def test_urls_are_taken_as_they_are(given: str, url: str) -> None:
    assert absolute(given) == url
    assert stored_paths(given) == (url,)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("s3://AKIA:topsecret@bucket/a.jpg", "names no user and no password: credentials come from the environment"),
        ("s3://topsecret@bucket/a.jpg", "names no user and no password"),
        ("s3://bucket:9000/a.jpg", "names no user and no password"),
        ("s3://bucket/a.jpg?X-Amz-Signature=topsecret", "with a signature is refused"),
        ("s3://bucket/a.jpg?a=1&AWSAccessKeyId=topsecret", "with a signature is refused"),
        ("gs://bucket/a.jpg?X-Goog-Credential=topsecret", "with a signature is refused"),
        ("az://box/a.jpg?sv=2024&sig=topsecret", "with a signature is refused"),
        ("s3:///a.jpg", "names no bucket"),
        ("s3://", "names no bucket"),
        ("s3://-x/a", "names no bucket"),
        ("s3://bucket/a\udcff.jpg", "are UTF-8"),
        ("s3://bucket/" + "a" * 1025, "at most 1,024 bytes"),
    ],
)
def test_urls_that_say_too_much_or_nothing_are_refused_in_a_line(given: str, line: str) -> None:
    with pytest.raises(QueryError, match=line) as refused:
        absolute(given)
    assert "topsecret" not in str(refused.value) and "\n" not in str(refused.value)


def test_a_path_made_of_a_url_is_told_from_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(QueryError, match="was a URL before it became a Path"):
        absolute(Path("s3://bucket/a.jpg"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s3:").mkdir()
    (tmp_path / "s3:" / "a.jpg").touch()
    assert absolute(Path("s3:/a.jpg")) == str(tmp_path / "s3:" / "a.jpg")


@given(KEYS)
def test_any_key_survives_what_paths_go_through(key: str) -> None:
    url = join_url("s3://bucket", key)
    assert is_url(url) and split_object_url(url).key == key
    assert from_stored(to_stored(url)) == url
    assert folders(url)[0] == "s3://bucket" and all(url.startswith(f"{folder}/") for folder in folders(url))
    assert split_name(url) is None and holder_of(url) == url and own_name(url) == key.rpartition("/")[2]


@given(KEYS)
def test_what_is_checked_once_stays(key: str) -> None:
    try:
        url = checked_url(f"s3://bucket/{key}")
    except QueryError:
        return
    assert checked_url(url) == url


def test_folders_of_an_object_are_its_prefixes() -> None:
    assert folders_of("s3://b/x.jpg") == ["s3://b"]
    assert folders_of("s3://b/2019/trips/x.jpg") == ["s3://b", "s3://b/2019", "s3://b/2019/trips"]


def test_roots_within_others_are_left_out() -> None:
    roots = ["s3://b/a", "s3://b/ab", "s3://b/a/c.jpg", "s3://b/a", "gs://b/a/c"]
    assert without_nested(roots) == ["s3://b/a", "s3://b/ab", "gs://b/a/c"]
