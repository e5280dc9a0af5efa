"""The examples of the pages run, and print what the pages say.

Every page is one session in one folder. Its fenced blocks run in order:

- ``console``: a line that begins with ``$ `` is a command; ``# exit 3`` after it is the exit code, 0 where nothing is
  said. ``sonolux`` runs in this process, anything else in a shell. The lines below are output. ``sonolux`` with ``&``
  after it runs beside the rest of the page, once its output is there; at the end of the page it is asked to end.
- ``python``: all blocks of a page share their names; a line that begins with ``#> `` is output.

Every output line shown has to be among the lines printed, on stdout or stderr. Runs of white space count as one; what
the machine, the day or a random draw decides (numbers with a decimal point, chances, dates, digests) is compared only
as such; ``...`` stands for anything. Blocks of other languages are for reading.
"""

from __future__ import annotations

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from object_store import use_store
from s3_server import KEY, SECRET, serving_s3
from sonolux import sample as made_sample
from sonolux.cli import main
from sonolux.settings import settings
from sonolux.settings_model import Settings

ROOT = Path(__file__).parents[2]
PAGES = (
    *(
        "add",
        "search",
        "python",
        "labels",
        "words",
        "networks",
        "recommend",
        "blend",
    ),
    *("serve", "storage"),
)
TAUGHT = (
    *("models", "training", "feedback", "taste", "align", "moods", "look", "sounds", "events", "speech", "music"),
    *("training-data", "read", "identify", "copies", "api"),
)
"""Pages that train, read or listen for as long as their readers do."""

SOURCE = ROOT / "src" / "sonolux"
CLUSTER_PAGE = ROOT / "docs" / "cluster.md"
CLUSTER_SHOWN = "http://localhost:6333"
CLUSTER = os.environ.get("SONOLUX_TEST_QDRANT_URL", "")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXIT_CODE = re.compile(r"\s+# exit (\d+)$")
ASSIGNMENT = re.compile(r"([A-Z_]+)=(.*)")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
VARYING = (
    (re.compile(r"any item|< 1 in a million|\b\d+ in [\d,]+"), "CHANCE"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.+Z-]*[\dZ]"), "DATE"),
    (re.compile(r"\d+\.\d+(e[+-]\d+)?"), "NUMBER"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b|\b[0-9a-f]{12,}\b"), "DIGEST"),
)


@dataclass(frozen=True)
class Step:
    """One command or piece of Python with the output shown below it."""

    language: str
    code: str
    line: int
    shown: list[str] = field(default_factory=list)


def steps_of(page: str) -> Iterator[Step]:
    for fence in FENCE.finditer(page):
        line = page.count("\n", 0, fence.start()) + 2
        if fence[1] == "console":
            yield from _commands(fence[2], line)
        elif fence[1] == "python":
            shown = [text.removeprefix("#> ") for text in fence[2].splitlines() if text.startswith("#> ")]
            yield Step("python", fence[2], line, shown)


def _commands(block: str, first: int) -> Iterator[Step]:
    step = None
    for number, text in enumerate(block.splitlines(), first):
        if text.startswith("$ "):
            if step is not None:
                yield step
            step = Step("console", text.removeprefix("$ "), number)
        elif text.strip():
            assert step is not None, f"line {number}: output without a command"
            step.shown.append(text)
    if step is not None:
        yield step


def plain(line: str) -> str:
    """Put a line in the form in which output is compared."""
    for pattern, name in VARYING:
        line = pattern.sub(name, line)
    return " ".join(line.split())


def missing(shown: list[str], printed: str) -> list[str]:
    """Return the lines shown that were not printed."""
    lines = [plain(line) for line in printed.splitlines()]
    return [line for line in shown if not any(_pattern(line).fullmatch(other) for other in lines)]


def _pattern(shown: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, plain(shown).split("..."))))


