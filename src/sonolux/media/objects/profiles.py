"""Profiles of AWS: the keys, the region and the endpoint that ``~/.aws/credentials`` and ``~/.aws/config`` have.

The store's library reads environment variables; profiles are read here, for it does not know them. Only keys are taken:
what a profile has another program fetch (single sign-on, roles) is exported into the environment by that program.
"""

from __future__ import annotations

import os
from configparser import ConfigParser, Error, SectionProxy
from pathlib import Path

from sonolux.errors import MediaError

TAKEN = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "region": "region",
    "endpoint_url": "endpoint",
}
"""Keys of a profile, and what the store calls them."""

FETCHED = ("sso_session", "sso_start_url", "credential_process", "role_arn", "web_identity_token_file")
KEYS = ("access_key_id", "secret_access_key", "session_token")


def profile_options() -> dict[str, str]:
    """Return what the profile says that ``AWS_PROFILE`` names, or the default one; nothing where there is none.

    Raises
    ------
    MediaError
        For a profile that is named and is not there, or that has other programs fetch its keys.
    """
    named = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE") or ""
    name = named or "default"
    config = _sections("AWS_CONFIG_FILE", "~/.aws/config")
    credentials = _sections("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    headings = (name,) if name == "default" else (f"profile {name}", name)
    found = [config[heading] for heading in headings if heading in config]
    found += [credentials[name]] if name in credentials else []
    if named and not found:
        raise MediaError(f"cannot be read: there is no profile {named!r} in ~/.aws (AWS_PROFILE)")
    options = {ours: section[theirs] for section in found for theirs, ours in TAKEN.items() if theirs in section}
    if os.environ.get("AWS_ACCESS_KEY_ID"):
        return {key: value for key, value in options.items() if key not in KEYS}
    if "access_key_id" not in options and any(key in section for section in found for key in FETCHED):
        export = f"aws configure export-credentials --profile {name} --format env"
        raise MediaError(f"cannot be read: another program fetches the keys of profile {name!r}: eval $({export})")
    return options


def _sections(variable: str, usual: str) -> dict[str, SectionProxy]:
    path = Path(os.environ.get(variable) or usual).expanduser()
    parser = ConfigParser(interpolation=None, default_section="\0none", strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return {}
    except Error:
        raise MediaError(f"cannot be read: {path.name} in {path.parent.name} is no file of profiles") from None
    return {name: parser[name] for name in parser.sections()}
