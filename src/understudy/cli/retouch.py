"""`understudy retouch`: the edits of a finished swap, and the film with them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json

if TYPE_CHECKING:
    from understudy.pipeline.result import SwapResult
    from understudy.pipeline.retouching import Retouching

_CHANGE = "Change the edits"
_SHOW = "Look at them, and take them elsewhere"
_REPAIRED = re.compile(r"(\d+)=(.+)")


def retouch(
    film: Annotated[
        Path, typer.Argument(metavar="OUTPUT|PROJECT", help="A finished swap, or its project's folder.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="OUT", help="The film with the edits; NAME-retouched.* beside it."
        ),
    ] = None,
    project: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The film's project where it is not beside it.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace OUT even if this project did not make it.")
    ] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="Print the edits and versions.", rich_help_panel=_SHOW)
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write all edits as one file.", rich_help_panel=_SHOW),
    ] = None,
    imported: Annotated[
        Path | None,
        typer.Option("--import", metavar="FILE", help="Add the edits of a file.", rich_help_panel=_SHOW),
    ] = None,
    to_track: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Copy the edits, or those of --import, to another track of the same person.",
            rich_help_panel=_SHOW,
        ),
    ] = None,
    paint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FRAME=PICTURE",
            help="A frame of the film that was repaired in a paint program.",
            rich_help_panel=_CHANGE,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A-B[@KEY]:NAME=VALUE,…",
            help="How faces are put in over frames A to B: strength, scale, erode, blur in percent; "
            "colour=plate|own; engine=NAME; fade=FRAMES; track=N. Several KEYs of one range make keyframes.",
            rich_help_panel=_CHANGE,
        ),
    ] = None,
    engine: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A-B=ENGINE",
            help="Who draws the faces in frames A to B: warp, or an engine that is trained for this film.",
            rich_help_panel=_CHANGE,
        ),
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Take an edit away.", rich_help_panel=_CHANGE)
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back the last change.", rich_help_panel=_CHANGE)
    ] = False,
    redo: Annotated[bool, typer.Option("--redo", help="Do it again.", rich_help_panel=_CHANGE)] = False,
    version: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Give the edits as they are a name.", rich_help_panel=_CHANGE),
    ] = None,
    restore: Annotated[
        str | None, typer.Option(metavar="NAME", help="Go back to a named version.", rich_help_panel=_CHANGE)
    ] = None,
    promote: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FRAME[=WEIGHT]",
            help="Let the engine guided learn from a repaired frame, as if it were WEIGHT faces; 20.",
            rich_help_panel=_SHOW,
        ),
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Apply the edits of a finished swap, and write the film anew.

    Only what edits touch is drawn again; sound, timecode, consent records and credentials are as the swap's.
    With an option that changes or shows the edits, only that is done. Edits are made in Understudy Studio, or
    by --paint, --settings and --engine.
    """
    changes = {
        "--import": imported is not None,
        "--to-track": to_track is not None and imported is None,
        "--paint": bool(paint),
        "--settings" if settings else "--engine": bool(settings or engine),
        "--drop": bool(drop),
        "--undo": undo,
        "--redo": redo,
        "--restore": restore is not None,
    }
    asked = [name for name, given in changes.items() if given]
    only_shown = listed or bool(promote) or export is not None or version is not None
    _check(asked, output, only_shown)
    # Only now: this takes seconds to import.
    from understudy.pipeline.retouching import Retouching

    if not asked and not only_shown:
        _apply(film, output, project, overwrite, json, quiet)
        return
    with Retouching.open(film, project) as desk:
        revision = desk.state().revision
        if imported is not None:
            desk.keep(desk.imported(imported, to_track), revision)
        elif to_track is not None:
            desk.keep(_to_copy(desk, to_track), revision)
        elif paint:
            desk.keep(_painted(desk, paint), revision)
        elif settings or engine:
            desk.keep(_ranged(desk, settings or [], engine or []), revision)
        elif drop:
            desk.drop(drop, revision)
        elif undo:
            desk.undo(revision)
        elif redo:
            desk.redo(revision)
        elif restore is not None:
            desk.restore(restore, revision)
        if version is not None:
            desk.name_version(version)
        if export is not None:
            desk.export(export)
        for text in promote or []:
            desk.promote(*_frame_and_weight(text))
        if json is not None:
            write_json(json, to_json(desk))
        if not quiet and json != STDOUT:
            typer.echo("\n".join(describe(desk)))


