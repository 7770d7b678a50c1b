"""`understudy verify`: what can be known about a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json

if TYPE_CHECKING:
    from understudy.provenance.verify.finding import Report

_SIGNS = {"good": "+", "bad": "!", "open": "-"}
_STYLES = {"good": "green", "bad": "red", "open": ""}


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A film or picture, made by anybody.")],
    trust: Annotated[
        list[Path] | None,
        typer.Option(metavar="ROOTS.pem", help="Root certificates that you trust; may be repeated."),
    ] = None,
    registry: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A registry of masters; your own unless given.", show_default=False),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=1, help="Seconds of computing for a file, beside the time to read it; 120 unless given."
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write everything as one HTML page.")
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Say what can be known about FILE: who signed it, whether it was changed, what was done to it.

    Offline: nothing is fetched or sent. Exit code 0: intact, signer trusted. 1: intact, signer unknown.
    3: no credentials, but the invisible mark is there. 4: changed after it was signed. 5: nothing found.

    FILE is looked at in a process of its own, with bounded memory and time: it may be made to do harm.
    """
    from understudy.atomic import replacing
    from understudy.mastering.verifying import Limits, verify_guarded
    from understudy.provenance.credentials.registry import Registry
    from understudy.provenance.credentials.trust import anchors
    from understudy.provenance.keys import Keyring
    from understudy.provenance.verify.page import page

    keyring = Keyring()
    masters = Registry.of(keyring).folder if registry is None else registry
    limits = Limits() if seconds is None else Limits(seconds=seconds)
    found = verify_guarded(file, anchors(keyring, trust or ()), masters, limits)
    if report is not None:
        with replacing(report) as part:
            part.write_text(page(found), "utf-8")
    if json is not None:
        write_json(json, found.to_json())
    if not quiet and json != STDOUT:
        _print(found)
    if found.verdict.exit_code:
        raise typer.Exit(found.verdict.exit_code)


def _print(found: Report) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True)
    # A name may hold what moves a terminal's cursor; findings hold nothing of the kind.
    name = "".join(sign if sign.isprintable() else "_" for sign in found.file.name)
    console.print(Text(f"{name}: {found.verdict.sentence}", style="bold"))
    for finding in found.findings:
        console.print(Text(f"  {_SIGNS[finding.state]} {finding.sentence}", style=_STYLES[finding.state]))
