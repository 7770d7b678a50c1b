"""`project.toml`: what a person sets for every run in this project."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

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

[training]                # of engines that learn
# budget = "10m"          # 90s, 10m, 2h on the clock; 10cpum: of processor time
# steps = 2000            # or so many steps
# until-plateau = true    # or until it gets no better
# batch = 16
# device = "auto"         # auto, cpu, cuda, mps
# precision = "auto"      # auto, bf16, fp32

[engines.df]              # options of an engine, by its name
# resolution = 128

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


class TrainingTable(_Table):
    """The table `[training]`: how engines that learn are trained; what is None is as the engine wants it.

    budget, steps, until_plateau   when training ends: as `training.budget.make_budget` reads them
    the others                     as in `training.settings.TrainingSettings`
    """

    budget: str | None = None
    steps: Annotated[int | None, Field(ge=1)] = None
    until_plateau: bool | None = None
    batch: Annotated[int | None, Field(ge=1, le=65536)] = None
    optimiser: str | None = None
    rate: Annotated[float | None, Field(gt=0)] = None
    precision: Literal["auto", "bf16", "fp32"] | None = None
    device: Literal["auto", "cpu", "cuda", "mps"] | None = None
    devices: Annotated[int | None, Field(ge=1)] = None
    nodes: Annotated[int | None, Field(ge=1)] = None
    compile: bool | None = None
    channels_last: bool | None = None
    clip: Annotated[float | None, Field(gt=0)] = None
    ema: Annotated[float | None, Field(ge=0, lt=1)] = None
    warm_up: Annotated[int | None, Field(ge=0)] = None
    seed: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    parts: Annotated[int | None, Field(ge=1)] = None
    keep: Annotated[int | None, Field(ge=1)] = None
    save_every: Annotated[float | None, Field(gt=0)] = None
    score_every: Annotated[float | None, Field(gt=0)] = None
    preview_every: Annotated[float | None, Field(gt=0)] = None

    @property
    def given(self) -> dict[str, Any]:
        """What is not None, by name."""
        return self.model_dump(exclude_none=True)


OptionValue = bool | int | float | str


class ConsentSettings(_Table):
    """The table `[consent]`: records for every swap here; paths as seen from the project's folder."""

    likeness: tuple[str, ...] = ()
    plate: tuple[str, ...] = ()
    plate_reason: str | None = None
    production: str | None = None


class Settings(_Table):
    """Everything in `project.toml`."""

    swap: SwapSettings = SwapSettings()
    training: TrainingTable = TrainingTable()
    engines: dict[str, dict[str, OptionValue]] = Field(default_factory=dict)
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
