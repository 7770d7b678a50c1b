"""Files signed: credentials put into a file, or beside one that cannot hold them."""

from __future__ import annotations

import io
from pathlib import Path

import c2pa

from understudy.errors import OutputError
from understudy.provenance.credentials import xmp
from understudy.provenance.credentials.formats import holds_credentials, media_type, sidecar_of
from understudy.provenance.credentials.identity import Identity
from understudy.provenance.credentials.reading import UnreadableCredentialsError, read_credentials
from understudy.provenance.credentials.statement import COMPOSITE, Statement
from understudy.provenance.credentials.trust import settings

_ALGORITHMS = {
    "ed25519": c2pa.C2paSigningAlg.ED25519,
    "es256": c2pa.C2paSigningAlg.ES256,
    "es384": c2pa.C2paSigningAlg.ES384,
    "es512": c2pa.C2paSigningAlg.ES512,
    "ps256": c2pa.C2paSigningAlg.PS256,
}


def sign(part: Path, target: Path, statement: Statement, identity: Identity) -> bytes:
    """Write the file at `part`, signed, to `target`; return its credentials as a C2PA manifest store.

    Must be the last step: whatever changes the file afterwards breaks its credentials. A file of a kind that
    holds none stays as it is, at `part`, and its credentials go to `sidecar_of(target)`; `target` is then not
    touched. What was written is read back and checked. Raises OutputError.
    """
    written = target if holds_credentials(target) else sidecar_of(target)
    try:
        store = _signed(part, target, statement, identity)
        _check(target if written == target else part, target, store, identity)
    except (c2pa.C2paError, OSError) as error:
        written.unlink(missing_ok=True)
        raise OutputError(f"{target} could not be signed: {_sentence(error)}") from error
    except OutputError:
        written.unlink(missing_ok=True)
        raise
    return store


def _signed(part: Path, target: Path, statement: Statement, identity: Identity) -> bytes:
    builder = c2pa.Builder(statement.manifest(target), c2pa.Context.from_dict(settings()))
    for description, source in statement.ingredients():
        with source.path.open("rb") as file:
            builder.add_ingredient(description, media_type(source.path), file)
    signer = c2pa.Signer.from_callback(
        identity.sign, _ALGORITHMS[identity.algorithm], identity.chain, identity.timestamps
    )
    if holds_credentials(target):
        if target.suffix.lower() in xmp.SUFFIXES:
            xmp.append(part, xmp.packet(COMPOSITE))
        return bytes(builder.sign_file(str(part), str(target), signer))
    builder.set_no_embed()
    with part.open("rb") as file:
        store = bytes(builder.sign(signer, media_type(target), file, io.BytesIO()))
    sidecar_of(target).write_bytes(store)
    return store


def _check(written: Path, target: Path, store: bytes, identity: Identity) -> None:
    beside = None if holds_credentials(target) else store
    try:
        credentials = read_credentials(written, anchors=identity.root, beside=beside)
    except UnreadableCredentialsError as error:
        raise OutputError(f"The credentials of {target} cannot be read back ({error}).") from error
    if credentials is None or not credentials.intact or not credentials.trusted:
        why = ", ".join(credentials.failures) if credentials else "nothing is there"
        raise OutputError(
            f"The credentials of {target} are not valid ({why}): check the signing certificate with "
            "understudy keys."
        )


def _sentence(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return f"{text}; check the signing certificate and the time-stamp authority."
