"""`understudy consent`: who agreed to what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from understudy.cli.options import STDOUT, Json, Quiet, write_json

if TYPE_CHECKING:
    from understudy.provenance.consent.checking import Held
    from understudy.provenance.consent.record import Record
    from understudy.provenance.consent.wording import Section
    from understudy.provenance.keys import PrivateKey

app = typer.Typer(
    name="consent",
    help="Records of who agreed to what: make them, sign them, check them, take them back.",
    no_args_is_help=True,
)

RecordFile = Annotated[Path, typer.Argument(metavar="RECORD", help="A consent record.")]
Out = Annotated[Path, typer.Option("--output", "-o", metavar="RECORD", help="The record to be written.")]
Material = Annotated[
    list[Path], typer.Option("--material", metavar="FILE", help="Footage it is about; may be repeated.")
]
Face = Annotated[
    Path | None, typer.Option(metavar="IMAGE", help="A clear picture of the face, to find strangers by.")
]
Days = Annotated[int, typer.Option(help="Length of the term; ten years at most.", show_default=True)]
Key = Annotated[
    str, typer.Option(metavar="NAME|FILE.pem", help="Name of your key, or a PEM file of another.")
]
Certificates = Annotated[
    Path | None, typer.Option(metavar="CHAIN.pem", help="X.509 certificates of the key, its own first.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Declare and sign without being asked.")]


@app.command("self")
def own_face(
    footage: Annotated[list[Path], typer.Argument(metavar="CLIP...", help="Footage of yourself.")],
    output: Out,
    name: Annotated[str, typer.Option(prompt="Your name", help="Your name.")],
    adult: Annotated[bool, typer.Option("--adult", help="You are an adult.")] = False,
    use: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What it is for, if not your own films.")
    ] = None,
    reference_face: Face = None,
    days: Days = 365,
    key: Key = "me",
    yes: Yes = False,
) -> None:
    """Agree to the use of your own face, by yourself. Takes a minute."""
    from understudy.provenance.consent.drafting import own, unsigned

    _refuse_to_replace(output)
    if not adult and not yes:
        adult = typer.confirm("Are you an adult (18 or older)?")
    draft = own(name, _hashed(footage, reference_face), adult=adult, description=use, days=days)
    _sign(unsigned(draft), output, "subject", name, key, yes)


@app.command()
def declare(
    kind: Annotated[str, typer.Option(help="research, synthetic or public-domain.")],
    subject: Annotated[str, typer.Option(metavar="NAME", help="Who or what is shown.")],
    reference: Annotated[
        str, typer.Option(metavar="TEXT", help="Where it comes from: address, licence, approval.")
    ],
    material: Material,
    output: Out,
    declarant: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who declares it; you, by your login, unless given.")
    ] = None,
    died: Annotated[
        int | None, typer.Option(metavar="YEAR", help="Year of death; public-domain needs it.")
    ] = None,
    reference_face: Face = None,
    days: Days = 365,
    key: Key = "me",
) -> None:
    """Declare footage that no living person has to grant, or that is only for research.

    By running this you declare, signed with your key, that everybody shown is an adult, and that what you
    say of the footage is true.
    """
    from understudy.provenance.consent.drafting import declared, unsigned

    _refuse_to_replace(output)
    who = declarant or _login()
    found = _hashed(material, reference_face)
    draft = declared(cast(Any, kind), subject, who, reference, found, died=died, days=days)
    _sign(unsigned(draft), output, "declarant", who, key, yes=True)


@app.command()
def new(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="What is to be written.")],
    form: Annotated[
        Path | None, typer.Option("--from", metavar="FORM", help="A form that is filled in.")
    ] = None,
    kind: Annotated[str, typer.Option(help="Of an empty form: licensed or estate.")] = "licensed",
) -> None:
    """Write an empty form, or make the record of one that is filled in (--from)."""
    from understudy.errors import BadInputError
    from understudy.provenance.consent.drafting import unsigned
    from understudy.provenance.consent.form import empty_form, read_form
    from understudy.provenance.consent.reading import write

    _refuse_to_replace(output)
    if form is None:
        if kind not in ("licensed", "estate"):
            raise BadInputError(
                f"There is no form for {kind}: give licensed or estate, or use self or declare."
            )
        _write_text(output, empty_form(cast(Any, kind)))
        typer.echo(f"Fill in {output}, then run: understudy consent new --from {output} -o RECORD")
        return
    from understudy.pipeline.material import hashed

    filled = read_form(form)
    look = filled.hashed(form.parent, lambda path, face: hashed(path, reference_face=face))
    write(output, unsigned(filled.draft(look)))
    typer.echo(f"Everybody reads and signs {output} now: understudy consent sign {output}")


@app.command()
def sign(
    record: RecordFile,
    name: Annotated[str | None, typer.Option(help="Who signs, if not the subject itself.")] = None,
    key: Key = "me",
    certificates: Certificates = None,
    yes: Yes = False,
) -> None:
    """Read a record and sign it, as the one who grants it."""
    from understudy.provenance.consent.kinds import RULES
    from understudy.provenance.consent.reading import read_record

    found = read_record(record)
    role = RULES[found.payload.kind].grantor
    who = name or (found.payload.subject.name if role == "subject" else found.payload.grantee.name)
    _sign(found, record, role, who, key, yes, certificates)


@app.command()
def countersign(
    record: RecordFile,
    name: Annotated[str | None, typer.Option(help="Who signs, if not the grantee itself.")] = None,
    key: Key = "me",
    certificates: Certificates = None,
    yes: Yes = False,
) -> None:
    """Sign a record as the one who may use the face."""
    from understudy.provenance.consent.reading import read_record

    found = read_record(record)
    _sign(found, record, "grantee", name or found.payload.grantee.name, key, yes, certificates)


@app.command()
def show(
    record: RecordFile,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a page to read, print and sign on.")
    ] = None,
) -> None:
    """Say in plain language what a record allows, who signed it and whether it is valid."""
    from understudy.provenance.consent.checking import hold
    from understudy.provenance.consent.page import write_page

    held = hold(record)
    if html is not None:
        write_page(held, html)
        typer.echo(f"Written: {html}")
        return
    _print_record(held)


@app.command()
def check(
    record: RecordFile,
    purpose: Annotated[str, typer.Option("--for", help="bind, train, export or master.")] = "bind",
    part: Annotated[str, typer.Option(help="likeness (shown) or plate (replaced).")] = "likeness",
    medium: Annotated[str | None, typer.Option(help="Where it is to be published.")] = None,
    production: Annotated[str | None, typer.Option(metavar="REF", help="The production that asks.")] = None,
    material: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Footage that it has to speak of.")
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Say whether a record permits something now. Exit code 0: it does; 3: it does not, and why."""
    from understudy.errors import BadInputError, ConsentError
    from understudy.provenance.consent.checking import Purpose, hold, refusals

    if purpose not in list(Purpose):
        raise BadInputError(f"--for wants bind, train, export or master, not {purpose}.")
    if part not in ("likeness", "plate"):
        raise BadInputError(f"--part wants likeness or plate, not {part}.")
    held = hold(record)
    asked = {"part": cast(Any, part), "medium": cast(Any, medium), "production": production}
    reasons = [*refusals(held, Purpose(purpose), **asked), *_strangers(held, material or [])]
    if json is not None:
        write_json(json, {"permitted": not reasons, "reasons": reasons, "record": held.summary})
    if reasons:
        raise ConsentError(f"{record.name}: {'; '.join(reasons)}.")
    if not quiet and json != STDOUT:
        typer.echo(f"{record.name} permits it.")


