"""Options that every command has, and what they do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from understudy.atomic import replacing

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but warnings and errors.")]

Json = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Write the result as JSON to FILE, or to stdout for -."),
]

PlateFrames = Annotated[
    str | None,
    typer.Option("--frames", metavar="A-B", help="Only these frames of the plate, counted from 0."),
]

FrameRate = Annotated[
    str | None,
    typer.Option("--rate", metavar="R", help="Frames per second of an image sequence, as 24000/1001."),
]

STDOUT = Path("-")


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path`, whole or not at all; to stdout where `path` is `-`."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if path == STDOUT:
        typer.echo(text)
        return
    with replacing(path) as part:
        part.write_text(text + "\n", "utf-8")
