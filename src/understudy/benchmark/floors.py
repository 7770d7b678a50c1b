"""What must never be lost again: the worst value that each figure of a case may have. Floors only rise.

A floor stands a margin away from what was measured (`Figure.relevant`), since other processors round
differently. For figures that want to be low it is a ceiling; "higher" means stricter throughout.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from understudy.atomic import replacing
from understudy.benchmark.figures import BY_KEY, FIGURES, Figure, Good, Group
from understudy.benchmark.records import Scored, read_record
from understudy.errors import BadInputError

_DIGITS = 4


def _known(floors: dict[str, float]) -> dict[str, float]:
    for key, value in floors.items():
        if key not in BY_KEY or not math.isfinite(value):
            raise ValueError(f"{key} is no figure, or its floor no number")
    return floors


class Floors(BaseModel):
    """Floors of several cases, by case and figure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    cases: dict[str, Annotated[dict[str, float], AfterValidator(_known)]] = {}


@dataclass(frozen=True)
class Fall:
    """A figure that fell below its floor."""

    case: str
    figure: Figure
    floor: float
    value: float

    @property
    def sentence(self) -> str:
        """What fell, and how far."""
        digits = self.figure.digits + 1
        return (
            f"{self.case}: {self.figure.title} is {self.value:.{digits}f}, "
            f"and its floor is {self.floor:.{digits}f} ({self.figure.good.value})."
        )


def read_floors(path: Path) -> Floors:
    """Read floors; none where there is no file. Raises BadInputError, in one sentence."""
    return read_record(path, Floors, "has no floors that can be used") if path.exists() else Floors()


def fallen(floors: Floors, runs: list[Scored]) -> list[Fall]:
    """Every figure below its floor. A figure that can no longer be told has fallen too."""
    falls = []
    for run in runs:
        for key, floor in floors.cases.get(run.case, {}).items():
            figure, value = BY_KEY[key], run.figures.get(key, math.nan)
            if not figure.badness(value) <= figure.badness(floor):
                falls.append(Fall(run.case, figure, floor, value))
    return falls


def raised(floors: Floors, runs: list[Scored]) -> Floors:
    """Floors that are as high as what these runs reached, less the margin; none of them lower than before.

    Raises BadInputError where a run is below a floor that stands: floors are not lowered to fit.
    """
    falls = fallen(floors, runs)
    if falls:
        raise BadInputError(f"Floors are never lowered: mend this first. {falls[0].sentence}")
    cases = {case: dict(known) for case, known in floors.cases.items()}
    for run in runs:
        known = cases.setdefault(run.case, {})
        for figure in FIGURES:
            if figure.group is Group.COST or figure.good is Good.NEITHER or figure.key not in run.figures:
                continue
            known[figure.key] = _stricter(figure, _with_margin(figure, run.figures[figure.key]), known)
    return Floors(cases=cases)


def lowered(before: Floors, after: Floors) -> list[str]:
    """Which floors of `before` are lower in `after`, or gone, as "case: figure"."""
    return [
        f"{case}: {key}"
        for case, known in before.cases.items()
        for key, floor in known.items()
        if not BY_KEY[key].badness(after.cases.get(case, {}).get(key, math.nan)) <= BY_KEY[key].badness(floor)
    ]


def write_floors(path: Path, floors: Floors) -> None:
    """Write floors, whole or not at all."""
    text = json.dumps(floors.model_dump(), indent=2, sort_keys=True)
    with replacing(path) as part:
        part.write_text(text + "\n", "utf-8")


def _with_margin(figure: Figure, value: float) -> float:
    margin = figure.relevant
    if figure.good is Good.HIGH:
        return value - margin
    if figure.good in (Good.LOW, Good.EXCESS):
        return value + margin
    if figure.good is Good.NOUGHT:
        return math.copysign(abs(value) + margin, value)
    return math.exp(math.copysign(abs(math.log(value)) + margin, math.log(value)))


def _stricter(figure: Figure, value: float, known: dict[str, float]) -> float:
    """The new floor, or the old one where that is as strict."""
    old = known.get(figure.key)
    value = round(value, _DIGITS)
    return value if old is None or figure.badness(value) < figure.badness(old) else old
