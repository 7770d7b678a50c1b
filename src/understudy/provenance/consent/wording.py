"""Records in plain language: what a performer reads before signing, on the screen and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from understudy.provenance.consent.checking import Held, assurance, invalidities
from understudy.provenance.consent.kinds import RULES
from understudy.provenance.consent.record import FileMaterial, Payload, Record
from understudy.provenance.consent.signing import digest, fingerprint
from understudy.provenance.consent.values import spell


@dataclass(frozen=True)
class Section:
    """A heading and the sentences below it."""

    heading: str
    sentences: tuple[str, ...]


_MEDIA = {
    "feature-film": "feature films", "short-film": "short films", "series": "series",
    "commercial": "commercials", "trailer": "trailers", "music-video": "music videos", "game": "games",
    "stage": "the stage", "museum": "museums", "education": "education", "news": "news",
    "social-media": "social media", "personal": "personal films", "demonstration": "demonstrations",
    "research": "research",
}  # fmt: skip
_EXCLUSIONS = {
    "sexual": "sexual content", "nudity": "nudity", "minors": "any depiction as a minor",
    "fraud": "passing somebody off as the person", "election-deception": "deceiving voters",
    "harassment": "harassing or exposing anybody", "alcohol-tobacco": "alcohol and tobacco",
    "gambling": "gambling", "medical": "medical products", "political": "political messages",
    "religious": "religious messages", "weapons": "weapons", "defamation": "defamation",
}  # fmt: skip
_RIGHTS = {
    "create_replica": ("make a digital likeness of the face", "make a digital likeness of the face"),
    "train_model": ("train a model on the face", "train any model on the face"),
    "export_model": (
        "hand that model to others who work on the production",
        "let the model leave the studio",
    ),
    "master": ("deliver finished films that show the result", "deliver finished films"),
    "alter_dialogue": ("change what the person says", "change what the person says"),
    "sublicense": ("pass these rights on", "pass these rights on"),
    "other_projects": ("use the face in other productions", "use the face in any other production"),
    "third_party_training": (
        "give the footage to others to train their models",
        "give the footage to anybody to train models",
    ),
}
_COMPENSATION = {
    "paid": "It is paid.",
    "union-scale": "It is paid at union scale.",
    "unpaid": "It is not paid.",
    "not-applicable": "Nothing is paid, for nobody grants anything to somebody else.",
}


def title(record: Record) -> str:
    """What a record is, in one line."""
    payload = record.payload
    return f"Consent to the use of a face: {payload.subject.name}"


def sections(record: Record) -> list[Section]:
    """Everything that a record says, for people. Only its salt is left out."""
    payload = record.payload
    return [
        Section("Who", tuple(_who(payload))),
        Section("What for", tuple(_use(payload))),
        Section("What is allowed", _rights(payload, granted=True)),
        Section("What is not allowed", _rights(payload, granted=False)),
        Section("How long", tuple(_term(payload))),
        Section("In return", tuple(_return(payload))),
        Section("What viewers are told", tuple(_disclosure(payload))),
        Section("The footage", tuple(_material(payload))),
    ]


def validity(held: Held) -> Section:
    """Who signed, and whether the record is valid now."""
    record = held.record
    signed = [
        f"Signed by {signature.name} ({signature.role}) on {spell(signature.at)}, "
        f"key {fingerprint(signature.key)}, {assurance(signature, held.known)}."
        for signature in record.signatures
    ]
    against = [f"Not valid: {reason}." for reason in invalidities(held)]
    return Section("Signatures", (*signed, *(against or ["Valid now."])))


def declaration(payload: Payload) -> str:
    """What somebody declares by signing as the grantor of this kind of record."""
    name = payload.subject.name
    return {
        "self": f"I am {name}, I am an adult, this is my own face, and nobody else's is among the footage.",
        "licensed": f"I am {name}, I am an adult, I have read this, and I agree to it of my own free will.",
        "estate": f"I speak for the estate of {name}, who died as an adult, and may agree to this.",
        "synthetic": f"{name} was made by a computer, appears as an adult, and resembles no living person.",
        "public-domain": f"{name} is a historical person who died as an adult, and nobody's rights are hurt.",
        "research": "Everybody shown here is an adult, the footage may be used for research, and I do that.",
    }[payload.kind]


def agreement(payload: Payload) -> str:
    """What the grantee declares by countersigning."""
    return (
        f"{payload.grantee.name} will use the face of {payload.subject.name} as agreed here, and no further."
    )


def missing(held: Held) -> str | None:
    """What is still to be done before the record is valid, as a sentence; None where nothing is."""
    reason = next(invalidities(held), None)
    return None if reason is None else f"Not valid yet: {reason}."


def _who(payload: Payload) -> Iterator[str]:
    subject, grantee = payload.subject, payload.grantee
    yield RULES[payload.kind].meaning
    yield f"The face: {subject.name}, an adult{'' if subject.died is None else f', died {subject.died}'}."
    contact = f" ({grantee.contact})" if grantee.contact else ""
    yield f"May use it: {grantee.name}{contact}."
    yield f"Production: {payload.production.title} ({payload.production.reference})."


def _use(payload: Payload) -> Iterator[str]:
    use = payload.use
    yield use.description
    yield f"To be published in {_listed([_MEDIA[medium] for medium in use.media])}."
    world = use.territories == ("world",)
    yield f"Where: {'everywhere' if world else _listed(list(use.territories))}."
    parts = {"likeness": "be put onto other performers", "plate": "be replaced by another face"}
    yield f"The face may {' and '.join(parts[part] for part in use.parts)}."


def _rights(payload: Payload, *, granted: bool) -> tuple[str, ...]:
    given = payload.rights.model_dump()
    lines = [texts[not granted] for right, texts in _RIGHTS.items() if given[right] == granted]
    if granted:
        return tuple(f"To {line}." for line in lines) or ("Nothing.",)
    never = f"Never, whatever else is agreed: {_listed([_EXCLUSIONS[each] for each in payload.exclusions])}."
    return (*(f"Not to {line}." for line in lines), never)


def _term(payload: Payload) -> Iterator[str]:
    term, revocation = payload.term, payload.revocation
    yield f"From {spell(term.begin)[:10]} to {spell(term.end)[:10]}."
    yield "After that all faces and models are deleted; films delivered before may stay."
    notice = f", {revocation.notice_days} days after saying so" if revocation.notice_days else " at once"
    contact = f" Tell: {revocation.contact}." if revocation.contact else ""
    yield f"It can be taken back at any time by a signed statement.{contact}"
    yield f"Training and mastering end{notice}."


def _return(payload: Payload) -> Iterator[str]:
    compensation, help_ = payload.compensation, payload.representation
    yield _COMPENSATION[compensation.basis]
    if compensation.reference:
        yield f"The contract: {compensation.reference}."
    yield f"Advised by: {help_.counsel or 'nobody'}. Union agreement: {help_.union_agreement or 'none'}."


def _disclosure(payload: Payload) -> Iterator[str]:
    disclosure = payload.disclosure
    yield "Every film that leaves carries signed Content Credentials and an invisible watermark."
    always = disclosure.visible_label == "always"
    yield f"A label that anybody can see is shown {'always' if always else 'where the law asks for it'}."
    name = payload.subject.public_name
    named = disclosure.name_in_credentials and name
    yield f"The credentials {f'name {name}' if named else 'do not name the person'}."


def _material(payload: Payload) -> Iterator[str]:
    if payload.source is not None:
        yield f"It comes from: {payload.source.reference}"
    for item in payload.material:
        if isinstance(item, FileMaterial):
            what = "picture of the face, to compare with" if item.shows == "reference-face" else "footage"
            files = f", {item.files} files" if item.files > 1 else ""
            yield f"{item.label}: {what}{files}, {item.bytes} bytes, SHA-256 {item.sha256}."
        else:
            yield f"{item.label}: whatever {item.generator} makes of this performer."
    yield f"Record {payload.id}, issued {spell(payload.issued)}, SHA-256 {digest(payload)}."


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
