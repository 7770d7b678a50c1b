"""`understudy swap`: put a likeness onto a plate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from understudy.cli.learning import (
    Batch,
    Budget,
    Device,
    Optimiser,
    Options,
    Precision,
    Rate,
    Steps,
    UntilPlateau,
    learning,
)
from understudy.cli.options import STDOUT, FrameRate, Json, PlateFrames, Quiet, write_json

if TYPE_CHECKING:
    from understudy.pipeline.request import SwapRequest
    from understudy.pipeline.result import Range, SwapResult

_FACES = "Which face"
_PICTURE = "Picture"
_FILES = "Files"
_CONSENT = "Consent"
_STANDINGS = {
    "preview": "  a preview, marked and at most 540p: give --consent RECORD for the picture itself",
    "research": "  research footage: a master of it carries a visible label",
}


def swap(
    plate: Annotated[
        Path, typer.Option("--onto", metavar="PLATE", help="Clip or image sequence whose face is replaced.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="The video to be written.")],
    likeness: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="LIKENESS...", help="Clips or stills of the person to be seen.", show_default=False
        ),
    ] = None,
    track: Annotated[
        int | None,
        typer.Option(metavar="N", help="Number of the track to be replaced.", rich_help_panel=_FACES),
    ] = None,
    person: Annotated[
        Path | None,
        typer.Option(metavar="IMAGE", help="Picture of the person to be replaced.", rich_help_panel=_FACES),
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="TRACK=LIKENESS",
            help="Another likeness for one track; may be repeated.",
            rich_help_panel=_FACES,
        ),
    ] = None,
    frames: PlateFrames = None,
    rate: FrameRate = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help="What makes the face: warp (default), guided, df, liae, amp or quick96.",
            rich_help_panel=_PICTURE,
        ),
    ] = None,
    options: Options = None,
    budget: Budget = None,
    steps: Steps = None,
    until_plateau: UntilPlateau = False,
    device: Device = None,
    precision: Precision = None,
    batch: Batch = None,
    optimiser: Optimiser = None,
    learning_rate: Rate = None,
    blend: Annotated[
        str | None, typer.Option(help="multiband (default), poisson or feather.", rich_help_panel=_PICTURE)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the grain.", rich_help_panel=_PICTURE)] = None,
    codec: Annotated[
        str | None,
        typer.Option(
            help="h264 (default), h264-10, hevc, hevc-10, prores-hq, prores-4444 or ffv1.",
            rich_help_panel=_PICTURE,
        ),
    ] = None,
    quality: Annotated[
        int | None, typer.Option(metavar="CRF", help="0 (lossless) to 51 (worst).", rich_help_panel=_PICTURE)
    ] = None,
    consent: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="RECORD",
            help="Consent record of the likeness, or: performers. Without one: a small, marked preview.",
            rich_help_panel=_CONSENT,
        ),
    ] = None,
    plate_consent: Annotated[
        list[Path] | None,
        typer.Option(metavar="RECORD", help="Consent record of who is replaced.", rich_help_panel=_CONSENT),
    ] = None,
    plate_reason: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Why the plate needs no record.", rich_help_panel=_CONSENT),
    ] = None,
    contact_sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png", help="Write likeness, plate and result side by side.", rich_help_panel=_FILES
        ),
    ] = None,
    sheet_frames: Annotated[
        int | None, typer.Option(metavar="N", help="Frames on the contact sheet.", rich_help_panel=_FILES)
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(metavar="FILE.mp4", help="Write a wipe from plate to result.", rich_help_panel=_FILES),
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Project folder; OUT.understudy where not given.", rich_help_panel=_FILES
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", "-y", help="Replace OUT even if it was not made here.", rich_help_panel=_FILES
        ),
    ] = False,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Put LIKENESS onto PLATE.

    A command that was stopped goes on when it is run again.

    OUT is replaced only if the same project made it; --overwrite replaces it in any case.
    """
    from understudy.pipeline.request import SwapRequest, parse_assignment, parse_frames, parse_rate

    request = SwapRequest(
        likeness=tuple(likeness or ()),
        plate=plate,
        output=output,
        track=track,
        person=person,
        assignments=tuple(parse_assignment(text) for text in assignments or ()),
        frames=None if frames is None else parse_frames(frames),
        rate=None if rate is None else parse_rate(rate),
        consent=tuple(consent or ()),
        plate_consent=tuple(plate_consent or ()),
        plate_reason=plate_reason,
        project=project,
        engine=engine,
        codec=cast(Any, codec),
        quality=quality,
        blend=cast(Any, blend),
        sheet_frames=sheet_frames,
        seed=seed,
        learning=learning(
            options,
            budget=budget,
            steps=steps,
            until_plateau=until_plateau,
            device=device,
            precision=precision,
            batch=batch,
            optimiser=optimiser,
            rate=learning_rate,
        ),
        contact_sheet=contact_sheet,
        compare=compare,
        overwrite=overwrite,
    )
    result = _run(request, quiet)
    if json is not None:
        write_json(json, result.to_json())
    if not quiet and json != STDOUT:
        typer.echo("\n".join(describe(result)))


def _run(request: SwapRequest, quiet: bool) -> SwapResult:
    from rich.console import Console

    from understudy.cli.progress import shown_progress
    from understudy.pipeline.request import validate

    validate(request)
    # Only now: this takes seconds to import.
    from understudy.pipeline.swap import swap as run_swap

    with shown_progress(Console(stderr=True), quiet) as progress:
        return run_swap(request, progress)


def describe(result: SwapResult) -> list[str]:
    """What came of a swap, as lines for a person."""
    lines = [
        f"Swapped {_count(result.faces_swapped, 'face')} in {_count(result.frames, 'frame')}: {result.output}"
    ]
    lines += [
        f"  {_ranges(ranges)} of track {number}{_in_all(ranges)}: no face found, left as in the plate"
        for number, ranges in result.missed.items()
    ]
    if result.faceless:
        ranges = result.faceless
        lines.append(f"  {_ranges(ranges)}{_in_all(ranges)}: nobody to be replaced, left as in the plate")
    lines += [f"  {name}: {path}" for name, path in _extras(result)]
    lines += [words for standing, words in _STANDINGS.items() if result.consent.get("standing") == standing]
    worked = [stage for stage in result.stages if not stage.skipped]
    if worked:
        slowest = max(worked, key=lambda stage: stage.seconds)
        speed = slowest.frames_per_second
        lines.append(
            f"  {result.seconds:.1f} s in all; {slowest.name} took longest: {slowest.seconds:.1f} s"
            + (f", {speed:.1f} frames/s" if speed else "")
        )
    else:
        lines.append("  nothing had changed since the last run")
    return lines


def _extras(result: SwapResult) -> list[tuple[str, Path]]:
    extras = [("contact sheet", result.contact_sheet), ("comparison", result.compare)]
    return [(name, path) for name, path in extras if path is not None]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _in_all(ranges: tuple[Range, ...]) -> str:
    from understudy.pipeline.result import count_of

    return "" if ranges[0] == ranges[-1] and ranges[0][0] == ranges[0][1] else f" ({count_of(ranges)} in all)"


def _ranges(ranges: tuple[Range, ...]) -> str:
    single = len(ranges) == 1 and ranges[0][0] == ranges[0][1]
    text = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
    return f"frame {text}" if single else f"frames {text}"
