"""`understudy master`: a finished film marked, signed and ready to leave the house."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json

_SIGNING = "Signing"


def master(
    film: Annotated[Path, typer.Argument(metavar="FILM", help="What a swap has written.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help="The master: .mp4, .mov, .mkv or a still.")
    ],
    project: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Project folder; FILM.understudy where not given.")
    ] = None,
    codec: Annotated[
        str, typer.Option(help="h264, h264-10, hevc, hevc-10, prores-hq, prores-4444 or ffv1.")
    ] = "h264",
    quality: Annotated[
        float | None, typer.Option(metavar="CRF", help="0 (lossless) to 51 (worst).", show_default=False)
    ] = None,
    medium: Annotated[
        str | None,
        typer.Option(
            metavar="MEDIUM", help="Where it is published, as feature-film; the record must allow it."
        ),
    ] = None,
    production: Annotated[
        str | None, typer.Option(metavar="REFERENCE", help="The production it belongs to, as in the record.")
    ] = None,
    label: Annotated[
        bool, typer.Option("--label", help="Show a label in the corner, even if no record asks for it.")
    ] = False,
    title: Annotated[str | None, typer.Option(help="Title in the credentials.")] = None,
    certificates: Annotated[
        Path | None,
        typer.Option(
            metavar="CHAIN.pem",
            help="Your studio's certificates; needs --key or --signer.",
            rich_help_panel=_SIGNING,
        ),
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="KEY.pem", help="Their private key.", rich_help_panel=_SIGNING)
    ] = None,
    signer: Annotated[
        Path | None,
        typer.Option(
            metavar="PROGRAM",
            help="Or a program that signs its standard input, for keys in hardware.",
            rich_help_panel=_SIGNING,
        ),
    ] = None,
    timestamps: Annotated[
        str | None,
        typer.Option(metavar="URL", help="An RFC 3161 time-stamp authority.", rich_help_panel=_SIGNING),
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Make a master of FILM: encoded, invisibly marked, with signed Content Credentials.

    The consent records that the swap was made with must still be valid, and must allow mastering.
    `understudy verify OUT` then tells anybody what it is.
    """
    from rich.console import Console

    from understudy.cli.progress import shown_progress
    from understudy.errors import BadInputError
    from understudy.mastering.master import House, MasterRequest
    from understudy.mastering.master import master as make_master
    from understudy.mastering.permission import Publication, parse_medium
    from understudy.provenance.credentials.identity import guarded_identity, own_identity, studio_identity
    from understudy.provenance.credentials.registry import Registry
    from understudy.provenance.keys import Keyring
    from understudy.provenance.watermark.choosing import watermark

    if (certificates is None) != (key is None and signer is None) or (key is not None and signer is not None):
        raise BadInputError(
            "A certificate chain and what signs belong together: give --certificates with --key or --signer."
        )
    keyring = Keyring()
    request = MasterRequest(
        film=film,
        output=output,
        project=project,
        codec=codec,
        quality=quality,
        publication=Publication(parse_medium(medium), production),
        label=label,
        title=title,
    )
    if certificates is not None and key is not None:
        identity = studio_identity(certificates, key, timestamps)
    elif certificates is not None and signer is not None:
        identity = guarded_identity(certificates, signer, timestamps)
    else:
        identity = own_identity(keyring, timestamps=timestamps)
    house = House(identity, watermark(), Registry.of(keyring), keyring)
    with shown_progress(Console(stderr=True), quiet) as progress:
        made = make_master(request, house, progress)
    if json is not None:
        write_json(json, made.to_json())
    if not quiet and json != STDOUT:
        beside = f", its credentials beside it: {made.sidecar}" if made.sidecar else ""
        typer.echo(f"Mastered {made.frames} frames: {made.output}{beside}")
        typer.echo(f"  signed by {identity.name}; invisible mark {made.payload:016x}; {made.seconds:.1f} s")
