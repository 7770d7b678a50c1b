"""`understudy train`: have an engine learn a likeness and a plate."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    from understudy.pipeline.train import TrainResult
    from understudy.pipeline.train_request import TrainRequest

_FACES = "Which face"
_CONSENT = "Consent"
_MACHINES = "Machines"


def train(
    likeness: Annotated[
        list[Path], typer.Argument(metavar="LIKENESS...", help="Clips or stills of the person to be seen.")
    ],
    plate: Annotated[
        Path, typer.Option("--onto", metavar="PLATE", help="Clip or image sequence whose face is replaced.")
    ],
    project: Annotated[Path, typer.Option(metavar="DIR", help="Project folder, where the training is kept.")],
    engine: Annotated[str | None, typer.Option(help="Which engine learns.")] = None,
    budget: Budget = None,
    steps: Steps = None,
    until_plateau: UntilPlateau = False,
    options: Options = None,
    device: Device = None,
    precision: Precision = None,
    batch: Batch = None,
    optimiser: Optimiser = None,
    learning_rate: Rate = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a training; refused where there is none.")
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option(metavar="MODEL.safetensors", help="Write the best model when training has ended."),
    ] = None,
    show: Annotated[
        bool, typer.Option("--open", help="Show curves and previews in the browser meanwhile.")
    ] = False,
    devices: Annotated[
        int | None,
        typer.Option(metavar="N", help="GPUs of this machine, a process each.", rich_help_panel=_MACHINES),
    ] = None,
    nodes: Annotated[
        int | None, typer.Option(metavar="N", help="Machines, under torchrun.", rich_help_panel=_MACHINES)
    ] = None,
    track: Annotated[
        int | None,
        typer.Option(metavar="N", help="Number of the track to be replaced.", rich_help_panel=_FACES),
    ] = None,
    person: Annotated[
        Path | None,
        typer.Option(metavar="IMAGE", help="Picture of the person to be replaced.", rich_help_panel=_FACES),
    ] = None,
    frames: PlateFrames = None,
    rate: FrameRate = None,
    consent: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="RECORD", help="Consent record of the likeness, or: performers.", rich_help_panel=_CONSENT
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
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Have an engine learn LIKENESS and PLATE.

    A training that was stopped goes on when the command is run again, and so does one that has ended, with a
    larger budget. A swap in the same project uses what was trained.
    """
    from understudy.pipeline.request import parse_frames, parse_rate
    from understudy.pipeline.train_request import TrainRequest

    request = TrainRequest(
        likeness=tuple(likeness),
        plate=plate,
        project=project,
        engine=engine,
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
            devices=devices,
            nodes=nodes,
        ),
        track=track,
        person=person,
        frames=None if frames is None else parse_frames(frames),
        rate=None if rate is None else parse_rate(rate),
        consent=tuple(consent or ()),
        plate_consent=tuple(plate_consent or ()),
        plate_reason=plate_reason,
        resume=resume,
    )
    result = _run(request, quiet, show)
    if result is None:
        return
    if export is not None:
        from understudy.pipeline.exporting import export_model

        export_model(project, export, result.trained[0].folder.name)
    if json is not None:
        write_json(json, result.to_json())
    if not quiet and json != STDOUT:
        typer.echo("\n".join(_described(result)))
        if export is not None:
            typer.echo(f"Exported {export}")


def _run(request: TrainRequest, quiet: bool, show: bool) -> TrainResult | None:
    from rich.console import Console

    from understudy.cli.progress import shown_progress
    from understudy.pipeline.train_request import validate

    validate(request)
    # Only now: this takes seconds to import.
    from understudy.pipeline.train import train as run_training

    with _shown_in_browser(request.project, show), shown_progress(Console(stderr=True), quiet) as progress:
        result = run_training(request, progress)
        return result if result.leads else None


def _described(result: TrainResult) -> list[str]:
    lines = []
    for each in result.trained:
        tracks = ", ".join(str(track) for track in each.tracks)
        score = "" if each.score is None else f", held-out score {each.score:.4g}"
        lines.append(f"Trained {result.engine} for track {tracks}: {each.steps} steps{score}")
        lines.append(f"  {each.folder}")
    return lines


@contextmanager
def _shown_in_browser(project: Path, show: bool) -> Iterator[None]:
    """TensorBoard over the project's trainings, and the browser on it, as long as the block lasts."""
    if not show or os.environ.get("LOCAL_RANK", "0") != "0":
        yield
        return
    from understudy.cli.board import board

    def ready(address: str) -> None:
        typer.echo(f"Curves and previews: {address}", err=True)
        typer.launch(address)

    def failed(words: str) -> None:
        typer.echo(f"Curves and previews cannot be shown: TensorBoard ended ({words}).", err=True)

    with board(project, ready, failed):
        yield
