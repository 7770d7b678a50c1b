"""`understudy performers`: the built-in cast, and footage of it with exact truth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json

if TYPE_CHECKING:
    from understudy.takes.take import Take

_PICTURE = "Picture"
_FILES = "Files"

performers = typer.Typer(
    help="The digital performers: footage of people who do not exist, with exact truth.",
    no_args_is_help=True,
)


@performers.command("list")
def list_(json: Json = None, quiet: Quiet = False) -> None:
    """Say who the performers are, and what they can play."""
    from understudy.performers.cast import COMPANY
    from understudy.performers.repertoire import REPERTOIRE

    if json is not None:
        people = [{"name": who.name, **asdict(who.looks), "glasses": who.glasses} for who in COMPANY]
        pieces = {name: piece.description for name, piece in REPERTOIRE.items()}
        write_json(json, {"performers": people, "performances": pieces})
    if quiet or json == STDOUT:
        return
    rows = [
        (
            who.name,
            who.looks.sex,
            str(who.looks.age),
            who.looks.skin,
            who.looks.face,
            who.looks.hair,
            who.looks.facial_hair or "–",
            "yes" if who.glasses else "–",
        )
        for who in COMPANY
    ]
    _print_table(("name", "sex", "age", "skin", "face", "hair", "facial hair", "glasses"), rows)
    typer.echo()
    _print_table(("performance", ""), [(name, piece.description) for name, piece in REPERTOIRE.items()])


@performers.command("render")
def render(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Who is seen; see `understudy performers list`.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="A video (.mp4, .mov, .mkv), or a folder for frames with truth.",
        ),
    ],
    performance: Annotated[
        str, typer.Option(metavar="NAME", help="What is played; see `understudy performers list`.")
    ] = "talking",
    frames: Annotated[int, typer.Option(metavar="N", help="Length in frames.")] = 100,
    seed: Annotated[int, typer.Option(help="Another seed, another take.")] = 1,
    size: Annotated[
        int, typer.Option(metavar="PX", help="Width and height.", rich_help_panel=_PICTURE)
    ] = 512,
    rate: Annotated[float, typer.Option("--fps", help="Frames per second.", rich_help_panel=_PICTURE)] = 25.0,
    onto: Annotated[
        str | None,
        typer.Option(
            "--likeness-onto",
            metavar="NAME",
            help="Render the true swap: NAME's face on this performer.",
            rich_help_panel=_PICTURE,
        ),
    ] = None,
    companion: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Who else stands there, in a performance for two.", rich_help_panel=_PICTURE
        ),
    ] = None,
    codec: Annotated[
        str, typer.Option(help="h264, h264-10, hevc, prores-hq, ffv1, …; of a video.", rich_help_panel=_FILES)
    ] = "h264",
    quality: Annotated[
        int | None, typer.Option(metavar="CRF", help="0 (lossless) to 51 (worst).", rich_help_panel=_FILES)
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "-y", help="Replace what is there.", rich_help_panel=_FILES)
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Render a take of performer NAME.

    A folder gets a PNG and an .npz a frame, and a truth.json that says what they hold. A command that was
    stopped goes on when it is run again.
    """
    from rich.console import Console

    from understudy.cli.progress import shown_progress
    from understudy.errors import BadInputError, OutputError
    from understudy.takes.folder import write_folder
    from understudy.takes.video import SUFFIXES, write_video

    take = _take(name, onto, performance, companion, seed, frames, rate, size)
    suffix = output.suffix.lower()
    if suffix and suffix not in SUFFIXES and not output.is_dir():
        raise BadInputError(
            f"A take cannot be written as {suffix}; name a video {', '.join(SUFFIXES)}, or a folder."
        )
    is_video = suffix in SUFFIXES
    if is_video and output.exists() and not overwrite:
        raise OutputError(f"{output} exists; choose another name, or give --overwrite.")
    with shown_progress(Console(stderr=True), quiet) as progress:
        if is_video:
            write_video(take, output, codec=codec, quality=quality, progress=progress)
        else:
            write_folder(take, output, overwrite=overwrite, progress=progress)
    if not quiet:
        typer.echo(f"Rendered {frames} frames of {name}: {output}")


def _take(
    name: str,
    onto: str | None,
    performance: str,
    companion: str | None,
    seed: int,
    frames: int,
    rate: float,
    size: int,
) -> Take:
    from understudy.errors import BadInputError
    from understudy.performers.cast import COMPANY, cast
    from understudy.performers.repertoire import REPERTOIRE, played
    from understudy.takes.take import Take

    (shown,) = cast(name)
    actor = shown if onto is None else cast(onto)[0]
    others = [who for who in COMPANY if who not in (shown, actor)]
    beside = others[0] if companion is None else cast(companion)[0]
    play = played(performance, seed=seed, frames=frames, frame_rate=rate, companion=beside)
    if companion is not None and not REPERTOIRE[performance].for_two:
        raise BadInputError(f"In the performance {performance} nobody else is seen; leave out --companion.")
    return Take(actor, play, frames, size, likeness=None if onto is None else shown)


def _print_table(headings: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
