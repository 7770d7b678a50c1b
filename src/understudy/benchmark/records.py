"""`benchmark.json`: what was run and what came of it."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from understudy import __version__
from understudy.atomic import replacing
from understudy.errors import BadInputError
from understudy.project.settings import one_sentence

_DIGITS = 6

Setting = str | int


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StageCost(_Record):
    """Speed of one stage of the swap, None where it counts no frames."""

    name: str
    seconds: float
    frames_per_second: float | None


class Cost(_Record):
    """What one swap took, in a process of its own.

    seconds      of wall clock, without the start of the program
    cpu_seconds  of all its threads; on a busy machine this is the figure to compare
    peak_mb      highest resident memory, MiB, None where the system does not tell
    stages       in the order they ran
    """

    frames: int
    seconds: float
    cpu_seconds: float
    peak_mb: float | None
    stages: tuple[StageCost, ...] = ()


class Clips(_Record):
    """The files of a run; `truth` is a clip beside the plate, where it is known."""

    likeness: tuple[Path, ...]
    plate: Path
    result: Path
    truth: Path | None = None


class Strip(_Record):
    """One frame as a picture: likeness, plate, result, truth, difference, from top to bottom."""

    frame: int
    caption: str
    picture: Path
    rows: tuple[str, ...]
    worst: bool = False


def _only_known(figures: Any) -> Any:
    """What could not be told has no place in a file: JSON knows no NaN."""
    if not isinstance(figures, dict):
        return figures
    return {key: round(value, _DIGITS) for key, value in figures.items() if np.isfinite(value)}


def _as_list(curve: Any) -> Any:
    if isinstance(curve, np.ndarray):
        return tuple(round(value, _DIGITS) if np.isfinite(value) else None for value in curve.tolist())
    return curve


Curve = Annotated[tuple[float | None, ...], BeforeValidator(_as_list)]
"""One value a frame, None where there is none."""


class Scored(_Record):
    """One case through one variant.

    recipe    of everything that it came from: equal recipes need not be run again
    figures   by `figures.Figure.key`; what could not be told is missing
    curves    one value a frame, by `figures.Figure.curve`
    missed    frames of the plate whose face was not replaced
    failure   one sentence where the swap did not end well: there are no figures then
    """

    case: str
    description: str
    variant: str
    settings: dict[str, Setting]
    recipe: str
    clips: Clips | None = None
    figures: Annotated[dict[str, float], BeforeValidator(_only_known)] = Field(default_factory=dict)
    curves: dict[str, Curve] = Field(default_factory=dict)
    cuts: tuple[int, ...] = ()
    missed: tuple[int, ...] = ()
    cost: Cost | None = None
    strips: tuple[Strip, ...] = ()
    warnings: tuple[str, ...] = ()
    failure: str | None = None

    def curve(self, name: str) -> npt.NDArray[np.float64]:
        """A curve as an array, NaN where there is nothing; empty for an unknown one."""
        return np.array([np.nan if value is None else value for value in self.curves.get(name, ())], float)


class Benchmark(_Record):
    """Everything in `benchmark.json`."""

    schema_version: Literal[1] = 1
    understudy: str = __version__
    machine: str = Field(default_factory=lambda: machine())
    runs: tuple[Scored, ...] = ()


def machine() -> str:
    """The machine in a few words, without a name."""
    kind, python = f"{platform.system()} {platform.machine()}", platform.python_version()
    return f"{kind}, {os.cpu_count()} cores, Python {python}"


def write_record(path: Path, record: BaseModel) -> None:
    """Write a record as JSON, whole or not at all."""
    text = json.dumps(record.model_dump(mode="json"), indent=None, separators=(",", ":"), ensure_ascii=False)
    with replacing(path) as part:
        # A run on a line: what is compared by eye and by diff are runs.
        part.write_text(text.replace(',{"case":', ',\n{"case":') + "\n", "utf-8")


def read_benchmark(path: Path) -> Benchmark:
    """Read what `write_record` wrote. Raises BadInputError, in one sentence."""
    return read_record(path, Benchmark, _STALE)


def read_scored(path: Path) -> Scored | None:
    """A finished run; None where there is none, or where it is from another version."""
    try:
        return read_record(path, Scored, _STALE) if path.exists() else None
    except BadInputError:
        return None


R = TypeVar("R", bound=BaseModel)
_STALE = "is no benchmark of this version"


def read_record(path: Path, kind: type[R], fault: str) -> R:
    """Read a `kind` from JSON. Raises BadInputError, in one sentence; `fault` says what another file is."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise BadInputError(f"{path} {fault}. {one_sentence(error)}") from error
