"""Pages of a listing of S3 as they are (ListObjectsV2), with keys that the store's library cannot hold.

Only buckets that have such keys are listed so: requests are signed here then (Signature Version 4), with the same keys,
region and address, and names are asked for percent-encoded, for XML has no control characters.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit
from xml.etree import ElementTree

from sonolux.errors import MediaError
from sonolux.media.objects.statuses import ObjectStatus
from sonolux.media.objects.stores import aws_options
from sonolux.media.objects.urls import split_object_url
from sonolux.settings import settings

SAFE = "-_.~"
LONGEST_PAGE = 16 * 2**20
"""Bytes of an answer; a thousand of the longest keys, percent-encoded, are less."""

EMPTY = hashlib.sha256(b"").hexdigest()
PAUSE = 0.2
"""Seconds before a request is made again the first time."""


@dataclass(frozen=True, slots=True)
class RawObject:
    """An object in a listing: its key as it is, and whether it can be asked for by the store's library."""

    key: str
    status: ObjectStatus
    readable: bool


def raw_objects(bucket: str, prefix: str, after: str) -> Iterator[RawObject]:
    """Yield what lies beneath a prefix, from behind a key on; what stands for a folder is passed over.

    Raises
    ------
    MediaError
        Where the store is none of S3, its keys are not known here, or it refuses.
    """
    asked = {"list-type": "2", "encoding-type": "url", "prefix": f"{prefix}/" if prefix else "", "start-after": after}
    while True:
        page = ElementTree.fromstring(_page(bucket, {name: value for name, value in asked.items() if value}))
        for found in page.iterfind("{*}Contents"):
            key = unquote_plus(found.findtext("{*}Key", ""))
            if key and not key.endswith("/"):
                yield RawObject(key, _status(found), _is_readable(key))
        token = page.findtext("{*}NextContinuationToken", "")
        if page.findtext("{*}IsTruncated", "") != "true" or not token:
            return
        asked["continuation-token"] = token


def _status(found: ElementTree.Element) -> ObjectStatus:
    changed = datetime.fromisoformat(found.findtext("{*}LastModified", "1970-01-01T00:00:00Z"))
    meta = {"size": int(found.findtext("{*}Size", "0")), "last_modified": changed, "e_tag": found.findtext("{*}ETag")}
    return ObjectStatus.told(meta)


def _is_readable(key: str) -> bool:
    parts = key.split("/")
    odd = any(ord(character) < 32 or 127 <= ord(character) < 160 for character in key)
    return not odd and not any(part in ("", ".", "..") for part in parts)


def _page(bucket: str, asked: Mapping[str, str]) -> bytes:
    """Return the body of an answer, asked for again while the store is busy."""
    request = _signed(bucket, asked)
    deadline, pause = time.monotonic() + settings().storage_seconds, PAUSE
    while True:
        status = 0
        try:
            with urllib.request.urlopen(request, timeout=settings().storage_seconds / 2) as answer:
                body: bytes = answer.read(LONGEST_PAGE + 1)
            if len(body) <= LONGEST_PAGE:
                return body
            status = 500
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
        except (OSError, http.client.HTTPException, ssl.SSLError):
            status = 503
        if status < 500 or time.monotonic() + pause > deadline:
            raise MediaError(f"cannot be listed: the store answers {status}")
        time.sleep(pause)
        pause *= 2


def _signed(bucket: str, asked: Mapping[str, str]) -> urllib.request.Request:
    if not bucket.startswith("s3://"):
        raise MediaError("cannot be listed: one of its keys has a part that is empty, . or .., or control characters")
    options = aws_options()
    region = options.get("region") or "us-east-1"
    endpoint = (options.get("endpoint") or f"https://s3.{region}.amazonaws.com").rstrip("/")
    address = urlsplit(endpoint)
    path = quote(f"{address.path}/{split_object_url(bucket).bucket.removeprefix('s3://')}", safe="/" + SAFE)
    query = "&".join(f"{quote(name, safe=SAFE)}={quote(value, safe=SAFE)}" for name, value in sorted(asked.items()))
    headers = {"host": address.netloc}
    if "access_key_id" in options:
        headers = sign_request(path, query, headers, options, datetime.now(UTC))
    return urllib.request.Request(f"{address.scheme}://{address.netloc}{path}?{query}", headers=headers)


def sign_request(
    path: str, query: str, headers: Mapping[str, str], options: Mapping[str, Any], now: datetime
) -> dict[str, str]:
    """Return headers with the signature of a request without a body (AWS Signature Version 4)."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {**headers, "x-amz-content-sha256": EMPTY, "x-amz-date": stamp}
    if options.get("session_token"):
        headers["x-amz-security-token"] = options["session_token"]
    names = sorted(headers)
    told = "".join(f"{name}:{headers[name]}\n" for name in names)
    request = "\n".join(["GET", path, query, told, ";".join(names), EMPTY])
    parts = (stamp[:8], options.get("region") or "us-east-1", "s3", "aws4_request")
    signed = "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join(parts), hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{options['secret_access_key']}".encode()
    for part in parts:
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, signed.encode(), "sha256").hex()
    credential = f"AWS4-HMAC-SHA256 Credential={options['access_key_id']}/{'/'.join(parts)}"
    return {**headers, "authorization": f"{credential}, SignedHeaders={';'.join(names)}, Signature={signature}"}
