"""What stands in a consent record, and what no record may say. Every field is signed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from understudy.provenance.consent.kinds import HISTORICAL_YEARS, RULES, Kind, Signer
from understudy.provenance.consent.values import (
    Base64,
    Count,
    Identifier,
    Line,
    Moment,
    Prose,
    Sha256,
    Strict,
)

LONGEST_TERM = timedelta(days=3653)
"""Ten years, with the leap days they may hold."""

SHORTEST_DESCRIPTION = 40
FEWEST_WORDS = 6

Exclusion = Literal[
    "sexual", "nudity", "minors", "fraud", "election-deception", "harassment",
    "alcohol-tobacco", "gambling", "medical", "political", "religious", "weapons", "defamation",
]  # fmt: skip
NEVER: frozenset[Exclusion] = frozenset(
    {"sexual", "nudity", "minors", "fraud", "election-deception", "harassment"}
)
"""What cannot be granted by anybody: every record excludes it."""

Medium = Literal[
    "feature-film", "short-film", "series", "commercial", "trailer", "music-video", "game", "stage",
    "museum", "education", "news", "social-media", "personal", "demonstration", "research",
]  # fmt: skip
Basis = Literal["paid", "union-scale", "unpaid", "not-applicable"]
Part = Literal["likeness", "plate"]
"""likeness: the face is shown; plate: the face is replaced."""

_Item = TypeVar("_Item", bound=tuple[object, ...])


def _each_once(items: _Item) -> _Item:
    if len(set(items)) < len(items):
        raise ValueError("should name each only once")
    return items


class Subject(Strict):
    """The person whose face it is. `public_name` may be told in Content Credentials; None: no name is."""

    name: Line
    public_name: Line | None
    adult: bool
    deceased: bool
    died: Annotated[int, Field(ge=1, le=9999)] | None


class Grantee(Strict):
    """Who may use the face."""

    name: Line
    contact: Line | None


class Production(Strict):
    """The project that the face may be used in. `reference` is the production's own short name for it."""

    title: Line
    reference: Line


class Use(Strict):
    """What the face is to be used for."""

    description: Prose
    media: Annotated[tuple[Medium, ...], Field(min_length=1), AfterValidator(_each_once)]
    territories: Annotated[
        tuple[Annotated[str, Field(pattern=r"^(world|[A-Z]{2})$")], ...],
        Field(min_length=1, max_length=250),
        AfterValidator(_each_once),
    ]
    parts: Annotated[tuple[Part, ...], Field(min_length=1), AfterValidator(_each_once)]

    @model_validator(mode="after")
    def _specific(self) -> Self:
        words = {word.lower() for word in re.findall(r"\w+", self.description)}
        if len(self.description) < SHORTEST_DESCRIPTION or len(words) < FEWEST_WORDS:
            raise ValueError(
                f"the description should say specifically what is done with the face, "
                f"in at least {SHORTEST_DESCRIPTION} characters and {FEWEST_WORDS} different words"
            )
        return self


class Rights(Strict):
    """What is granted, one by one."""

    create_replica: bool
    train_model: bool
    export_model: bool
    master: bool
    alter_dialogue: bool
    sublicense: bool
    other_projects: bool
    third_party_training: bool


class Term(Strict):
    """For how long. Masters made within the term stay; faces and models do not outlive it."""

    begin: Moment
    end: Moment
    after_end: Literal["delete-faces-and-models"]

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.end <= self.begin:
            raise ValueError("the term should end after it begins")
        if self.end - self.begin > LONGEST_TERM:
            raise ValueError("the term should be ten years at most")
        return self


class Compensation(Strict):
    """Whether it is paid. Amounts stay in the contract that `reference` points to."""

    basis: Basis
    reference: Line | None


class Representation(Strict):
    """Who advised the subject."""

    counsel: Line | None
    union_agreement: Line | None


class Disclosure(Strict):
    """How it is told that a face was replaced."""

    content_credentials: Literal["required"]
    watermark: Literal["required"]
    visible_label: Literal["as-law-requires", "always"]
    name_in_credentials: bool


class Revocability(Strict):
    """How the consent is taken back. It ends training and mastering, `notice_days` after the statement."""

    how: Literal["signed-statement"]
    notice_days: Annotated[int, Field(ge=0, le=90)]
    contact: Line | None


class Source(Strict):
    """Where the material of a declaration comes from: an address, a licence, an ethics approval."""

    reference: Prose


def _bare_name(name: str) -> str:
    if name in (".", "..") or set(name) & set('/\\:*?"<>|'):
        raise ValueError("should be a file's bare name")
    return name


Label = Annotated[Line, AfterValidator(_bare_name)]


