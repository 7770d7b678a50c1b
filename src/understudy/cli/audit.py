"""`understudy audit`: what was done in a project, and whether its log is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json

if TYPE_CHECKING:
    from understudy.provenance.audit.examining import Examination
    from understudy.provenance.keys import Keyring

CHANGED = 4
"""Exit code for a log that was changed, as `verify` has it for a film."""


def audit(
    place: Annotated[
        Path, typer.Argument(metavar="PROJECT|FILM", help="A project's folder, or a film that has one.")
    ],
    head: Annotated[
        list[str] | None,
        typer.Option(metavar="HASH", help="A line that it must hold, as masters tell it; may be repeated."),
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Show what was done in a project, by whom and by which consent, and check the log line by line.

    Exit code 0: the log is as it was written, as far as can be told here. 4: it was changed.
    """
    from understudy.project.folder import default_folder
    from understudy.provenance.audit.examining import examine
    from understudy.provenance.keys import Keyring

    keyring = Keyring()
    folder = place if place.is_dir() else default_folder(place)
    found = examine(folder, keyring, head or ())
    if json is not None:
        write_json(json, found.to_json())
    if not quiet and json != STDOUT:
        _print(found, keyring)
    if not found.intact:
        raise typer.Exit(CHANGED)


def _print(found: Examination, keyring: Keyring) -> None:
    from rich.console import Console
    from rich.text import Text

    from understudy.provenance.audit.examining import signer, told

    console = Console(soft_wrap=True)
    for entry in found.entries:
        console.print(Text(told(entry, signer(entry, keyring))))
    for sentence in found.notes:
        console.print(Text(f"  - {sentence}"))
    for sentence in found.faults:
        console.print(Text(f"  ! {sentence}", style="red"))
    if found.intact:
        verdict = f"{len(found.entries)} lines, each as it was written. The last one's hash: {found.head}"
        console.print(Text(verdict, style="bold"))
    else:
        console.print(Text("This log was changed after it was written.", style="bold red"))
