"""The command line as a page of Markdown: ``python -m sonolux.cli.reference > docs/cli.md``.

Written from the commands themselves, so that it says what they do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from sonolux.cli.app import EXIT_CODES, app

HEAD = """# Command line

This page is written by `make docs` from the commands themselves.

Every command takes its options after its name. stdout is data, with `--json` one object a line; stderr is talk.
`sonolux --install-completion` makes the shell complete commands and options.
"""


def reference() -> str:
    """Return the page."""
    # Any: where typer's command classes live differs between its versions, what is asked of them here does not.
    group: Any = typer.main.get_command(app)
    context = group.make_context("sonolux", [], resilient_parsing=True)
    lines = [HEAD, EXIT_CODES, "", "| command | |", "| --- | --- |"]
    commands = [command for name in group.list_commands(context) if not (command := group.commands[name]).hidden]
    lines += [f"| [`{command.name}`](#{command.name}) | {_first_line(command)} |" for command in commands]
    for command in commands:
        lines += _section(command, context)
    return "\n".join(lines) + "\n"


def _first_line(command: Any) -> str:
    return str(command.help).split("\n\n", maxsplit=1)[0].replace("\n", " ")


def _section(command: Any, parent: Any) -> Iterator[str]:
    context = command.context_class(command, info_name=command.name, parent=parent)
    yield from (
        "",
        f"## {command.name}",
        "",
        f"    {context.command_path} {_usage(command, context)}",
        "",
        command.help,
    )
    yield from ("", "| | |", "| --- | --- |")
    for parameter in command.get_params(context):
        name, about = parameter.get_help_record(context)
        if parameter.param_type_name == "argument":
            name = parameter.metavar
        yield f"| `{_cell(name)}` | {_cell(about)} |"


def _usage(command: Any, context: Any) -> str:
    return " ".join(command.collect_usage_pieces(context))


def _cell(text: str) -> str:
    return text.strip().replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    typer.echo(reference(), nl=False)
