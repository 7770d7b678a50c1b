"""Forms: TOML files that people fill in to make a record of the kinds `licensed` and `estate`."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from understudy.errors import BadInputError
from understudy.provenance.consent.drafting import Draft
from understudy.provenance.consent.reading import LARGEST_FILE, first_fault
from understudy.provenance.consent.record import Basis, Exclusion, Material, Medium, Part

Kind = Literal["licensed", "estate"]


class _Table(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=lambda name: name.replace("_", "-"), strict=True
    )


class _Subject(_Table):
    name: str
    adult: bool
    died: int = 0
    public_name: str = ""


class _Grantee(_Table):
    name: str
    contact: str = ""


class _Production(_Table):
    title: str
    reference: str


class _Use(_Table):
    description: str
    media: list[Medium]
    territories: list[str] = ["world"]
    parts: list[Part] = ["likeness"]


class _Rights(_Table):
    create_replica: bool = True
    train_model: bool = True
    export_model: bool = True
    master: bool = True
    alter_dialogue: bool = False
    sublicense: bool = False
    other_projects: bool = False
    third_party_training: bool = False


class _Term(_Table):
    begin: date | None = None
    days: Annotated[int, Field(ge=1, le=3653)] = 365


class _Return(_Table):
    compensation: Basis = "paid"
    contract: str = ""
    counsel: str = ""
    union_agreement: str = ""


class _Disclosure(_Table):
    always_labelled: bool = False
    name_in_credentials: bool = False


class _Revocation(_Table):
    notice_days: int = 0
    contact: str = ""


class _Material(_Table):
    footage: list[str] = []
    reference_face: str = ""


class Form(_Table):
    """A form, filled in. Fields as in `record`; what is left empty is not said."""

    kind: Kind
    subject: _Subject
    grantee: _Grantee
    production: _Production
    use: _Use
    rights: _Rights = _Rights()
    exclusions: list[Exclusion] = []
    term: _Term = _Term()
    agreement: _Return = _Return()
    disclosure: _Disclosure = _Disclosure()
    revocation: _Revocation = _Revocation()
    material: _Material

    def draft(self, material: Sequence[Material]) -> Draft:
        """The draft of the record, with the material as it was hashed."""
        begin = self.term.begin
        return Draft(
            kind=self.kind,
            subject=self.subject.name,
            grantee=self.grantee.name,
            description=self.use.description,
            media=self.use.media,
            material=material,
            adult=self.subject.adult,
            died=self.subject.died or None,
            public_name=self.subject.public_name or None,
            grantee_contact=self.grantee.contact or None,
            production_title=self.production.title,
            production_reference=self.production.reference,
            territories=self.use.territories,
            parts=self.use.parts,
            rights=self.rights.model_dump(),
            exclusions=self.exclusions,
            days=self.term.days,
            begin=None if begin is None else datetime.combine(begin, time(), UTC),
            compensation=self.agreement.compensation,
            compensation_reference=self.agreement.contract or None,
            counsel=self.agreement.counsel or None,
            union_agreement=self.agreement.union_agreement or None,
            always_labelled=self.disclosure.always_labelled,
            name_in_credentials=self.disclosure.name_in_credentials,
            notice_days=self.revocation.notice_days,
            revocation_contact=self.revocation.contact or None,
        )

    def hashed(self, folder: Path, look: Callable[[Path, bool], Material]) -> list[Material]:
        """The form's material; paths are meant from `folder`, `look(path, is_reference_face)` hashes one."""
        material = [look(folder / name, False) for name in self.material.footage]
        if self.material.reference_face:
            material.append(look(folder / self.material.reference_face, True))
        return material


def empty_form(kind: Kind) -> str:
    """The text of a form to be filled in."""
    template = files("understudy.provenance.consent").joinpath("templates/form.toml").read_text("utf-8")
    return template.replace("@KIND@", kind)


def read_form(path: Path) -> Form:
    """A filled-in form. Raises BadInputError that names what is wrong in it."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadInputError(f"{path} is larger than 1 MiB: that is no form.")
        return Form.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInputError(f"The form {path} cannot be read: {error}.") from error
    except ValidationError as error:
        raise BadInputError(f"The form {path} is not filled in well: {first_fault(error)}.") from error
