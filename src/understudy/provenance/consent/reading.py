"""Records from files that anybody may have written, and records to files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import rfc8785
from pydantic import ValidationError

from understudy.atomic import replacing
from understudy.errors import BadInputError, ConsentError
from understudy.provenance.consent.record import Record, Revocation
from understudy.provenance.consent.values import Strict
from understudy.provenance.strict_json import strict_json

LARGEST_FILE = 1 << 20

_Model = TypeVar("_Model", bound=Strict)


def read_record(path: Path) -> Record:
    """The record in `path`. Its signatures are not looked at: that is `checking`'s work.

    Raises BadInputError where the file cannot be read and ConsentError where it holds no record.
    """
    return parse(_read(path), Record, path.name)


def read_revocation(path: Path) -> Revocation:
    """The revocation in `path`; errors as for `read_record`."""
    return parse(_read(path), Revocation, path.name)


def write(path: Path, model: Record | Revocation, *, alone: bool = True) -> None:
    """Write a record or a revocation, indented for people; `alone` as in `replacing`. Raises OutputError."""
    with replacing(path, alone=alone) as part:
        part.write_text(json.dumps(plain(model), indent=1, ensure_ascii=False) + "\n", "utf-8")


def plain(model: Strict) -> dict[str, Any]:
    """A record, or a table of it, as JSON values."""
    return model.model_dump(mode="json")


def parse(data: bytes, kind: type[_Model], name: str) -> _Model:
    """The record or revocation that the file called `name` holds as `data`. Raises ConsentError.

    Size and depth are bounded before anything is parsed. Repeated keys, numbers with a fraction, unknown
    fields and values that are not spelled as we would spell them are refused, so that what is shown, what is
    checked and what was signed are one thing.
    """
    what = "consent record" if kind is Record else "revocation"
    try:
        value = strict_json(data, LARGEST_FILE)
        model = kind.model_validate_json(json.dumps(value))
        if rfc8785.dumps(plain(model)) != rfc8785.dumps(value):
            raise ValueError("it is not spelled as Understudy spells it")
    except ValidationError as error:
        raise ConsentError(f"{name} is not a {what}: {first_fault(error)}.") from error
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise ConsentError(f"{name} is not a {what}: {error}.") from error
    return model


def first_fault(error: ValidationError) -> str:
    """The first thing that is wrong, with its key, without a full stop."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ").rstrip(".")
    said = said[:1].lower() + said[1:] if said[1:2].islower() else said
    return (f"{key}: {said}" if key else said).replace("\n", " ")[:400]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise BadInputError(f"There is no file {path}: check its name and folder.") from None
    except OSError as error:
        raise BadInputError(f"Cannot read {path}: {error.strerror or error}.") from error
    if len(data) > LARGEST_FILE:
        raise ConsentError(f"{path.name} is not a consent record: it is larger than 1 MiB.")
    return data
