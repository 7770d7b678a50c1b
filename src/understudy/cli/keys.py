"""`understudy keys`: who signs masters on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json


def keys(
    name: Annotated[
        str, typer.Option(help="Name in the certificate, when it is made: your studio's, or your own.")
    ] = "Understudy user",
    root: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pem", help="Write your root certificate, to be given to others."),
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Show who signs masters here, and make the certificate on first use.

    Whoever gets your root certificate can check your masters with `understudy verify --trust FILE.pem`.
    """
    from understudy.atomic import replacing
    from understudy.provenance.credentials.identity import chain_path, own_identity
    from understudy.provenance.keys import Keyring

    keyring = Keyring()
    identity = own_identity(keyring, name)
    if root is not None:
        with replacing(root) as part:
            part.write_text(identity.root, "ascii")
    if json is not None:
        write_json(json, {"name": identity.name, "chain": str(chain_path(keyring))})
    if not quiet and json != STDOUT:
        typer.echo(f"Masters are signed as {identity.name}; the certificate is {chain_path(keyring)}")
        if root is not None:
            typer.echo(f"Give {root} to those who are to trust your masters.")
