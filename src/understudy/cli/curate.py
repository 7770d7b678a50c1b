"""`understudy curate`: choose among the faces of a likeness."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json

if TYPE_CHECKING:
    from understudy.pipeline.curating import Action, Curated

_WHICH = "Which faces"
_DO = "What is done with them"


def curate(
    likeness: Annotated[
        list[Path], typer.Argument(metavar="LIKENESS...", help="Clips or stills of the person to be seen.")
    ],
    project: Annotated[Path, typer.Option(metavar="DIR", help="Project folder; give `swap` the same one.")],
    where: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION",
            help='As in "yaw > 20 and sharpness > 0.4"; docs/coverage.md lists the names.',
            rich_help_panel=_WHICH,
        ),
    ] = None,
    strangers: Annotated[
        bool, typer.Option("--strangers", help="Only faces of somebody else.", rich_help_panel=_WHICH)
    ] = False,
    duplicates: Annotated[
        bool,
        typer.Option(
            "--duplicates", help="Only those that a sharper one shows as well.", rich_help_panel=_WHICH
        ),
    ] = False,
    alike: Annotated[
        float | None,
        typer.Option(
            metavar="D", help="What --duplicates calls alike, in grey levels; 3.", rich_help_panel=_WHICH
        ),
    ] = None,
    best: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Only the best N, evenly over pose and expression.", rich_help_panel=_WHICH
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Dropped faces, too.", rich_help_panel=_WHICH)
    ] = False,
    sort: Annotated[
        str,
        typer.Option(
            metavar="KEY",
            help="sharpness, yaw, size … or similar, dissimilar, pixels.",
            rich_help_panel=_WHICH,
        ),
    ] = "order",
    reverse: Annotated[
        bool, typer.Option("--reverse", help="The other way round.", rich_help_panel=_WHICH)
    ] = False,
    drop: Annotated[
        bool, typer.Option("--drop", help="Do not use them any more.", rich_help_panel=_DO)
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Use them alone.", rich_help_panel=_DO)] = False,
    restore: Annotated[bool, typer.Option("--restore", help="Use them again.", rich_help_panel=_DO)] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="First forget what was chosen before.", rich_help_panel=_DO)
    ] = False,
    sheet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw them: .png or .html.", rich_help_panel=_DO)
    ] = None,
    count: Annotated[
        int, typer.Option(metavar="N", min=1, max=5000, help="How many at most.", rich_help_panel=_DO)
    ] = 120,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="Write what is used as a file.", rich_help_panel=_DO),
    ] = None,
    imported: Annotated[
        Path | None,
        typer.Option(
            "--import",
            metavar="FILE.json",
            help="First take over such a file.",
            rich_help_panel=_DO,
        ),
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Sort and filter the faces of LIKENESS, and choose which ones swaps and trainings use.

    No file is renamed or deleted: the choice is kept in the project, and --restore or --reset undo it.
    """
    from rich.console import Console

    from understudy.cli.progress import shown_progress
    from understudy.errors import BadInputError

    asked: dict[Action, bool] = {"drop": drop, "keep": keep, "restore": restore}
    actions = [name for name, wanted in asked.items() if wanted]
    if len(actions) > 1:
        raise BadInputError(f"--{actions[0]} and --{actions[1]} contradict each other: give one of them.")
    # Only now: this takes seconds to import.
    from understudy.likeness.duplicates import ALIKE
    from understudy.pipeline.curating import CurateRequest, check
    from understudy.pipeline.curating import curate as choose

    request = CurateRequest(
        likeness=tuple(likeness),
        project=project,
        where=where,
        everything=everything,
        strangers=strangers,
        alike=alike if alike is not None or not duplicates else ALIKE,
        best=best,
        sort=sort,
        reverse=reverse,
        action=actions[0] if actions else None,
        sheet=sheet,
        count=count,
        export=export,
        imported=imported,
        reset=reset,
    )
    check(request)
    with shown_progress(Console(stderr=True), quiet) as progress:
        made = choose(request, progress)
        for sentence in made.warnings:
            progress.warn(sentence)
    if json is not None:
        write_json(json, made.to_json())
    if not quiet and json != STDOUT:
        typer.echo("\n".join(describe(made)))


def describe(made: Curated) -> list[str]:
    """What came of a curation, as lines for a person."""
    lines = [f"{made.kept} of {made.faces} faces are used."]
    lines += [f"  {number} are not: {why}" for why, number in made.reasons.items()]
    if len(made.people) > 1:
        each = ", ".join(f"person {number} in {faces}" for number, faces in made.people.items())
        lines.append(f"  {len(made.people)} people were told apart: {each} faces")
    request = made.request
    if request is not None and request.action is not None:
        done = "taken back" if request.action == "restore" else "dropped"
        lines.append(f"{made.matched} faces fit; {made.changed} were {done}.")
        lines.append(f"Swaps and trainings with --project {request.project} use what is kept.")
    elif request is not None:
        lines.append(f"{made.matched} faces fit" + (f", by {request.sort}:" if made.listed else "."))
        lines += [f"  {_face(face)}" for face in made.listed]
        if made.matched > len(made.listed):
            lines.append(f"  and {made.matched - len(made.listed)} more")
    extras = [("drawn", made.sheet), ("selection", made.export)]
    return lines + [f"  {name}: {path}" for name, path in extras if path is not None]


def _face(face: dict[str, object]) -> str:
    known = ("clip", "frame", "track", "used")
    more = "".join(f"  {name} {value}" for name, value in face.items() if name not in known)
    return f"{face['clip']} frame {face['frame']}{more}" + ("" if face["used"] else "  (not used)")
