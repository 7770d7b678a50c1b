"""The values that stand in signed records: each has exactly one spelling, so that a signature covers it."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

_MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_JOINERS = "\u200c\u200d"
"""Invisible, but part of the spelling of Persian and Indic names."""


class Strict(BaseModel):
    """A table of a record: every key must be there, no other may, and nothing is converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def now() -> datetime:
    """This second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def spell(moment: datetime) -> str:
    """A moment as records spell it, `2026-11-22T18:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(microsecond=0)
    if not isinstance(value, str) or not _MOMENT.fullmatch(value) or not value.isascii():
        raise ValueError("should be a moment in UTC like 2026-11-22T18:00:00Z")
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{value} is not in the calendar") from None


def _readable(text: str) -> str:
    """Refuses what a reader would not see, or would see differently from how it is stored."""
    if text != text.strip() or not text:
        raise ValueError("should not be empty, nor begin or end with spaces")
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError("should be in Unicode's normal form C")
    for sign in text:
        category = unicodedata.category(sign)
        if (category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")) and sign not in "\n" + _JOINERS:
            raise ValueError(f"holds an invisible sign, U+{ord(sign):04X}")
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise ValueError("should be on one line")
    return text


def _canonical_base64(text: str) -> str:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise ValueError("is not base64 as it is written")
    return text


def normalised(text: str) -> str:
    """What a person typed, as records spell it: normal form C, without spaces around it."""
    return unicodedata.normalize("NFC", text).strip()


def as_line(text: str, most: int = 200) -> str:
    """Any text as one line that can be shown and signed; what is invisible becomes an underscore."""
    shown = "".join(sign if sign.isprintable() else "_" for sign in unicodedata.normalize("NFC", text))
    return unicodedata.normalize("NFC", shown.strip()[:most].strip()) or "_"


Moment = Annotated[datetime, BeforeValidator(_moment), PlainSerializer(spell, return_type=str)]
Prose = Annotated[str, Field(max_length=4000), AfterValidator(_readable)]
Line = Annotated[str, Field(max_length=200), AfterValidator(_readable), AfterValidator(_one_line)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Identifier = Annotated[
    str, Field(pattern=r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]
Base64 = Annotated[str, Field(max_length=8192), AfterValidator(_canonical_base64)]
Count = Annotated[int, Field(ge=1, le=2**53 - 1)]
