"""`understudy project`: what is done with a project as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json

app = typer.Typer(no_args_is_help=True, help="Look after a project's folder.")


@app.callback()
def _project() -> None:
    """Look after a project's folder."""


@app.command()
def purge(
    place: Annotated[
        Path, typer.Argument(metavar="PROJECT|FILM", help="A project's folder, or a film that has one.")
    ],
    subject: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Whose face: the name in the record, or a record's id or hash."),
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="All faces, whosever they are, and everything made of them.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Delete a person's faces, embeddings, crops and models, as at the end of a term, and note it in the log.

    Films, records and the log stay. `understudy audit` then shows what was deleted, by its hashes.
    """
    from rich.console import Console

    from understudy.cli.progress import shown_progress
    from understudy.errors import BadInputError
    from understudy.pipeline.purging import purge as purge_project
    from understudy.project.folder import default_folder

    if (subject is None) != everybody:
        raise BadInputError("Say whose faces are to go: give --subject NAME, or --everybody.")
    folder = place if place.is_dir() else default_folder(place)
    if not yes:
        whose = "everybody's faces" if subject is None else f"the faces of {subject}"
        typer.confirm(
            f"Delete {whose} and all that was made of them from {folder}? It cannot be undone", abort=True
        )
    with shown_progress(Console(stderr=True), quiet) as progress:
        purged = purge_project(folder, subject, progress)
    if json is not None:
        write_json(json, purged.to_json())
    if not quiet and json != STDOUT:
        files, size = sum(one.files for one in purged.deleted), sum(one.bytes for one in purged.deleted)
        typer.echo(f"Deleted {files} files, {size / 1e6:.1f} MB; the log tells of each folder by its hash.")
        for film in purged.films:
            typer.echo(f"  still there, since films made within a term may stay: {film}")
        for path in purged.unclear:
            typer.echo(f"  still there, since nothing says whose it is: {folder / path}")
