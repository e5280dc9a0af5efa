"""`sonolux mcp`, as an assistant starts it: over a library that it opens, and over the service that holds it."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from PIL import Image

from commands import run, serving
from sonolux import extras
from sonolux.cli import assisting
from sonolux.cli.warm.service import Service

NOBODY = "00000000-0000-4000-8000-000000000000"
TOOLS = {"search", "recommend", "look", "item", "identify", "facets"}


@pytest.fixture(params=["opened", "served"])
def held(request: pytest.FixtureRequest, copied: Path) -> Iterator[Path]:
    """A library that nobody has open, or that a service holds."""
    if request.param == "opened":
        yield copied
        return
    with serving(copied):
        yield copied


def server(location: Path) -> StdioServerParameters:
    arguments = ["-m", "sonolux", "mcp", "--library", str(location)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return StdioServerParameters(command=sys.executable, args=arguments, env=environment)


async def talk(location: Path, mode: Literal["legacy", "auto"]) -> dict[str, Any]:
    """Ask what an assistant asks, by the protocol's own client."""
    async with Client(stdio_client(server(location)), mode=mode) as client:
        listed = await client.list_tools()
        found = await client.call_tool("search", {"words": "coffee"})
        none = await client.call_tool("search", {"words": "submarine"})
        assert found.structured_content is not None and none.structured_content is not None
        first = found.structured_content["found"][0]["id"]
        pictures = await client.call_tool("search", {"words": "coffee", "where": {"modality": "image"}})
        assert pictures.structured_content is not None
        pictured = [*pictures.structured_content["found"], *pictures.structured_content["doubtful"]][0]["id"]
        look = await client.call_tool("look", {"id": pictured})
        unknown = await client.call_tool("item", {"id": NOBODY})
        item = await client.call_tool("item", {"id": first})
        return {
            "tools": {tool.name for tool in listed.tools}, "found": found, "none": none, "look": look,
            "unknown": unknown, "item": item,
        }  # fmt: skip


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_an_assistant_asks(held: Path, mode: Literal["legacy", "auto"]) -> None:
    told = anyio.run(talk, held, mode)
    assert told["tools"] == TOOLS
    assert not told["found"].structured_content["nothing_found"]
    assert "coffee" in told["found"].structured_content["found"][0]["from_files"]["path"]
    assert told["none"].structured_content == {"nothing_found": True, "found": [], "doubtful": []}
    with Image.open(io.BytesIO(base64.b64decode(told["look"].content[0].data))) as shown:
        shown.load()
    assert told["unknown"].is_error
    assert told["unknown"].content[0].text.endswith(f"there is no item {NOBODY}")
    assert "coffee" in json.dumps(told["item"].structured_content["from_files"])


class Refusing(Service):
    """A service that is too busy, or answers nothing."""

    def __init__(self, status: int, answer: bytes) -> None:
        super().__init__(Path("/nowhere"))
        self.told = status, answer

    def relay(self, address: str, message: bytes) -> tuple[int, bytes]:
        return self.told


def test_who_is_refused_before_he_comes_to_the_tools_is_answered_all_the_same() -> None:
    asked = b'{"jsonrpc": "2.0", "id": "seven", "method": "tools/list"}'
    busy = Refusing(503, b'{"type": "/problems/busy", "title": "T", "status": 503, "detail": "come again"}')
    told = json.loads(assisting._relayed(busy, asked))
    assert (told["id"], told["error"]["message"]) == ("seven", "come again")
    for quiet in (b'{"jsonrpc": "2.0", "method": "notifications/initialized"}', b"\n", b"no json"):
        assert assisting._relayed(busy, quiet) == ""
    assert assisting._relayed(Refusing(202, b""), asked) == ""
    answer = b'{"jsonrpc": "2.0",\n "id": "seven", "result": {}}'
    assert json.loads(assisting._relayed(Refusing(200, answer), asked)) == json.loads(answer)
    assert "\n" not in assisting._relayed(Refusing(200, answer), asked)


def test_without_a_library_it_says_so_in_a_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sonolux", "mcp", "--library", str(tmp_path / "none.sonolux")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert "there is no library at" in ran.stderr


def test_without_the_extra_it_says_what_to_install(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    present = extras.find_spec
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "mcp" else present(name))
    ran = run("mcp", "--library", copied)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "sonolux: an assistant needs mcp: pip install 'sonolux[mcp]'\n"