@app.command()
def revoke(
    record: RecordFile,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; need not be said.")] = None,
    statement: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A revocation that you were sent, to be kept here.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The revocation; beside the record unless given."
        ),
    ] = None,
    key: Key = "me",
) -> None:
    """Take a record back, by a statement that you sign; or take note of one that you were sent."""
    from understudy.errors import ConsentError
    from understudy.provenance.consent import withdrawal
    from understudy.provenance.consent.reading import read_record, read_revocation, write
    from understudy.provenance.consent.values import spell
    from understudy.provenance.keys import Keyring

    found = read_record(record)
    if statement is None:
        revocation = withdrawal.revoke(found, _key(key), reason)
        path = output or withdrawal.beside(record)
        write(path, revocation)
        typer.echo(f"Written: {path}. Send it to everybody who has the record.")
    else:
        revocation = read_revocation(statement)
        if not withdrawal.counts(revocation, found):
            raise ConsentError(f"{statement.name} does not come from anybody who signed {record.name}.")
    withdrawal.receive(revocation, Keyring())
    moment = withdrawal.in_force_from(found, [revocation])
    assert moment is not None
    typer.echo(f"The record counts as revoked from {spell(moment)}.")


@app.command()
def enrol(
    source: Annotated[
        Path, typer.Argument(metavar="RECORD|ROOT.pem", help="A signed record, or a root certificate.")
    ],
    role: Annotated[
        str | None, typer.Option("--role", help="Only this signer: subject, estate, declarant or grantee.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Note whose key signed a record, after you have made sure of it; or believe a root certificate.

    From then on a record in that name counts only with that key.
    """
    from understudy.errors import BadInputError, ConsentError
    from understudy.provenance.consent.reading import read_record
    from understudy.provenance.consent.signing import fingerprint, is_genuine
    from understudy.provenance.consent.values import now, spell
    from understudy.provenance.keys import Keyring, read_certificates

    if source.suffix.lower() in (".pem", ".crt", ".cer"):
        for certificate in read_certificates(source):
            if certificate.issuer != certificate.subject:
                raise BadInputError(f"{source} is not a root: enrol the certificate that issued it.")
            Keyring().enrol_root(certificate)
            typer.echo(f"Enrolled: {certificate.subject.rfc4514_string()}")
        return
    record = read_record(source)
    signatures = [each for each in record.signatures if role in (None, each.role)]
    if not signatures:
        raise BadInputError(f"Nobody has signed {source.name}{f' as {role}' if role else ''}.")
    for signature in signatures:
        if not is_genuine(record.payload, signature):
            raise ConsentError(f"{source.name} was changed after {signature.name} signed it.")
        question = f"Has {signature.name} told you that their key is {fingerprint(signature.key)}?"
        if yes or typer.confirm(question):
            Keyring().enrol(signature.name, signature.key, spell(now()))
            typer.echo(f"Enrolled: {signature.name}, {fingerprint(signature.key)}")


def _hashed(footage: list[Path], reference_face: Path | None) -> list[Any]:
    from rich.console import Console

    from understudy.cli.progress import shown_progress
    from understudy.pipeline.material import hashed

    with shown_progress(Console(stderr=True), quiet=not Console(stderr=True).is_terminal) as progress:
        found = [hashed(path, progress) for path in footage]
        if reference_face is not None:
            found.append(hashed(reference_face, progress, reference_face=True))
    return found


def _strangers(held: Held, footage: list[Path]) -> list[str]:
    from understudy.pipeline.material import files_of
    from understudy.provenance.consent.material import digest_files, speaks_of

    return [
        f"it does not speak of {path.name}"
        for path in footage
        if not speaks_of(held.record, digest_files(files_of(path)))
    ]


def _sign(
    record: Record,
    output: Path,
    role: Any,
    name: str,
    key: str,
    yes: bool,
    certificates: Path | None = None,
) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    from understudy.provenance.consent import signing, wording
    from understudy.provenance.consent.checking import hold
    from understudy.provenance.consent.reading import write
    from understudy.provenance.keys import read_certificates

    declaration = (
        wording.agreement(record.payload) if role == "grantee" else wording.declaration(record.payload)
    )
    if not yes:
        _print_sections(wording.title(record), wording.sections(record))
        typer.confirm(f"{declaration}\nDo you declare this, and sign it as {name}?", abort=True)
    chain = () if certificates is None else read_certificates(certificates)
    own = _key(key)
    data = [certificate.public_bytes(Encoding.DER) for certificate in chain]
    write(output, signing.sign(record, own, role, name, certificates=data))
    typer.echo(f"{name} has declared: {declaration}")
    typer.echo(f"Signed with the key {signing.fingerprint(signing.public_text(own.public_key()))}: {output}")
    if (missing := wording.missing(hold(output))) is not None:
        typer.echo(missing)


def _print_record(held: Held) -> None:
    from understudy.provenance.consent.wording import sections, title, validity

    _print_sections(title(held.record), [*sections(held.record), validity(held)])


def _print_sections(title: str, sections: list[Section]) -> None:
    typer.secho(title, bold=True)
    for section in sections:
        typer.secho(f"\n{section.heading}", bold=True)
        for sentence in section.sentences:
            typer.echo(f"  {sentence}")


def _key(text: str) -> PrivateKey:
    from understudy.provenance.keys import Keyring, read_private_key

    return read_private_key(Path(text)) if text.endswith(".pem") else Keyring().signing_key(text)


def _login() -> str:
    import getpass

    from understudy.errors import BadInputError

    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise BadInputError("Nobody knows who you are: give --declarant NAME.") from error


def _refuse_to_replace(path: Path) -> None:
    from understudy.errors import OutputError

    if path.exists():
        raise OutputError(f"{path} exists: give another name, or delete it first.")


def _write_text(path: Path, text: str) -> None:
    from understudy.atomic import replacing

    with replacing(path) as part:
        part.write_text(text, "utf-8")
