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
    commands = list(_commands(group, context))
    lines += [f"| [`{name}`](#{name.replace(' ', '-')}) | {_first_line(command)} |" for name, command, _ in commands]
    for name, command, parent in commands:
        lines += _section(name, command, parent)
    return "\n".join(lines) + "\n"


def _commands(group: Any, context: Any, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield name, command and context of its group, for every command that is not hidden; of groups, their commands."""
    for name in group.list_commands(context):
        command = group.commands[name]
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            inner = command.context_class(command, info_name=name, parent=context)
            yield from _commands(command, inner, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command, context


def _first_line(command: Any) -> str:
    return str(command.help).split("\n\n", maxsplit=1)[0].replace("\n", " ")


def _section(name: str, command: Any, parent: Any) -> Iterator[str]:
    context = command.context_class(command, info_name=command.name, parent=parent)
    yield from (
        "",
        f"## {name}",
        "",
        f"    {context.command_path} {_usage(command, context)}",
        "",
        command.help,
    )
    yield from ("", "| | |", "| --- | --- |")
    for parameter in command.get_params(context):
        option, about = parameter.get_help_record(context)
        if parameter.param_type_name == "argument":
            option = parameter.metavar
        yield f"| `{_cell(option)}` | {_cell(about)} |"


def _usage(command: Any, context: Any) -> str:
    return " ".join(command.collect_usage_pieces(context))


def _cell(text: str) -> str:
    return text.strip().replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    typer.echo(reference(), nl=False)
