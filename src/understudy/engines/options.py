"""Options of engines: written by the user as words, read into what an engine declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from understudy.errors import BadInputError


class EngineOptions(BaseModel):
    """Options of one engine as fields with defaults; in words their names have dashes.

    class DfOptions(EngineOptions):
        resolution: Annotated[int, Field(ge=64, le=512)] = 128
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )


Read = TypeVar("Read", bound=EngineOptions)


def read_options(kind: type[Read], engine: str, given: Mapping[str, str]) -> Read:
    """The options of an engine, from words such as {"resolution": "256", "masked-training": "no"}.

    Raises BadInputError with one sentence for an unknown name, and for a value that it does not take.
    """
    try:
        return kind.model_validate({name.replace("_", "-"): value for name, value in given.items()})
    except ValidationError as error:
        first = error.errors()[0]
        name = "-".join(str(part) for part in first["loc"]).replace("_", "-")
        if first["type"] == "extra_forbidden":
            known = ", ".join(field.replace("_", "-") for field in kind.model_fields)
            raise BadInputError(f"The engine {engine} has no option {name!r}; it has {known}.") from error
        said = first["msg"].removeprefix("Value error, ").rstrip(".")
        where = f" {name}" if name else ""
        raise BadInputError(
            f"The engine {engine} cannot take this option{where}: {said[:1].lower()}{said[1:]}."
        ) from error