def _check(asked: list[str], output: Path | None, shown: bool) -> None:
    from understudy.errors import BadInputError

    if len(asked) > 1:
        raise BadInputError(f"{asked[0]} and {asked[1]} are two changes: make one after the other.")
    if output is not None and (asked or shown):
        raise BadInputError("--output writes the film, the other options only change or show the edits.")


def _to_copy(desk: Retouching, track: int) -> Any:
    from understudy.errors import BadInputError

    others = [edit for edit in desk.edits() if edit.track != track]
    if not others:
        raise BadInputError(f"There are no edits of another track to copy to track {track}.")
    return desk.copied(others, track)


def _ranged(desk: Retouching, settings: list[str], engines: list[str]) -> Any:
    from understudy.pipeline.ranged import parse_engine, parse_settings, settings_edits

    return settings_edits(desk, [*map(parse_settings, settings), *map(parse_engine, engines)])


def _frame_and_weight(text: str) -> tuple[int, float]:
    from understudy.errors import BadInputError
    from understudy.retouch.promoting import WEIGHT

    match = re.fullmatch(r"(\d+)(?:=(\d+(?:\.\d+)?))?", text.strip())
    if match is None:
        raise BadInputError(f'--promote wants FRAME or FRAME=WEIGHT, as in 120=20, not "{text}".')
    return int(match[1]), WEIGHT if match[2] is None else float(match[2])


def _painted(desk: Retouching, texts: list[str]) -> Any:
    """One edit with a key for every picture."""
    from understudy.errors import BadInputError
    from understudy.media import open_clip

    edit = None
    for text in texts:
        match = _REPAIRED.fullmatch(text)
        if match is None or int(match[1]) >= desk.frames:
            raise BadInputError(
                f'--paint wants FRAME=PICTURE with a frame from 0 to {desk.frames - 1}, not "{text}".'
            )
        with open_clip(Path(match[2])) as clip:
            edit = desk.repaired_as(int(match[1]), clip.read(0).image, onto=edit)
    return edit


def _apply(
    film: Path,
    output: Path | None,
    project: Path | None,
    overwrite: bool,
    json: Path | None,
    quiet: bool,
) -> None:
    from rich.console import Console

    from understudy.cli.progress import shown_progress
    from understudy.pipeline.retouch import RetouchRequest
    from understudy.pipeline.retouch import retouch as apply

    with shown_progress(Console(stderr=True), quiet) as progress:
        result: SwapResult = apply(RetouchRequest(film, output, project, overwrite), progress)
    if json is not None:
        write_json(json, result.to_json())
    if not quiet and json != STDOUT:
        drawn = next(stage.frames for stage in result.stages if stage.name == "retouch")
        typer.echo(f"Retouched {result.output}: {drawn} of {result.frames} frames were drawn again.")


def to_json(desk: Retouching) -> dict[str, Any]:
    """The edits of a film as JSON values."""
    state = desk.state()
    return {
        "film": str(desk.film),
        "revision": state.revision,
        "edits": [edit.model_dump(mode="json") for edit in state.edits],
        "versions": desk.versions(),
        "can_undo": state.can_undo,
        "can_redo": state.can_redo,
    }


def describe(desk: Retouching) -> list[str]:
    """The edits of a film as lines for a person."""
    edits, versions = desk.edits(), desk.versions()
    count = f"{len(edits)} edit{'' if len(edits) == 1 else 's'}" if edits else "no edits"
    lines = [f"{desk.film} has {count}" + (":" if edits else ".")]
    lines += [f"  {edit.id}  {edit.sentence}" + (f"  ({edit.note})" if edit.note else "") for edit in edits]
    return lines + ([f"Versions: {', '.join(versions)}"] if versions else [])
