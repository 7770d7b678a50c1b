"""`understudy inspect`: what is wrong with a finished film, and where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json

if TYPE_CHECKING:
    from rich.console import Console

    from understudy.inspection.events import Severity
    from understudy.pipeline.inspecting import Inspection

_STYLES = {"severe": "bold red", "visible": "yellow", "minor": ""}
_FOUND = 1


def inspect(
    film: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RESULT|PROJECT]", help="A finished film, or the project of a swap.", show_default=False
        ),
    ] = None,
    result: Annotated[
        Path | None, typer.Option(metavar="VIDEO", help="The finished film, made by anybody.")
    ] = None,
    plate: Annotated[
        Path | None,
        typer.Option(
            metavar="PLATE",
            help="What it was made of; what the film's project says unless given.",
            show_default=False,
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write everything as one HTML page.")
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", min=1, help="How many flaws are listed at most.")] = 30,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="SEVERITY",
            help="Exit with code 1 where something is that bad: minor, visible or severe.",
        ),
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Find what is wrong with a finished film, the worst first: frames, a keyframe to repair, a sentence.

    Every frame is compared with the plate's, and with what is usual in its shot. Without a plate much less
    can be told; what is left out is said.
    """
    from rich.console import Console

    from understudy.cli.failures import INTERRUPTED
    from understudy.cli.progress import shown_progress
    from understudy.errors import BadInputError

    if (film is None) == (result is None):
        raise BadInputError("Say which film: give RESULT or PROJECT, or --result VIDEO with --plate PLATE.")
    severity = _severity(fail_on)
    # Only now: this takes seconds to import.
    from understudy.pipeline.inspecting import InspectRequest
    from understudy.pipeline.inspecting import inspect as look

    chosen = film if film is not None else result
    assert chosen is not None
    try:
        with shown_progress(Console(stderr=True), quiet) as progress:
            found = look(InspectRequest(chosen, plate), progress)
            if report is not None:
                from understudy.pipeline.inspection_page import write_report

                write_report(report, found)
    except KeyboardInterrupt as stop:
        typer.echo("Stopped; nothing was written. A later run looks at all frames again.", err=True)
        raise typer.Exit(INTERRUPTED) from stop
    if json is not None:
        write_json(json, found.to_json())
    if not quiet and json != STDOUT:
        show(found, count, Console())
    if severity is not None and found.at_least(severity):
        raise typer.Exit(_FOUND)


def _severity(text: str | None) -> Severity | None:
    from understudy.errors import BadInputError
    from understudy.inspection.events import SEVERITIES

    if text is None:
        return None
    for severity in SEVERITIES:
        if severity == text.strip().lower():
            return severity
    raise BadInputError(f"--fail-on wants {', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}, not {text}.")


def show(found: Inspection, count: int, console: Console) -> None:
    """Print the worst events as a table, and what has to be known beside them."""
    from rich.table import Table
    from rich.text import Text

    against = "" if found.films.plate is None else f" beside {found.films.plate}"
    console.print(Text(f"{found.films.result}{against}: {found.frames} frames"), soft_wrap=True)
    for sentence in found.sentences:
        console.print(Text(sentence, style="italic"), soft_wrap=True)
    if not found.events:
        console.print("Nothing was found.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("", "score", "look at", "what"):
        table.add_column(title, justify="right" if title == "score" else "left")
    for event in found.events[:count]:
        style = _STYLES[event.severity]
        table.add_row(
            Text(event.severity, style=style),
            f"{event.score:.1f}",
            f"{event.keyframe}",
            Text(event.sentence, style=style),
        )
    console.print(table)
    if len(found.events) > count:
        console.print(f"and {len(found.events) - count} more")
