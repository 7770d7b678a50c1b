"""New records, not yet signed."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from understudy.errors import ConsentError
from understudy.provenance.consent.kinds import Kind
from understudy.provenance.consent.reading import first_fault
from understudy.provenance.consent.record import (
    NEVER,
    Basis,
    Exclusion,
    Material,
    Medium,
    Part,
    Payload,
    Record,
)
from understudy.provenance.consent.values import normalised, now

YEAR = 365


@dataclass(frozen=True)
class Draft:
    """What a person decides about a record; the rest follows from it. Fields as in `record`.

    `material` must not be empty. `rights` names what differs from the default: making, training, exporting
    and mastering are granted, nothing else is. `days` is the length of the term.
    """

    kind: Kind
    subject: str
    grantee: str
    description: str
    media: Sequence[Medium]
    material: Sequence[Material] = field(repr=False)
    adult: bool = False
    died: int | None = None
    public_name: str | None = None
    grantee_contact: str | None = None
    production_title: str = "any production of the grantee"
    production_reference: str = "unnamed"
    territories: Sequence[str] = ("world",)
    parts: Sequence[Part] = ("likeness",)
    rights: dict[str, bool] = field(default_factory=dict)
    exclusions: Sequence[Exclusion] = ()
    days: int = YEAR
    begin: datetime | None = None
    compensation: Basis = "unpaid"
    compensation_reference: str | None = None
    counsel: str | None = None
    union_agreement: str | None = None
    always_labelled: bool = False
    name_in_credentials: bool = False
    notice_days: int = 0
    revocation_contact: str | None = None
    source: str | None = None


_GRANTED = {
    "create_replica": True,
    "train_model": True,
    "export_model": True,
    "master": True,
    "alter_dialogue": False,
    "sublicense": False,
    "other_projects": False,
    "third_party_training": False,
}


def unsigned(draft: Draft) -> Record:
    """The record that a draft becomes. Raises ConsentError that says which rule it breaks."""
    try:
        payload = Payload.model_validate(_tables(draft))
    except ValidationError as error:
        raise ConsentError(f"This record cannot be made: {first_fault(error)}.") from error
    except OverflowError as error:
        raise ConsentError("This record cannot be made: its term is beyond the calendar.") from error
    return Record(payload=payload, signatures=())


def _tables(draft: Draft) -> dict[str, Any]:
    line, maybe = normalised, _maybe
    issued = now()
    begin = draft.begin or issued
    return {
        "format": "likeness-consent/1",
        "id": f"urn:uuid:{uuid.uuid4()}",
        "salt": secrets.token_hex(16),
        "kind": draft.kind,
        "issued": issued,
        "subject": {
            "name": line(draft.subject),
            "public_name": maybe(draft.public_name),
            "adult": draft.adult,
            "deceased": draft.died is not None,
            "died": draft.died,
        },
        "grantee": {"name": line(draft.grantee), "contact": maybe(draft.grantee_contact)},
        "production": {
            "title": line(draft.production_title),
            "reference": line(draft.production_reference),
        },
        "use": {
            "description": line(draft.description),
            "media": tuple(draft.media),
            "territories": tuple(draft.territories),
            "parts": tuple(draft.parts),
        },
        "rights": _GRANTED | draft.rights,
        "exclusions": tuple(sorted(NEVER | set(draft.exclusions))),
        "term": {
            "begin": begin,
            "end": begin + timedelta(days=draft.days),
            "after_end": "delete-faces-and-models",
        },
        "compensation": {"basis": draft.compensation, "reference": maybe(draft.compensation_reference)},
        "representation": {
            "counsel": maybe(draft.counsel),
            "union_agreement": maybe(draft.union_agreement),
        },
        "disclosure": {
            "content_credentials": "required",
            "watermark": "required",
            "visible_label": "always" if draft.always_labelled else "as-law-requires",
            "name_in_credentials": draft.name_in_credentials,
        },
        "revocation": {
            "how": "signed-statement",
            "notice_days": draft.notice_days,
            "contact": maybe(draft.revocation_contact),
        },
        "source": None if draft.source is None else {"reference": line(draft.source)},
        "material": tuple(draft.material),
    }


def own(
    name: str, material: Sequence[Material], *, adult: bool, description: str | None = None, **more: Any
) -> Draft:
    """The draft of a person's consent to using their own face, as likeness and as plate."""
    return Draft(
        kind="self",
        subject=name,
        grantee=name,
        description=description
        or "My own face, put onto or replaced in my own footage, for my own tests and films.",
        media=("personal", "short-film", "social-media"),
        material=material,
        adult=adult,
        parts=("likeness", "plate"),
        rights={"other_projects": True, "alter_dialogue": True, **more.pop("rights", {})},
        compensation="not-applicable",
        **more,
    )


_DECLARED_USES: dict[str, tuple[str, tuple[Medium, ...]]] = {
    "research": (
        "Measuring and demonstrating face replacement in research and teaching, with a visible label on "
        "whatever leaves the laboratory.",
        ("research",),
    ),
    "synthetic": (
        "Showing, testing and using a face that was made by a computer and resembles no living person.",
        ("demonstration", "research", "education", "feature-film", "short-film", "series", "game"),
    ),
    "public-domain": (
        "Showing a historical person, recognisably as a reconstruction, in films, teaching and museums.",
        ("feature-film", "short-film", "series", "museum", "education", "research"),
    ),
}


def declared(
    kind: Kind, subject: str, declarant: str, reference: str, material: Sequence[Material], **more: Any
) -> Draft:
    """The draft of a declaration: footage of the kinds that nobody living grants, or that is only measured.

    Whoever signs it declares that everybody shown is an adult, and where the material comes from.
    """
    if kind not in _DECLARED_USES:
        raise ConsentError(
            f"A record of the kind {kind} cannot be declared: the person has to sign it, "
            "with understudy consent self or new."
        )
    description, media = _DECLARED_USES[kind]
    return Draft(
        kind=kind,
        subject=subject,
        grantee=declarant,
        description=description,
        media=media,
        material=material,
        adult=True,
        parts=("likeness", "plate"),
        rights={"other_projects": True, **more.pop("rights", {})},
        compensation="not-applicable",
        always_labelled=kind == "research",
        source=reference,
        **more,
    )


def _maybe(text: str | None) -> str | None:
    return normalised(text) if text else None
