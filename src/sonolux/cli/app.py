"""Every command, in the order in which ``sonolux --help`` lists them."""

from __future__ import annotations

from typing import Annotated

import typer

from sonolux.cli import (
    adding,
    assisting,
    benchmarks,
    copying,
    demo,
    doctor,
    drawing,
    duplicates,
    events,
    identifying,
    importing,
    interacting,
    judging,
    keeping,
    labelling,
    layers,
    looking,
    reading,
    recommending,
    sampling,
    searching,
    serving,
    spaces,
    training,
    transcribing,
)

EXIT_CODES = (
    "Exit codes: 0 all done; 1 refused; 2 a command line that cannot be read; 3 done, but some files failed;"
    " 130 interrupted."
)

app = typer.Typer(
    name="sonolux",
    help="Find what people see, hear and read: photos, music, sounds, speech, video and text in one library.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from sonolux import __version__

        typer.echo(f"sonolux {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


app.command()(sampling.sample)
app.command()(adding.add)
app.command()(searching.search)
app.command()(identifying.identify)
app.command()(identifying.compare)
app.command("fingerprint")(identifying.fingerprint)
app.command()(judging.judge)
app.command()(recommending.recommend)
app.add_typer(interacting.app, name="interactions")
app.command()(recommending.factors)
app.command()(looking.show)
app.command("list")(looking.list_items)
app.command()(keeping.remove)
app.command("spaces")(spaces.spaces)
app.command()(duplicates.duplicates)
app.add_typer(training.app, name="train")
app.command()(importing.import_weights)
app.command()(layers.layers)
app.command()(drawing.look)
app.command()(labelling.label)
app.command()(events.events)
app.command()(transcribing.transcribe)
app.command()(reading.read)
app.command()(serving.serve)
app.command()(keeping.export)
app.command()(copying.copy)
app.command()(looking.info)
app.command()(assisting.mcp)
app.command()(doctor.doctor)
app.command(hidden=True)(demo.demo)
app.add_typer(benchmarks.app, name="bench", hidden=True)
