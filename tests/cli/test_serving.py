"""``sonolux serve`` as people start it: what it refuses, what it prints, how it ends."""

from __future__ import annotations

import datetime
import json
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

PROGRAM = [sys.executable, "-m", "sonolux", "serve", "--port", "0"]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A library of a few texts, which is quickly made and opened."""
    from sonolux.library import Library

    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "rain.txt").write_text("words about rain", encoding="utf-8")
    with Library(tmp_path / "small.sonolux") as library:
        library.add(tmp_path / "texts", spaces=["bm25"])
    return tmp_path / "small.sonolux"


def refused(*arguments: str) -> str:
    ran = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 1, ran.stderr
    return ran.stderr


@contextmanager
def started(location: Path, *arguments: str) -> Iterator[tuple[str, str, subprocess.Popen[str]]]:
    """Serve a library; yield the address, all that was printed, and the process, which ends with the block."""
    command = [*PROGRAM, "--library", str(location), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = ""
    try:
        while "serving " not in printed:
            line = process.stdout.readline()
            assert line, process.communicate(timeout=60)[1]
            printed += line
        address = re.findall(r"https?://\S+", printed)[0]
        yield address, printed, process
    finally:
        process.terminate()
        process.communicate(timeout=90)


def test_it_says_why_it_does_not_start(small: Path, tmp_path: Path) -> None:
    assert "make one with `sonolux add FOLDER`" in refused("--library", str(tmp_path / "none"))
    assert "--tls-cert and --tls-key" in refused("--library", str(small), "--host", "0.0.0.0")
    assert "is no folder" in refused("--library", str(small), "--root", str(tmp_path / "none"))
    assert "cannot listen on 192.0.2.7" in refused("--library", str(small), "--host", "192.0.2.7", "--insecure")


def test_it_serves_until_it_is_asked_to_end(small: Path) -> None:
    """SIGTERM with somebody who follows events: the library is free afterwards, and the job that ran is parked."""
    with started(small, "--root", str(small.parent)) as (address, printed, process):
        assert address.startswith("http://127.0.0.1:") and "token" not in printed
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            found = client.post("/api/v1/search", json={"parts": [{"kind": "text", "text": "rain"}]})
            assert found.status_code == 200 and found.json()["hits"]
            with client.stream("GET", "/api/v1/events") as events:
                assert "id:" in "".join(line for line, _ in zip(events.iter_lines(), range(2), strict=False))
                began = time.monotonic()
                process.send_signal(signal.SIGTERM)
                _, log = process.communicate(timeout=90)
        assert process.returncode == 0
        assert time.monotonic() - began < 60
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert any(line["message"] == "request" and line["path"] == "/api/v1/search" for line in lines)
    from sonolux.library import Library

    with Library(small) as library:  # nobody holds it
        assert next(iter(library.items()))


def test_another_address_prints_a_token_and_speaks_https(small: Path, tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    options = ("--host", "0.0.0.0", "--tls-cert", str(certificate), "--tls-key", str(key))
    trusted = ssl.create_default_context(cafile=str(certificate))
    with started(small, *options) as (address, printed, _):
        token = re.findall(r"token: (\S+)", printed)[0]
        assert address.startswith("https://")
        local = f"https://localhost:{address.rpartition(':')[2]}"
        with httpx.Client(base_url=local, verify=trusted, trust_env=False, timeout=60) as client:
            assert client.get("/api/v1/info").status_code == 401
            assert client.get("/api/v1/info", headers={"authorization": f"Bearer {token}"}).status_code == 200
    with started(small, *options) as (_, printed, _):
        assert "token" not in printed


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate of localhost, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    private.chmod(0o600)
    return certificate, private


@pytest.mark.parametrize("package", ["fastapi", "uvicorn", "prometheus_client"])
def test_what_is_missing_is_named(package: str) -> None:
    from tests.test_extras import run_without

    ran = run_without(package, "serve")
    assert ran.returncode == 1
    wanted = f"sonolux: the service needs {package.replace('_', '-')}: pip install 'sonolux[serve]'\n"
    assert ran.stderr == wanted