@dataclass
class Session:
    """A newcomer who follows a page."""

    capsys: pytest.CaptureFixture[str]
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "page"})
    beside: list[subprocess.Popen[str]] = field(default_factory=list)

    def follow(self, page: str) -> None:
        try:
            self._follow(page)
        finally:
            for process in self.beside:
                process.terminate()
            for process in self.beside:
                process.communicate(timeout=90)
            codes = [process.returncode for process in self.beside]
        assert codes == [0] * len(codes)

    def _follow(self, page: str) -> None:
        for step in steps_of(page):
            if step.language == "python":
                # An own name for each block, so that a traceback says where.
                exec(compile(step.code, f"<python block at line {step.line}>", "exec"), self.names)
                printed = "".join(self.capsys.readouterr())
            elif step.code.startswith("sonolux ") and step.code.endswith(" &"):
                printed = self.start(step)
            else:
                printed = self.command(step)
            lost = missing(step.shown, printed)
            assert not lost, f"line {step.line}, {step.code}\nshown but not printed: {lost}\nprinted:\n{printed}"

    def start(self, step: Step) -> str:
        """Start a command that goes on, and return its output as soon as there are as many lines as are shown."""
        command = [sys.executable, "-m", *shlex.split(step.code.removesuffix("&"))]
        with Path("beside.log").open("w") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.beside.append(process)
        assert process.stdout is not None
        return "".join(process.stdout.readline() for _ in step.shown) + Path("beside.log").read_text()

    def command(self, step: Step) -> str:
        wanted = EXIT_CODE.search(step.code)
        command = EXIT_CODE.sub("", step.code)
        code, printed = self.sonolux(command) if re.search(r"(^|\s)sonolux ", command) else shell(command)
        assert code == (int(wanted[1]) if wanted else 0), f"line {step.line}, {command}: exit {code}\n{printed}"
        return printed

    def sonolux(self, command: str) -> tuple[int, str]:
        tokens = list(shlex.shlex(command, posix=True, punctuation_chars=True))
        assert not {"<", ">", "|", ";", "&"} & set(tokens), f"a shell would not hand this to sonolux: {command}"
        words = shlex.split(command)
        with pytest.MonkeyPatch.context() as patch:
            while assigned := ASSIGNMENT.fullmatch(words[0]):
                patch.setenv(assigned[1], assigned[2])
                words = words[1:]
            settings.cache_clear()
            patch.setattr(sys, "argv", words)
            with pytest.raises(SystemExit) as stopped:
                main()
        settings.cache_clear()
        return int(stopped.value.code or 0), "".join(self.capsys.readouterr())


def shell(command: str) -> tuple[int, str]:
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, timeout=60)
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    made_sample.write_sample(folder)
    return folder


@pytest.fixture
def session(
    tmp_path: Path,
    sample: Path,
    monkeypatch: pytest.MonkeyPatch,
    private_home: Path,
    capsys: pytest.CaptureFixture[str],
) -> Session:
    def write_sample(folder: str | Path) -> list[Path]:
        """Copy the sample, which is the same every time."""
        shutil.copytree(sample, folder)
        return [path for path in Path(folder).rglob("*") if path.is_file()]

    monkeypatch.setattr(made_sample, "write_sample", write_sample)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SONOLUX_LIBRARY")
    settings.cache_clear()
    return Session(capsys)


