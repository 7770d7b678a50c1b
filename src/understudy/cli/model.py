"""`understudy model`: trained models as files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json

if TYPE_CHECKING:
    from understudy.pipeline.exporting import Exported

app = typer.Typer(help="Trained models as files of their own.", no_args_is_help=True)


@app.command("export")
def export(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="Project folder in which it was trained.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="MODEL.safetensors", help="The file to be written.")
    ],
    training: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which training, or which engine's, where there are several."),
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Write a trained model, with the id and hash of the consent records that it was trained by.

    Refused unless each of them permits models to be exported.
    """
    from understudy.pipeline.exporting import export_model

    _tell(export_model(project, output, training), json, quiet)


@app.command("show")
def show(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="An exported model.")],
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Show what a model is, and by which consent records it was trained."""
    from understudy.pipeline.exporting import read_model

    _tell(read_model(model), json, quiet)


def _tell(model: Exported, json: Path | None, quiet: bool) -> None:
    if json is not None:
        write_json(json, model.to_json())
    if quiet or json == STDOUT:
        return
    score = "" if model.score is None else f", held-out score {model.score:.4g}"
    typer.echo(f"{model.path}: {model.engine}, {model.steps} steps{score}")
    for one in model.consents:
        typer.echo(f"  {one.part}: consent record {one.id} ({one.kind})")
