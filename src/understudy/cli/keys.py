"""`understudy keys`: who signs masters on this machine, and whose signatures are believed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json

app = typer.Typer(invoke_without_command=True)


@app.callback()
def keys(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Option(help="Your studio's name or your own, for the certificate; a new name makes a new one."),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pem", help="Write your root certificate, to be given to others."),
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Show who signs masters here, and make the certificate on first use.

    Whoever gets your root certificate can check your masters with `understudy verify --trust FILE.pem`, or
    believe them from then on with `understudy keys trust FILE.pem`.
    """
    if context.invoked_subcommand is not None:
        return
    from understudy.atomic import replacing
    from understudy.provenance.credentials.identity import chain_path, own_identity, renamed_identity
    from understudy.provenance.keys import Keyring

    keyring = Keyring()
    identity = own_identity(keyring) if name is None else own_identity(keyring, name)
    if name is not None and identity.name != name:
        identity = renamed_identity(keyring, name)
    if root is not None:
        with replacing(root) as part:
            part.write_text(identity.root, "ascii")
    if json is not None:
        write_json(json, {"name": identity.name, "chain": str(chain_path(keyring))})
    if not quiet and json != STDOUT:
        typer.echo(f"Masters are signed as {identity.name}; the certificate is {chain_path(keyring)}")
        if root is not None:
            typer.echo(f"Give {root} to those who are to trust your masters.")


@app.command()
def trust(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="LIST.pem...", help="Certificate authorities: somebody's root, or a whole trust list."
        ),
    ],
    quiet: Quiet = False,
) -> None:
    """Believe the Content Credentials of those whom these authorities vouch for.

    The C2PA trust list of cameras and editing programs, and its list of time-stamp authorities, are such
    files; they are not bundled, since they change.
    """
    from understudy.provenance.credentials.trust import authorities
    from understudy.provenance.keys import Keyring, sha256_of

    keyring = Keyring()
    for certificate in [one for path in files for one in authorities(path)]:
        keyring.trust(certificate)
        if not quiet:
            typer.echo(f"{sha256_of(certificate)[:16]}  {certificate.subject.rfc4514_string()}")


@app.command()
def trusted(json: Json = None, quiet: Quiet = False) -> None:
    """List the authorities whose signers are believed, the roots of consent records included."""
    from understudy.provenance.keys import Keyring, sha256_of

    keyring = Keyring()
    found = dict.fromkeys([*keyring.roots(), *keyring.signers()])
    told = {sha256_of(one): one.subject.rfc4514_string() for one in found}
    if json is not None:
        write_json(json, told)
    if not quiet and json != STDOUT:
        for digest, name in told.items():
            typer.echo(f"{digest[:16]}  {name}")


@app.command()
def distrust(
    fingerprint: Annotated[
        str, typer.Argument(help="The first digits that `keys trusted` shows, 8 or more.")
    ],
    quiet: Quiet = False,
) -> None:
    """Forget an authority that `keys trust` was given."""
    from understudy.errors import BadInputError
    from understudy.provenance.keys import Keyring

    gone = Keyring().distrust(fingerprint) if len(fingerprint) >= 8 else ()
    if not gone:
        raise BadInputError(f"No authority begins with {fingerprint}: understudy keys trusted lists them.")
    if not quiet:
        for certificate in gone:
            typer.echo(f"Forgotten: {certificate.subject.rfc4514_string()}")
