"""`understudy coverage`: what a likeness's footage lacks for a plate, before anything is made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.options import STDOUT, FrameRate, Json, PlateFrames, Quiet, write_json

if TYPE_CHECKING:
    from understudy.pipeline.covering import Covered


def coverage(
    likeness: Annotated[
        list[Path], typer.Argument(metavar="LIKENESS...", help="Clips or stills of the person to be seen.")
    ],
    plate: Annotated[
        list[Path],
        typer.Option(
            "--onto", metavar="PLATE", help="The clip whose face is replaced; several are compared."
        ),
    ],
    candidate: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=CLIP", help="Another likeness to compare; the same NAME adds to it."),
    ] = None,
    track: Annotated[int | None, typer.Option(metavar="N", help="Number of the plate's track.")] = None,
    person: Annotated[
        Path | None, typer.Option(metavar="IMAGE", help="Picture of the person to be replaced.")
    ] = None,
    frames: PlateFrames = None,
    rate: FrameRate = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write maps, timeline and list as one page.")
    ] = None,
    maps: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the maps and the timeline as SVG.")
    ] = None,
    project: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Project folder; PLATE.understudy where not given.")
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Say what LIKENESS lacks for PLATE, as a shooting list, and where a swap will be worst.

    With several likenesses or plates it also says who fits best, and why.
    """
    from rich.console import Console

    from understudy.cli.progress import shown_progress

    # Only now: this takes seconds to import.
    from understudy.pipeline.covering import CoverRequest, check
    from understudy.pipeline.covering import coverage as compare
    from understudy.pipeline.request import parse_frames, parse_rate

    request = CoverRequest(
        likenesses=_sets(likeness, candidate or []),
        plates=tuple(plate),
        project=project,
        track=track,
        person=person,
        frames=None if frames is None else parse_frames(frames),
        rate=None if rate is None else parse_rate(rate),
        report=report,
        maps=maps,
    )
    check(request)
    with shown_progress(Console(stderr=True), quiet) as progress:
        made = compare(request, progress)
    if json is not None:
        write_json(json, made.to_json())
    if not quiet and json != STDOUT:
        typer.echo("\n".join(describe(made)))


def _sets(likeness: list[Path], candidates: list[str]) -> tuple[tuple[str, tuple[Path, ...]], ...]:
    """The likenesses by name, the first one called after its first clip."""
    from understudy.errors import BadInputError

    sets: dict[str, list[Path]] = {likeness[0].stem: list(likeness)} if likeness else {}
    for text in candidates:
        name, equals, clip = text.partition("=")
        if not (name and equals and clip):
            raise BadInputError(f'--candidate wants NAME=CLIP, as in berta=berta.mp4, not "{text}".')
        sets.setdefault(name, []).append(Path(clip))
    return tuple((name, tuple(clips)) for name, clips in sets.items())


def describe(made: Covered) -> list[str]:
    """What came of it, as lines for a person."""
    lines: list[str] = []
    if made.ranking:
        lines += ["Who fits:", *(f"  {score}: {sentence}" for score, sentence in made.ranking)]
    for pair in made.pairs:
        lines += [f"{pair.name}: {pair.summary}"]
        lines += ["Shooting list:"] if pair.needs else ["Nothing has to be recorded: the plate is covered."]
        lines += [f"  {number}. {need.sentence}" for number, need in enumerate(pair.needs, 1)]
        lines += [f"  {sentence}" for sentence in pair.remarks]
    files = ([made.report] if made.report else []) + list(made.maps[:1])
    return lines + [f"  written: {path}" for path in files]
