"""What people have reported of programs that read buckets, each rebuilt small."""

from __future__ import annotations

from pathlib import Path

import pytest

from object_store import KEY, SECRET, ObjectStore, be_impatient
from sonolux.errors import MediaError
from sonolux.media.finding import find
from sonolux.media.hashing import content_hash
from sonolux.media.inside.members import open_medium
from sonolux.media.objects.pages import raw_objects
from sonolux.media.objects.statuses import object_status
from sonolux.media.objects.stores import aws_options
from sonolux.settings import settings


def test_one_key_with_an_empty_part_hides_no_other(objects: ObjectStore) -> None:
    objects.buckets["box"] = {"l1/l2/a.jpg": b"1", "l1/l2//a.jpg": b"2", "raw//": b"", "z.jpg": b"3"}
    found = [one for one in find(["s3://box"]) if isinstance(one, str)]
    assert found == ["s3://box/l1/l2/a.jpg", "s3://box/z.jpg"]


@pytest.mark.parametrize("name", ["a+b%.jpg", "1 1.jpg", "ab@cd.jpg", "a=%20b.jpg", "Book%282013%29.jpg", "(x)!'*.jpg"])
def test_keys_are_encoded_once_and_signed_as_they_are_sent(objects: ObjectStore, name: str) -> None:
    objects.buckets["box"] = {f"in/{name}": name.encode()}
    (url,) = find(["s3://box/in"])
    assert url == f"s3://box/in/{name}"
    with open_medium(url) as file:
        assert file.read() == name.encode()


def test_a_path_without_a_slash_at_its_end_takes_no_sibling(objects: ObjectStore) -> None:
    objects.buckets["box"] = {"my/path/a.jpg": b"1", "my/path2/b.jpg": b"2", "my/path.jpg": b"3"}
    for root in ("s3://box/my/path", "s3://box/my/path/"):
        assert list(find([root.rstrip("/")])) == ["s3://box/my/path/a.jpg"]


def test_later_pages_have_the_prefix_too(objects: ObjectStore) -> None:
    objects.page = 2
    objects.buckets["box"] = {f"a/{n}.jpg": b"1" for n in range(5)} | {f"b/{n}.jpg": b"1" for n in range(5)}
    assert len(list(find(["s3://box/a"]))) == 5
    assert len(list(raw_objects("s3://box", "a", ""))) == 5


def test_what_stands_for_a_folder_is_no_file(objects: ObjectStore) -> None:
    objects.buckets["box"] = {"folder/": b"", "folder/a.jpg": b"1"}
    assert list(find(["s3://box"])) == ["s3://box/folder/a.jpg"]
    assert list(find(["s3://box/folder"])) == ["s3://box/folder/a.jpg"]


@pytest.mark.parametrize("size", [1000, 3 * 2**20])
def test_an_answer_that_is_cut_off_is_not_taken_for_the_end(objects: ObjectStore, size: int) -> None:
    objects.buckets["box"] = {"a.jpg": bytes(range(250)) * (size // 250)}
    whole = content_hash("s3://box/a.jpg")
    objects.faults, objects.times = {"a.jpg": "cut"}, {"a.jpg": 3}
    assert content_hash("s3://box/a.jpg") == whole


def test_profiles_lie_where_variables_say(
    objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keys").write_text("[work]\naws_access_key_id=OTHER\naws_secret_access_key=s\n")
    (tmp_path / "conf").write_text(f"[profile work]\nregion=eu-west-3\nendpoint_url={objects.url}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "conf"))
    monkeypatch.setenv("AWS_PROFILE", "work")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name)
    objects.buckets["box"] = {"a.jpg": b"1"}
    assert object_status("s3://box/a.jpg").size == 1
    signed = {name.lower(): value for name, value in objects.headers[-1].items()}["authorization"]
    assert "OTHER/" in signed and "/eu-west-3/" in signed


def test_keys_of_the_environment_are_used_in_the_region_of_the_profile(
    objects: ObjectStore, private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (private_home / ".aws").mkdir()
    (private_home / ".aws" / "config").write_text("[default]\nregion=eu-south-2\n")
    monkeypatch.delenv("AWS_REGION")
    assert (aws_options()["access_key_id"], aws_options()["region"]) == (KEY, "eu-south-2")


def test_a_token_is_not_mixed_with_the_keys_of_another(
    objects: ObjectStore, private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (private_home / ".aws").mkdir()
    profile = "[default]\naws_access_key_id=A\naws_secret_access_key=B\naws_session_token=C\n"
    (private_home / ".aws" / "credentials").write_text(profile)
    assert "session_token" not in aws_options()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "stale")
    assert (aws_options()["access_key_id"], aws_options()["session_token"]) == ("A", "C")


def test_a_store_that_is_overloaded_is_no_reason_to_print_keys(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    be_impatient(monkeypatch)
    objects.faults = {"": 503, "a.jpg": 503}
    assert [str(one) for one in find(["s3://box"])]
    with pytest.raises(MediaError):
        content_hash("s3://box/a.jpg")
    assert not any(one in "".join(capfd.readouterr()) for one in (KEY, SECRET))


def test_nothing_is_left_of_reads_that_fail(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    be_impatient(monkeypatch)
    objects.buckets["box"] = {f"{n}.jpg": bytes(9000) for n in range(5)}
    objects.faults = dict.fromkeys(objects.buckets["box"], "cut")
    for url in objects.buckets["box"]:
        with pytest.raises(MediaError):
            content_hash(f"s3://box/{url}")
    assert not [file for file in settings().cache.rglob("*") if file.is_file()]
