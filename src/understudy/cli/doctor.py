"""`understudy doctor`: what this machine has, what is missing, and how to get it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json

if TYPE_CHECKING:
    from understudy.cli.checks import Check

_STYLES = {"ok": "green", "optional": "yellow", "missing": "red"}


def doctor(
    project: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Where projects are to be written.", show_default="this folder"),
    ] = Path(),
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Say what this machine has, what is missing and how to get it.

    Exit code 0: everything that is needed is there. 1: something is missing.
    """
    from understudy.cli.checks import checks

    found = list(checks(project))
    missing = [check for check in found if check.state == "missing"]
    if json is not None:
        write_json(json, {"ok": not missing, "checks": [asdict(check) for check in found]})
    if json != STDOUT and (missing or not quiet):
        _print_table(missing if quiet else found)
    if missing:
        raise typer.Exit(1)


def _print_table(found: list[Check]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in found:
        table.add_row(Text(check.state, style=_STYLES[check.state]), check.name, Text(check.found))
        if check.remedy and check.state != "ok":
            table.add_row("", "", Text(check.remedy, style="bold"))
    Console().print(table)
