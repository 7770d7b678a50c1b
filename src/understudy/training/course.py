"""Where a training stands: what it has done and spent, and what has happened to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from understudy.training.budget import Point

_RECENT = 100


@dataclass
class Course:
    """Changes with every step and is saved with the weights.

    step           steps done
    examples       examples learned from, with repetitions
    seconds        spent on the clock, and
    cpu_seconds    of processor time in drawing and steps, in all runs (see `Budget`)
    pieces         how many pieces the batch is worked in; more after memory has run out
    rollbacks      how often it was rolled back, and
    setbacks       how often on the present stretch, the last time at
    fault_step     this step
    rate_factor    what the learning rate is multiplied by since then
    told           the progress that the learner was last told, before
    told_step      this step; -1 if never
    plateau_step   the step at which the score was found to rise no more
    curve          the held-out scores
    warnings       what the user was told
    recent         the last totals of each player, by which a collapse is known
    """

    step: int = 0
    examples: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    pieces: int = 1
    rollbacks: int = 0
    setbacks: int = 0
    fault_step: int = 0
    rate_factor: float = 1.0
    told: float = 0.0
    told_step: int = -1
    plateau_step: int | None = None
    curve: list[Point] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    recent: dict[str, list[float]] = field(default_factory=dict)

    def remember(self, totals: Mapping[str, float]) -> None:
        """Keep a step's totals among the recent ones."""
        for player, total in totals.items():
            kept = self.recent.setdefault(player, [])
            kept.append(total)
            del kept[:-_RECENT]

    @property
    def score(self) -> float | None:
        """The score of the present weights; None where it was not measured."""
        return self.curve[-1].score if self.curve and self.curve[-1].step == self.step else None

    @property
    def best_score(self) -> float | None:
        """The highest score so far."""
        return max((point.score for point in self.curve), default=None)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: object) -> Course:
        """What `to_json` gave. Raises ValueError for anything else."""
        fields = _mapping(values, "course")
        unknown = set(fields) ^ set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(f"course has or lacks {sorted(unknown)}")
        plateau = fields["plateau_step"]
        return cls(
            step=_whole(fields, "step", 0),
            examples=_whole(fields, "examples", 0),
            seconds=_number(fields, "seconds"),
            cpu_seconds=_number(fields, "cpu_seconds"),
            pieces=_whole(fields, "pieces", 1),
            rollbacks=_whole(fields, "rollbacks", 0),
            setbacks=_whole(fields, "setbacks", 0),
            fault_step=_whole(fields, "fault_step", 0),
            rate_factor=_number(fields, "rate_factor"),
            told=_number(fields, "told"),
            told_step=_whole(fields, "told_step", -1),
            plateau_step=None if plateau is None else _whole(fields, "plateau_step", 0),
            curve=[_point(each) for each in _list(fields["curve"], "curve")],
            warnings=[_text(each) for each in _list(fields["warnings"], "warnings")],
            recent={
                _text(player): [_finite(each, "recent", signed=True) for each in _list(kept, "recent")]
                for player, kept in _mapping(fields["recent"], "recent").items()
            },
        )


def _point(value: object) -> Point:
    fields = _mapping(value, "point")
    return Point(
        step=_whole(fields, "step", 0),
        seconds=_number(fields, "seconds"),
        cpu_seconds=_number(fields, "cpu_seconds"),
        score=_finite(fields.get("score"), "score", signed=True),
    )


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be an object")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name} must be a list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is expected")
    return value


def _whole(fields: Mapping[str, Any], name: str, least: int) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be a whole number, at least {least}")
    return value


def _number(fields: Mapping[str, Any], name: str) -> float:
    return _finite(fields.get(name), name)


def _finite(value: object, name: str, signed: bool = False) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number")
    if value < 0 and not signed:
        raise ValueError(f"{name} must not be negative")
    return float(value)