class FileMaterial(Strict):
    """Footage by its content: `sha256` of the file, or, for a sequence of `files`, see `material.Digest`."""

    type: Literal["file"]
    label: Label
    shows: Literal["footage", "reference-face"]
    sha256: Sha256
    bytes: Count
    files: Count


class GeneratedMaterial(Strict):
    """Whatever a generator makes of one of its performers, in any performance: told by making it again."""

    type: Literal["generated"]
    label: Label
    generator: Literal["understudy.performers"]


Material = Annotated[FileMaterial | GeneratedMaterial, Field(discriminator="type")]


class Payload(Strict):
    """Everything that is agreed on."""

    format: Literal["likeness-consent/1"]
    id: Identifier
    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    kind: Kind
    issued: Moment
    subject: Subject
    grantee: Grantee
    production: Production
    use: Use
    rights: Rights
    exclusions: Annotated[tuple[Exclusion, ...], AfterValidator(_each_once)]
    term: Term
    compensation: Compensation
    representation: Representation
    disclosure: Disclosure
    revocation: Revocability
    source: Source | None
    material: Annotated[tuple[Material, ...], Field(min_length=1, max_length=2000)]

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        for rule in (_subject_fault, _exclusion_fault, _kind_fault, _disclosure_fault):
            fault = rule(self)
            if fault is not None:
                raise ValueError(fault)
        return self


def _subject_fault(payload: Payload) -> str | None:
    subject, kind = payload.subject, payload.kind
    if not subject.adult:
        return "the subject is not declared an adult, and Understudy works with adults only"
    if (subject.died is not None) != subject.deceased:
        return "the year of death should be given for the deceased, and for them alone"
    expected = RULES[kind].deceased
    if expected is not None and subject.deceased != expected:
        return f"a record of the kind {kind} is for a subject who is {'deceased' if expected else 'alive'}"
    if subject.died is not None:
        age = payload.issued.year - subject.died
        if age < 0:
            return "the subject cannot have died after the record was issued"
        if kind == "public-domain" and age < HISTORICAL_YEARS:
            return f"a likeness is historical only {HISTORICAL_YEARS} years after a death: ask the estate"
    return None


def _exclusion_fault(payload: Payload) -> str | None:
    missing = sorted(NEVER - set(payload.exclusions))
    if missing:
        return f"nobody can grant {', '.join(missing)}: every record has to exclude it"
    return None


def _kind_fault(payload: Payload) -> str | None:
    kind = payload.kind
    declared = RULES[kind].grantor == "declarant"
    if declared != (payload.source is not None):
        return "declarations, and they alone, say where their material comes from (source)"
    if kind == "self" and payload.subject.name != payload.grantee.name:
        return "a record of the kind self grants to the subject and to nobody else"
    if kind == "research" and set(payload.use.media) != {"research"}:
        return "a record of the kind research allows the medium research and no other"
    if kind == "research" and (payload.rights.sublicense or payload.rights.third_party_training):
        return "a record of the kind research cannot be passed on"
    if kind != "synthetic" and any(isinstance(item, GeneratedMaterial) for item in payload.material):
        return "only a record of the kind synthetic may speak of generated material"
    return None


def _disclosure_fault(payload: Payload) -> str | None:
    if payload.kind == "research" and payload.disclosure.visible_label != "always":
        return "research material is always labelled visibly"
    if payload.disclosure.name_in_credentials and payload.subject.public_name is None:
        return "a name can stand in the credentials only where a public name is given"
    return None


class Signature(Strict):
    """One signature, over the payload and over everything in this table but `value`.

    `key` is the public key as DER SubjectPublicKeyInfo; `certificates` the X.509 chain that vouches for it,
    as DER, the signer's own first and the root last, empty where there is none.
    """

    role: Signer
    name: Line
    at: Moment
    algorithm: Literal["Ed25519", "ES256"]
    key: Annotated[Base64, Field(max_length=200)]
    certificates: Annotated[tuple[Base64, ...], Field(max_length=5)]
    value: Annotated[Base64, Field(max_length=200)]


class Record(Strict):
    """A consent record as it stands in its file. That it is well formed does not say that it is valid."""

    payload: Payload
    signatures: Annotated[tuple[Signature, ...], Field(max_length=4)]

    @model_validator(mode="after")
    def _one_signature_a_role(self) -> Self:
        _each_once(tuple(signature.role for signature in self.signatures))
        return self

    def signature_by(self, role: Signer) -> Signature | None:
        """The signature in this role; None where nobody signed in it."""
        return next((signature for signature in self.signatures if signature.role == role), None)


class RevocationPayload(Strict):
    """The statement that a record is taken back."""

    format: Literal["likeness-revocation/1"]
    record: Identifier
    record_sha256: Sha256
    at: Moment
    reason: Prose | None


class Revocation(Strict):
    """A signed statement that a record is taken back."""

    payload: RevocationPayload
    signature: Signature