@pytest.mark.parametrize(
    "page",
    [
        ROOT / "README.md",
        *(ROOT / "docs" / f"{name}.md" for name in PAGES),
        *(pytest.param(ROOT / "docs" / f"{name}.md", marks=pytest.mark.long) for name in TAUGHT),
    ],
    ids=lambda page: page.stem,
)
def test_examples(page: Path, session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from sonolux.annotators.registry import ANNOTATORS
    from sonolux.encoders.registry import ENCODERS

    for registry in (ANNOTATORS, ENCODERS):
        monkeypatch.setattr(registry, "entries", dict(registry.entries))
    with serving_as_shown(page.read_text(encoding="utf-8"), tmp_path, monkeypatch):
        session.follow(page.read_text(encoding="utf-8"))


@contextmanager
def serving_as_shown(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the server of S3 that a page starts, with the keys that it shows, at a port that is free."""
    if "rclone serve s3" not in text:
        yield
        return
    assert f"rclone serve s3 --auth-key {KEY},{SECRET} --addr 127.0.0.1:9000 buckets &" in text
    assert f"export AWS_ACCESS_KEY_ID={KEY} AWS_SECRET_ACCESS_KEY={SECRET}" in text
    (folder / "buckets").mkdir()
    with serving_s3(folder / "buckets") as server:
        use_store(monkeypatch, server.url, KEY, SECRET)
        yield


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant")
@pytest.mark.filterwarnings("ignore:Local mode performs exact")
def test_examples_on_a_cluster(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the client's in-process mode, which lasts as long as the page; on a real cluster where there is one."""
    pytest.importorskip("qdrant_client")
    from qdrant_client import QdrantClient

    from sonolux.index.cluster import node

    text = CLUSTER_PAGE.read_text(encoding="utf-8")
    if CLUSTER:
        name = f"sonolux-test-{uuid.uuid4()}"
        try:
            for shown in (f"{CLUSTER_SHOWN},127.0.0.1:6333", CLUSTER_SHOWN):
                text = text.replace(f"{shown}/things", f"{CLUSTER}/{name}").replace(
                    f"{shown}/other", f"{CLUSTER}/{name}-2"
                )
            session.follow(text)
        finally:
            QdrantClient(url=CLUSTER).delete_collection(name)
        return
    served = QdrantClient(":memory:")
    with monkeypatch.context() as patch:
        patch.setattr(served, "close", lambda: None)
        patch.setattr(node, "QdrantClient", lambda *_, **__: served)
        session.follow(text)
    served.close()


@pytest.mark.long
def test_examples_on_ray(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("SONOLUX_WORKERS", "2")
    session.follow((ROOT / "docs" / "scale.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")}), ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md"])
def test_files_that_are_named_are_there(name: str) -> None:
    named = re.findall(r"`((?:[\w.]+/)+[\w.]*)`", (ROOT / name).read_text(encoding="utf-8"))
    made = ("dist/",)
    gone = [
        path for path in named if path not in made and not any((ROOT / top / path).exists() for top in ("", SOURCE))
    ]
    assert gone == []


def test_every_make_target_that_is_named_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob(".github/**/*.*")]
    called = re.compile(r"(?:^ *|`|run: )make ([a-z-]+)", re.MULTILINE)
    named = {target for page in pages for target in called.findall(page.read_text(encoding="utf-8"))}
    assert {"test", "lint", "docs", "wheel-test"} <= named <= targets


def test_every_filter_is_named() -> None:
    from sonolux.retrieval.filters import ANNOTATION_KEYS, META_KEYS, PLAIN_KEYS

    text = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
    assert [key for key in ("folder", *PLAIN_KEYS, *META_KEYS, *ANNOTATION_KEYS) if f"`{key}`" not in text] == []


def test_every_argument_of_search_is_named() -> None:
    from sonolux.library import Library

    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    arguments = list(inspect.signature(Library.search).parameters)[1:]
    assert [name for name in arguments if name != "unknown" and f"`{name}`" not in text] == []


def test_every_setting_is_named() -> None:
    text = (ROOT / "docs" / "add.md").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"`SONOLUX_{name.upper()}`" not in text] == []


PAGE = """
```console
$ echo 'a 3.5  b 3 in 10'
{shown}
```
"""


@pytest.mark.parametrize("shown", ["a 9.1 b 1 in 20", "a 1.0 b any item", "a ...", "... b < 1 in a million"])
def test_output_that_differs_by_machine_or_draw_passes(shown: str, session: Session) -> None:
    session.follow(PAGE.format(shown=shown))


@pytest.mark.parametrize("shown", ["a 3 b 3 in 10", "a 3.5 b", "b 3.5 a 3 in 10", "a 3.5 b 3 in 10\nmore"])
def test_output_that_was_not_printed_fails(shown: str, session: Session) -> None:
    with pytest.raises(AssertionError, match=r"line 3, echo .*\n *shown but not printed"):
        session.follow(PAGE.format(shown=shown))


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("exit 4", "exit 4"),
        ("exit 4  # exit 3", "exit 4"),
        ("sonolux info", "exit 1"),
        ("SONOLUX_WORKERS=2 sonolux --version  # exit 1", "exit 0"),
        ("sonolux list --where date>=2020", "a shell would not"),
    ],
)
def test_a_wrong_command_fails(command: str, complaint: str, session: Session) -> None:
    with pytest.raises(AssertionError, match=complaint):
        session.follow(f"```console\n$ {command}\n```\n")


def test_python_that_fails_or_prints_otherwise_fails(session: Session) -> None:
    session.follow("```python\nnumber = 3\n```\n```python\nprint(number)\n#> 3\n```\n")
    with pytest.raises(AssertionError, match="shown but not printed"):
        session.follow("```python\nprint(number)\n#> 4\n```\n")
    with pytest.raises(ZeroDivisionError):
        session.follow("```python\nnumber / 0\n```\n")
