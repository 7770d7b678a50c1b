"""`understudy matte`: teach what stands before a face on a few frames, and have it found on the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.learning import Batch, Budget, Device, Precision, Rate, Steps, UntilPlateau
from understudy.cli.options import STDOUT, FrameRate, Json, PlateFrames, Quiet, write_json

if TYPE_CHECKING:
    from understudy.pipeline.mattes.plates import PlateRequest

app = typer.Typer(
    help="Mattes that are learned from a few faces: what stands before a face is kept.", no_args_is_help=True
)

Plate = Annotated[
    Path, typer.Argument(metavar="PLATE", help="Clip or image sequence whose face is replaced.")
]
Project = Annotated[Path, typer.Option(metavar="DIR", help="Project folder; give `swap` the same one.")]
Track = Annotated[int | None, typer.Option(metavar="N", help="Number of the track that is meant.")]
Person = Annotated[Path | None, typer.Option(metavar="IMAGE", help="Picture of the person who is meant.")]
Records = Annotated[
    list[Path] | None,
    typer.Option(metavar="RECORD", help="Consent record that speaks of the plate too, or: performers."),
]
PlateRecords = Annotated[
    list[Path] | None,
    typer.Option("--plate-consent", metavar="RECORD", help="Consent record of who is in the plate."),
]


@app.command("label")
def label(
    plate: Plate,
    project: Project,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the pictures.")],
    count: Annotated[int, typer.Option(min=1, max=500, help="How many faces.")] = 16,
    track: Track = None,
    person: Person = None,
    frames: PlateFrames = None,
    rate: FrameRate = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Write pictures of faces of PLATE, in which what stands before the face is to be erased.

    Any painting program with an eraser will do, as GIMP or Krita: erase to transparency, and save the PNG. A
    picture in which nothing stands before the face is saved as it is; one that was not saved is left out.
    """
    from rich.console import Console

    from understudy.cli.progress import shown_progress
    from understudy.pipeline.mattes.labelling import label as give_to_label

    with shown_progress(Console(stderr=True), quiet) as progress:
        made = give_to_label(_request(plate, project, track, person, frames, rate), output, count, progress)
    if json is not None:
        write_json(json, {"labels": str(made.path), "added": [str(path) for path in made.added]})
    if not quiet and json != STDOUT:
        typer.echo(
            f"{len(made.added)} pictures in {output}: erase what stands before the face, and save them."
        )
        typer.echo(f"Then: understudy matte train {output} --on {plate} --project {project}")


@app.command("train")
def train(
    labels: Annotated[
        list[Path], typer.Argument(metavar="LABELS...", help="Folders of labelled pictures, or mattes.json.")
    ],
    plates: Annotated[
        list[Path], typer.Option("--on", metavar="PLATE", help="The clip that was labelled; may be repeated.")
    ],
    project: Project,
    consent: Records = None,
    plate_consent: PlateRecords = None,
    budget: Budget = None,
    steps: Steps = None,
    until_plateau: UntilPlateau = False,
    resolution: Annotated[int, typer.Option(help="Side of the squares it sees: 64, 128 … 512.")] = 128,
    base: Annotated[int, typer.Option(help="Width of the network; 32 at 256 is DeepFaceLab's XSeg.")] = 8,
    afresh: Annotated[bool, typer.Option("--afresh", help="Forget what was learned before.")] = False,
    device: Device = None,
    precision: Precision = None,
    batch: Batch = None,
    learning_rate: Rate = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Train the project's matte on LABELS: for ten minutes, unless told otherwise.

    Run again, with more labels too, it goes on. Who is in the plate must have agreed to training.
    """
    from rich.console import Console

    from understudy.cli.learning import learning
    from understudy.cli.progress import shown_progress
    from understudy.mattes.network import Shape
    from understudy.pipeline.mattes.training import MatteTraining, train_matte

    asked = learning(
        None,
        until_plateau=until_plateau,
        budget=budget,
        steps=steps,
        device=device,
        precision=precision,
        batch=batch,
        rate=learning_rate,
    )
    request = MatteTraining(
        labels=tuple(labels),
        plates=tuple(plates),
        project=project,
        shape=Shape(resolution, base),
        training=asked.training,
        afresh=afresh,
        consent=tuple(consent or ()),
        plate_consent=tuple(plate_consent or ()),
    )
    with shown_progress(Console(stderr=True), quiet) as progress:
        made = train_matte(request, progress)
    if json is not None:
        write_json(json, made.to_json())
    if not quiet and json != STDOUT:
        score = "" if made.score is None else f", held-out overlap {made.score:.3f}"
        typer.echo(f"Learned from {made.faces} faces: {made.steps} steps{score}")
        typer.echo(
            f"  Look at {made.folder / 'preview.png'}, then: understudy matte apply PLATE --project {project}"
        )


@app.command("apply")
def apply(
    plate: Plate,
    project: Project,
    alone: Annotated[
        bool, typer.Option("--alone", help="What is found without training has no say any more.")
    ] = False,
    track: Track = None,
    person: Person = None,
    frames: PlateFrames = None,
    rate: FrameRate = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Give PLATE the matte that was trained in its project: swaps of it there use it from now on."""
    from rich.console import Console

    from understudy.cli.progress import shown_progress
    from understudy.pipeline.mattes.applying import apply_matte

    request = _request(plate, project, track, person, frames, rate)
    with shown_progress(Console(stderr=True), quiet) as progress:
        made = apply_matte(request, alone=alone, progress=progress)
    if json is not None:
        write_json(json, made.to_json())
    if not quiet and json != STDOUT:
        typer.echo(f"Something stands before {made.covered:.0%} of the faces of {plate.name}.")


@app.command("remove")
def remove(plate: Plate, project: Project, quiet: Quiet = False) -> None:
    """Take PLATE's learned matte away: swaps are as they were before. What was learned is kept."""
    from understudy.pipeline.mattes.applying import remove_matte

    had = remove_matte(project, plate)
    if not quiet:
        typer.echo(f"{plate.name} has no learned matte any more." if had else f"{plate.name} had none.")


def _request(
    plate: Path, project: Path, track: int | None, person: Path | None, frames: str | None, rate: str | None
) -> PlateRequest:
    from understudy.pipeline.mattes.plates import PlateRequest
    from understudy.pipeline.request import parse_frames, parse_rate

    return PlateRequest(
        plate=plate,
        project=project,
        track=track,
        person=person,
        frames=None if frames is None else parse_frames(frames),
        rate=None if rate is None else parse_rate(rate),
    )
