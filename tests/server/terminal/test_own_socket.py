"""The service's own socket: who may open it, what it asks of him, and what a question by it costs."""

from __future__ import annotations

import datetime
import json
import os
import re
import shutil
import ssl
import stat
import subprocess
import sys
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from commands import run, serving
from sonolux import holder_note
from sonolux.cli.warm.service import LIBRARY, find_service
from sonolux.settings_model import Settings

MODULES = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from sonolux.cli import main
main()
"""


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of this machine, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return files


def test_one_service_that_needs_token_and_certificate_from_others(
    copied: Path, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    cert, key = certificate
    note = copied / holder_note.FILE
    options = ("--host", "0.0.0.0", "--read-only", "--tls-cert", cert, "--tls-key", key)
    with serving(copied, *options) as service:
        told = json.loads(note.read_text())
        assert told["socket"] == str(service.place)
        assert stat.S_IMODE(note.stat().st_mode) == 0o600
        assert stat.S_IMODE(service.place.stat().st_mode) == 0o600
        assert stat.S_IMODE(service.place.parent.stat().st_mode) == 0o700
        # Others need a token, and speak TLS.
        port = int(re.findall(r"https://0\.0\.0\.0:(\d+)", copied.with_suffix(".log").read_text())[0])
        trusting = ssl.create_default_context(cafile=str(cert))
        trusting.check_hostname = False
        others = HTTPSConnection("127.0.0.1", port, timeout=20, context=trusting)
        others.request("GET", "/api/v1/info")
        assert others.getresponse().status == 401
        others.close()
        # Its owner needs neither; what the service does not do, it does for nobody.
        assert run("info", "--library", copied, "--json").code == 0
        found = run("search", "coffee", "--library", copied, "--json")
        assert found.code == 0 and "coffee" in found.out
        for line in (
            ["add", tmp_path],
            ["judge", "--text", "x", "--like", json.loads(found.out.splitlines()[0])["id"]],
        ):
            ran = run(*line, "--library", copied)
            assert (ran.code, ran.out) == (1, "")
            assert ran.err == "sonolux: this service was started with --read-only\n"
        check_imports(copied)
        check_others(note, service.place)
    assert find_service(str(copied)) is None
    assert not service.place.exists()
    assert run("info", "--library", copied, "--json").code == 0


def check_imports(location: Path) -> None:
    """Check that a question by the service imports nothing of the library, and nothing heavy."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for words, said in ((["search", "coffee"], "coffee"), (["recommend", "--station"], "/")):
        command = [sys.executable, "-c", MODULES, *words, "--library", str(location)]
        ran = subprocess.run(command, env=environment, input="", capture_output=True, text=True, timeout=60, check=True)
        assert said in ran.stdout
        loaded = set(ran.stderr.split())
        assert "sonolux.cli.warm.service" in loaded
        # typer brings pydantic by itself.
        heavy = {"numpy", "torch", "qdrant_edge", "PIL", "av", "fastapi", "httpx"}
        rooms = {"sonolux.library", "sonolux.index", "sonolux.retrieval", "sonolux.settings", "sonolux.encoders"}
        assert not loaded & (heavy | rooms)


def check_others(note: Path, place: Path) -> None:
    """Check that a note or a socket of another user is not believed."""
    location = str(note.parent)
    assert find_service(location) is not None
    theirs = os.getuid() + 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holder_note.os, "getuid", lambda: theirs)
        assert find_service(location) is None
    with pytest.MonkeyPatch.context() as patch:
        own = Path.stat

        def stat_of(path: Path, **given: bool) -> os.stat_result:
            found = own(path, **given)
            return found if path != place else os.stat_result((*found[:4], theirs, *found[5:10]))

        patch.setattr(Path, "stat", stat_of)
        assert holder_note.read_socket(note) == place
        assert find_service(location) is None


def test_a_note_that_is_left_is_passed_over(copied: Path, tmp_path: Path) -> None:
    note = copied / holder_note.FILE
    left = {"pid": 1, "command": "x", "host": "h", "since": "s", "socket": str(tmp_path / "gone")}
    for told in (
        json.dumps(left),
        json.dumps({**left, "socket": "relative"}),
        json.dumps({**left, "socket": 7}),
        "{",
        "[]",
    ):
        note.unlink(missing_ok=True)
        note.write_text(told)
        assert find_service(str(copied)) is None
        assert run("info", "--library", copied).code == 0


def test_a_socket_that_hangs_up_is_one_line(copied: Path, tmp_path: Path) -> None:
    import socket
    import threading

    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(tmp_path / "s"))
    listening.listen()

    def hang_up() -> None:
        for _ in range(2):
            listening.accept()[0].close()

    thread = threading.Thread(target=hang_up, daemon=True)
    thread.start()
    (copied / holder_note.FILE).unlink(missing_ok=True)
    (copied / holder_note.FILE).write_text(json.dumps({"socket": str(tmp_path / "s")}))
    ran = run("search", "coffee", "--library", copied)
    thread.join(20)
    listening.close()
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "the service that holds the library does not answer" in ran.err


def test_the_default_place_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch, copied: Path) -> None:
    monkeypatch.delenv("SONOLUX_LIBRARY")
    assert Settings().library == LIBRARY
    shutil.rmtree(copied)
    assert find_service(None) is None
    assert find_service("http://host:6333/name") is None
