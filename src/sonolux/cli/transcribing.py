"""``sonolux transcribe``: what is said in recordings, with its times."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.annotating import RecordingsArgument, annotated_files, keep
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, shown_path
from sonolux.presentation.wording import clock

if TYPE_CHECKING:
    from sonolux.annotators.files import Annotated as AnnotatedFile
    from sonolux.annotators.speech_reader import SpeechReader


def transcribe(  # noqa: PLR0913 - one parameter an option
    recordings: RecordingsArgument = None,
    *,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="Model folder of `sonolux train speech`, one of the hub, or speech: English, by a package.",
        ),
    ] = "speech",
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
    from sonolux.annotators.voice_activity import VoiceActivity
    from sonolux.presentation.data import annotated_as_data

    out = Output(as_json=as_json, quiet=quiet)
    given = recordings or []
    if subtitles is not None and (store or len(given) != 1):
        raise typer.BadParameter("--subtitles are of one recording, and not kept in a library")
    annotator = reader_of(model)
    if voice is not None:
        annotator.voice = VoiceActivity(voice)
    if store:
        keep(annotator, given, library, out, "transcribed")
        return
    for file in annotated_files(annotator, given, out):
        if subtitles is not None:
            _write(file, subtitles, out)
        if as_json:
            out.record(annotated_as_data(file.path, file.annotations))
        elif subtitles is None:
            _print(file, out)


def reader_of(model: str) -> SpeechReader:
    """Return what writes down speech; SonoluxError for a model of something else."""
    from sonolux.annotators import resolve
    from sonolux.annotators.speech_reader import SpeechReader
    from sonolux.errors import SonoluxError

    annotator = resolve(model)
    if not isinstance(annotator, SpeechReader):
        raise SonoluxError(f"{model} does not write down speech: train a model that does with `sonolux train speech`")
    return annotator


def _print(file: AnnotatedFile, out: Output) -> None:
    out.line(shown_path(file.path))
    for phrase in file.annotations:
        start = clock(phrase.span.start) if phrase.span else clock(0)
        out.line(f"{start}  {phrase.label}")


def _write(file: AnnotatedFile, subtitles: Path, out: Output) -> None:
    from sonolux.annotators.subtitles import write_subtitles

    write_subtitles(file.annotations, subtitles)
    out.say(f"{len(file.annotations):,} phrases in {shown_path(str(subtitles))}")
