"""Credentials come from the environment and from profiles, and are in no line that is said."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import pytest

from object_store import KEY, SECRET, ObjectStore, be_impatient
from sonolux.errors import MediaError
from sonolux.media.objects.listing import list_objects
from sonolux.media.objects.profiles import profile_options
from sonolux.media.objects.refusals import CredentialsError, GoneError
from sonolux.media.objects.statuses import object_status
from sonolux.media.objects.stores import aws_options, opened_store

CREDENTIALS = "[default]\naws_access_key_id=DEFAULTKEY\naws_secret_access_key=s0\n[work]\naws_access_key_id=WORKKEY\n"
CONFIG = "[default]\nregion=eu-west-1\n[profile work]\nregion=eu-north-1\nendpoint_url=http://127.0.0.1:9/\n"


def write_profiles(home: Path, credentials: str = CREDENTIALS, config: str = CONFIG) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(credentials + "aws_secret_access_key=100%secret\naws_session_token=t\n")
    (home / ".aws" / "config").write_text(config)


def without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")


def test_profiles_are_read(private_home: Path, objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    write_profiles(private_home)
    without_keys(monkeypatch)
    assert profile_options() == {"access_key_id": "DEFAULTKEY", "secret_access_key": "s0", "region": "eu-west-1"}
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert profile_options() == {
        "access_key_id": "WORKKEY", "secret_access_key": "100%secret", "session_token": "t", "region": "eu-north-1",
        "endpoint": "http://127.0.0.1:9/",
    }  # fmt: skip
    objects.buckets["box"]["a.jpg"] = b"abc"
    assert object_status("s3://box/a.jpg").size == 3  # the address of the environment comes before the profile's
    assert "WORKKEY" in objects.headers[-1]["authorization"]


def test_keys_of_the_environment_come_before_those_of_a_profile(
    private_home: Path, objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profiles(private_home)
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert profile_options() == {"region": "eu-north-1", "endpoint": "http://127.0.0.1:9/"}
    assert (aws_options()["access_key_id"], aws_options()["region"]) == (KEY, "us-east-1")


@pytest.mark.parametrize(
    ("profile", "config", "line"),
    [
        ("nobody", CONFIG, "there is no profile 'nobody'"),
        ("sso", "[profile sso]\nsso_session=x\n", "another program fetches the keys of profile 'sso'"),
        ("work", "no section\n", "is no file of profiles"),
    ],
)
def test_profiles_that_do_not_help_are_said(
    private_home: Path,
    objects: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
    profile: str,
    config: str,
    line: str,
) -> None:
    write_profiles(private_home, config=config)
    without_keys(monkeypatch)
    monkeypatch.setenv("AWS_PROFILE", profile)
    with pytest.raises(MediaError, match=line):
        object_status("s3://box/a.jpg")


def test_absent_credentials_are_one_line(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    without_keys(monkeypatch)
    with pytest.raises(CredentialsError, match="there are no credentials: set AWS_ACCESS_KEY_ID"):
        object_status("s3://box/a.jpg")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)  # and no secret
    with pytest.raises(CredentialsError, match="there are no credentials: set AWS_ACCESS_KEY_ID"):
        object_status("s3://box/a.jpg")


def test_a_public_bucket_is_read_without_any(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    without_keys(monkeypatch)
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    objects.buckets["box"]["a.jpg"] = b"abc"
    assert object_status("s3://box/a.jpg").size == 3
    assert not any(name.lower() == "authorization" for name in objects.headers[-1])


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (403, r"access denied \(403\): are the credentials for this bucket"),
        (301, "another region or address: set AWS_REGION"),
        (500, r"the store answers 500( InternalError)?: try again later"),
        (503, r"the store answers 503( SlowDown)?: try again later"),
        (400, r"the store answers 400"),
        (404, "is not there"),
    ],
)
def test_refusals_are_one_line_without_keys(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch, status: int, line: str
) -> None:
    be_impatient(monkeypatch)
    objects.buckets["box"]["a.jpg"] = b"abc"
    objects.faults = {"a.jpg": status, "": status}
    for ask in (lambda: object_status("s3://box/a.jpg"), lambda: list(list_objects("s3://box"))):
        with pytest.raises(MediaError, match=line) as refused:
            ask()
        told = "".join(traceback.format_exception(refused.value))
        assert "\n" not in str(refused.value)
        assert not any(one in told for one in (KEY, SECRET, objects.url))


def test_a_bucket_and_a_store_that_are_not_there(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    be_impatient(monkeypatch)
    with pytest.raises(GoneError, match="is in a bucket that is not there"):
        list(list_objects("s3://nobody"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(MediaError, match="the store does not answer: is its address right"):
        list(list_objects("s3://box"))


def test_credentials_that_were_refused_are_read_anew(objects: ObjectStore) -> None:
    objects.buckets["box"]["a.jpg"] = b"abc"
    objects.faults, objects.times = {"a.jpg": 403}, {"a.jpg": 1}
    with opened_store("s3://box") as before:
        pass
    with pytest.raises(CredentialsError):
        object_status("s3://box/a.jpg")
    assert object_status("s3://box/a.jpg").size == 3
    with opened_store("s3://box") as after:
        assert after is not before


def test_other_stores_are_opened_by_their_own_variables(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialsError, match="AZURE_STORAGE_ACCOUNT_NAME"):
        object_status("az://box/a.jpg")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "somebody")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "c2VjcmV0")
    monkeypatch.setenv("GOOGLE_SKIP_SIGNATURE", "true")
    for bucket, kind in (("az://box", "AzureStore"), ("gs://box", "GCSStore")):
        with opened_store(bucket) as store:
            assert type(store).__name__ == kind


def test_without_the_library_the_extra_is_named(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")  # nothing is opened already
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(MediaError, match=r"object storage needs obstore: pip install 'sonolux\[storage\]'"):
        object_status("s3://box/a.jpg")


def test_a_key_of_azure_that_is_none_is_one_line_without_it(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "somebody")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "top secret!")
    monkeypatch.setenv("AZURE_ENDPOINT", objects.url)
    with pytest.raises(CredentialsError, match="AZURE_STORAGE_ACCOUNT_KEY is no key") as told:
        object_status("az://box/a.jpg")
    assert "top secret" not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize("variable", ["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SERVICE_ACCOUNT"])
@pytest.mark.parametrize("content", [None, "{}", "no JSON"])
def test_a_file_of_google_that_is_none_is_one_line(
    objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "account.json").write_text(content)
    monkeypatch.setenv(variable, str(tmp_path / "account.json"))
    monkeypatch.setenv("GOOGLE_BASE_URL", objects.url)
    with pytest.raises(CredentialsError, match=r"GOOGLE_APPLICATION_CREDENTIALS, or .*names no file of credentials"):
        object_status("gs://box/a.jpg")


def test_a_bucket_of_google_is_listed_and_read(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    objects.buckets["box"]["in/a #1%.jpg"] = b"abc"
    monkeypatch.setenv("GOOGLE_BASE_URL", objects.url)
    monkeypatch.setenv("GOOGLE_SKIP_SIGNATURE", "true")
    assert [one.url for one in list_objects("gs://box")] == ["gs://box/in/a #1%.jpg"]  # type: ignore[union-attr]
    assert object_status("gs://box/in/a #1%.jpg").size == 3
