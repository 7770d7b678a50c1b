"""`understudy demo`: what this program does, shown on performers of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where it is written.")
    ] = Path("understudy-demo"),
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Film two digital performers, swap them, and score it against the truth.

    DIR gets the video, a film with everything side by side, and a report. It takes two or three minutes on
    two cores; a command that was stopped goes on when it is run again.
    """
    from rich.console import Console

    from understudy.cli.progress import shown_progress
    from understudy.demo.run import make_demo

    with shown_progress(Console(stderr=True), quiet) as progress:
        made = make_demo(output, progress)
    files = {
        "video": made.video,
        "side by side": made.side_by_side,
        "picture": made.picture,
        "report": made.report,
    }
    if json is not None:
        told = {"figures": made.scored.figures, "sentences": made.sentences}
        write_json(json, told | {"files": {name: str(path) for name, path in files.items()}})
    if not quiet and json != STDOUT:
        typer.echo("\n".join(["", *made.sentences, ""]))
        typer.echo("\n".join(f"{name + ':':14}{path}" for name, path in files.items()))
