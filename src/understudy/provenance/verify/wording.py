"""Credentials in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from understudy.provenance.credentials.reading import Credentials
from understudy.provenance.credentials.statement import ConsentNote
from understudy.provenance.verify.finding import Finding

_STEPS = {
    "c2pa.opened": "a source was opened",
    "c2pa.placed": "something was placed into it",
    "c2pa.edited": "it was edited",
    "c2pa.created": "it was created",
    "c2pa.converted": "it was converted",
    "c2pa.transcoded": "it was encoded anew",
    "c2pa.published": "it was published",
    "c2pa.watermarked": "an invisible mark was put in",
    "c2pa.watermarked.bound": "an invisible mark was put in",
}


def told(credentials: Credentials) -> Iterator[Finding]:
    """What credentials say of a film, and whether it holds."""
    yield from _proof(credentials)
    for consent in credentials.consents:
        yield Finding("consent", "open", _consent(consent))
    yield from _making(credentials)
    yield from _sources(credentials)


def _proof(credentials: Credentials) -> Iterator[Finding]:
    signer = _signer(credentials)
    if credentials.signed:
        yield Finding("signature", "good", f"The credentials are as {signer} signed them.")
    else:
        yield Finding("signature", "bad", "The credentials were changed after they were signed.")
    if credentials.bound:
        yield Finding("file", "good", "This is exactly the file that was signed.")
    else:
        yield Finding("file", "bad", "This is not the file that was signed, or it was changed since.")
    if credentials.trusted:
        yield Finding("signer", "good", f"{signer} is vouched for by a root certificate that you trust.")
    else:
        yield Finding(
            "signer",
            "open",
            f"{signer} is not known here; if you know them, give their root certificate with --trust.",
        )
    for failure in credentials.failures:
        if failure != "signingCredential.untrusted":
            yield Finding("check", "bad", f"The C2PA check {failure} failed.")
    if credentials.time and credentials.time_trusted:
        yield Finding("time", "good", f"A time stamp says that it was signed at {credentials.time}.")
    elif credentials.time:
        sentence = f"A time stamp says that it was signed at {credentials.time}"
        yield Finding("time", "open", f"{sentence}, but its authority is not known here.")
    else:
        yield Finding("time", "open", "There is no time stamp, so only the signer says when it was signed.")


def _signer(credentials: Credentials) -> str:
    names = [name for name in (credentials.signer, credentials.issuer) if name]
    if not names:
        return "a signer without a name"
    return names[0] if len(set(names)) == 1 else f"{names[0]} ({names[1]})"


def _consent(consent: ConsentNote) -> str:
    who = consent.name or "a person whose name is withheld"
    what = "to be seen" if consent.part == "likeness" else "to have their face replaced"
    media = f", for {', '.join(consent.media)}" if consent.media else ""
    until = f", until {consent.until}" if consent.until else ""
    return (
        f"By the signer's word, {who} has consented {what}{media}{until} "
        f"(record {consent.id}, {consent.kind}); ask the studio for the signed record."
    )


def _making(credentials: Credentials) -> Iterator[Finding]:
    steps = [
        _STEPS.get(step.action, step.action) + (" by AI" if step.by_ai else "") for step in credentials.steps
    ]
    if steps:
        tool = f" with {credentials.tool}" if credentials.tool else ""
        yield Finding("steps", "open", f"What was done{tool}: {', '.join(steps)}.")
    if credentials.making:
        facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in credentials.making.items())
        yield Finding("making", "open", f"How the faces were made: {facts}.")


def _sources(credentials: Credentials) -> Iterator[Finding]:
    for source in credentials.sources:
        if source.fault is not None:
            yield Finding(
                "source", "bad", f"The credentials of the source {source.title} do not hold ({source.fault})."
            )
        elif source.has_credentials:
            yield Finding(
                "source", "good", f"The source {source.title} has credentials of its own, which hold."
            )
        else:
            yield Finding("source", "open", f"The source {source.title} has no credentials of its own.")
    for file in credentials.files:
        yield Finding(
            "source",
            "open",
            f"The signer names a {file.get('role', 'source')} with the SHA-256 {file.get('sha256', '')}.",
        )
