"""`project.toml`: what a person sets for every run in this project."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from understudy.atomic import replacing
from understudy.errors import BadInputError

Codec = Literal["h264", "h264-10", "hevc", "hevc-10", "prores-hq", "prores-4444", "ffv1"]
Blend = Literal["multiband", "poisson", "feather"]

_TEMPLATE = """\
# Settings of this Understudy project. They hold for every run in this folder;
# what is given on the command line wins. Take away a "#" to set a value.

[swap]
# engine = "warp"
# codec = "h264"          # h264, h264-10, hevc, hevc-10, prores-hq, prores-4444, ffv1
# quality = 16            # CRF: 0 (lossless) to 51; unset: the codec's own
# blend = "multiband"     # multiband, poisson, feather
# sheet-frames = 8        # columns of a contact sheet
# seed = 0                # of the grain

[consent]
# likeness = ["anna.consent.json"]    # records of the person to be seen
# plate = ["stunt.consent.json"]      # records of the person to be replaced
# plate-reason = "…"                  # or why no record is needed
# production = "TLS-2026"             # the reference of this production in records
"""


class _Table(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )


class SwapSettings(_Table):
    """The table `[swap]`: defaults of the options of `understudy swap`."""

    engine: str = "warp"
    codec: Codec = "h264"
    quality: Annotated[int | None, Field(ge=0, le=51)] = None
    blend: Blend = "multiband"
    sheet_frames: Annotated[int, Field(ge=1, le=64)] = 8
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0


class ConsentSettings(_Table):
    """The table `[consent]`: records for every swap here; paths as seen from the project's folder."""

    likeness: tuple[str, ...] = ()
    plate: tuple[str, ...] = ()
    plate_reason: str | None = None
    production: str | None = None


class Settings(_Table):
    """Everything in `project.toml`."""

    swap: SwapSettings = SwapSettings()
    consent: ConsentSettings = ConsentSettings()


def read_settings(path: Path) -> Settings:
    """Read `path`; when it is missing, write one in which everything is at its default.

    Raises BadInputError that names the line or the key that is wrong.
    """
    if not path.exists():
        with replacing(path) as part:
            part.write_text(_TEMPLATE, "utf-8")
    try:
        return Settings.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(f"{path} cannot be read: {error}.") from error
    except ValidationError as error:
        raise BadInputError(f"{path} has a wrong value. {one_sentence(error)}") from error


def one_sentence(error: ValidationError) -> str:
    """The first thing that is wrong, with its key, as in "swap.seed: input should be a valid integer."."""
    first = error.errors()[0]
    key = ".".join(str(part).replace("_", "-") for part in first["loc"])
    return f"{key}: {first['msg'][:1].lower()}{first['msg'][1:]}."
