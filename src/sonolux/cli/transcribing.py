"""``sonolux transcribe``: what is said in recordings, with its times."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli import SOME_FAILED
from sonolux.cli.labelling import annotated, as_data, keep
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, clock, shown_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sonolux.annotators import Annotator
    from sonolux.annotators.speech_reader import SpeechReader


def transcribe(  # noqa: PLR0913 - one parameter an option
    recordings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RECORDING",
            help="Recordings and videos, or folders of them; with --store those of the library, by default all.",
            show_default=False,
        ),
    ] = None,
    *,
    model: Annotated[
        str, typer.Option("--model", metavar="MODEL", help="Model folder of `sonolux train speech`, or one of the hub.")
    ],
    voice: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights that tell where somebody speaks (Silero VAD).", show_default=False),
    ] = None,
    subtitles: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write them as .srt or .vtt, of a single recording.", show_default=False),
    ] = None,
    store: Annotated[
        bool, typer.Option("--store", metavar="", help="Keep what is said in the library, to search by.")
    ] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write down what is said in recordings, phrase by phrase.

    With --store the words are kept in the library instead: `search` finds the recording and the time by them.
    """
    from sonolux.annotators.voice import VoiceActivity

    out = Output(as_json=as_json, quiet=quiet)
    given = recordings or []
    if subtitles is not None and (store or len(given) != 1):
        raise typer.BadParameter("--subtitles are of one recording, and not kept in a library")
    annotator = reader_of(model)
    if voice is not None:
        annotator.voice = VoiceActivity(voice)
    failed = keep(annotator, given, library, out, "transcribed") if store else _print(annotator, given, subtitles, out)
    if failed:
        raise typer.Exit(SOME_FAILED)


def reader_of(model: str) -> SpeechReader:
    """Return what writes down speech; SonoluxError for a model of something else."""
    from sonolux.annotators import resolve
    from sonolux.annotators.speech_reader import SpeechReader
    from sonolux.errors import SonoluxError

    annotator = resolve(model)
    if not isinstance(annotator, SpeechReader):
        raise SonoluxError(f"{model} does not write down speech: train a model that does with `sonolux train speech`")
    return annotator


def _print(annotator: Annotator, paths: Sequence[str], subtitles: Path | None, out: Output) -> int:
    """Print what is said in files from anywhere, or write it down as subtitles; return how many failed."""
    from sonolux.annotators.subtitles import write_subtitles
    from sonolux.types import Failure

    if not paths:
        raise typer.BadParameter("name a recording, or write down those of the library with --store")
    failed = 0
    for outcome in annotated(annotator, paths):
        if isinstance(outcome, Failure):
            failed += 1
            out.complain(f"failed: {shown_path(outcome.path)}: {outcome.reason}")
            continue
        if subtitles is not None:
            write_subtitles(outcome.annotations, subtitles)
            out.say(f"{len(outcome.annotations):,} phrases in {shown_path(str(subtitles))}")
        if out.as_json:
            out.record({"path": outcome.path, "annotations": [as_data(said) for said in outcome.annotations]})
        elif subtitles is None:
            out.line(shown_path(outcome.path))
            for phrase in outcome.annotations:
                start = clock(phrase.span.start) if phrase.span else clock(0)
                out.line(f"{start}  {phrase.label}")
    return failed
