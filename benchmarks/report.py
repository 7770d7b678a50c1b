"""The figures of all pairs as JSON and as tables in Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.footage import Pair
from benchmarks.swap import SwapCost


@dataclass(frozen=True)
class Outcome:
    """One pair: its figures, or why there are none."""

    pair: Pair
    cost: SwapCost | None = None
    figures: dict[str, float] | None = None
    failure: str | None = None


@dataclass(frozen=True)
class Column:
    """One column of a table; `good` says whether a value meets the target, where there is one."""

    title: str
    key: str
    digits: int
    good: Callable[[float], bool] | None = None


PICTURE = (
    Column("missed", "missed", 0, lambda v: v == 0),
    Column("to likeness", "to_likeness", 2),
    Column("to performer", "to_performer", 2),
    Column("margin > 0", "margin", 2, lambda v: v > 0),
    Column("flicker ≤ 1.15", "flicker", 2, lambda v: v <= 1.15),
    Column("its energy", "flicker_energy", 2),
    Column("pumping ≤ 0.3", "pumping", 2, lambda v: v <= 0.3),
    Column("seam ≤ 0.5", "seam", 2, lambda v: v <= 0.5),
    Column("ring ΔE ≤ 1", "ring", 1, lambda v: v <= 1),
    Column("sharpness ±0.3", "sharpness_middle", 2, lambda v: abs(v) <= 0.3),
    Column("grain 0.8–1.25", "grain", 2, lambda v: 0.8 <= v <= 1.25),
)
ACTING = (
    Column("mouth %", "mouth", 1),
    Column("of", "mouth_reach", 1),
    Column("eyes %", "eyes", 1),
    Column("of", "eyes_reach", 1),
    Column("brows %", "brows", 1),
    Column("of", "brows_reach", 1),
    Column("gaze ≤ 2°", "gaze", 1, lambda v: v <= 2),
    Column("of", "gaze_reach", 1),
    Column("95 % ≤ 5°", "gaze_95", 1, lambda v: v <= 5),
    Column("lids ≤ 5 %", "lids", 1, lambda v: v <= 5),
    Column("opens ×", "lids_reach", 2),
    Column("lag", "lids_lag", 1),
    Column("lips ≤ 5 %", "lips", 1, lambda v: v <= 5),
    Column("opens ×", "lips_reach", 2),
    Column("lag", "lips_lag", 1),
    Column("pose °", "pose", 1),
    Column("jitter ≤ 0.002", "jitter", 4, lambda v: v <= 0.002),
)


def figures_of(outcome: Outcome) -> dict[str, float]:
    """The score's figures and the number of frames the swap left out, or that show no face any more."""
    figures = dict(outcome.figures or {})
    if outcome.cost is not None:
        figures["missed"] = len(outcome.cost.missed) + figures.get("unfound", 0)
    return figures


def write_json(path: Path, outcomes: list[Outcome], machine: str) -> None:
    """Everything, for comparing runs; what is not a number is null."""
    rows = [
        {
            "pair": outcome.pair.name,
            "easy": outcome.pair.easy,
            "failure": outcome.failure,
            "figures": figures_of(outcome),
            "cost": None if outcome.cost is None else asdict(outcome.cost),
        }
        for outcome in outcomes
    ]
    text = json.dumps(_plain({"machine": machine, "pairs": rows}), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", "utf-8")


def markdown(outcomes: list[Outcome], machine: str) -> str:
    """Three tables: picture, acting, speed. A value that misses its target is bold."""
    done = [outcome for outcome in outcomes if outcome.failure is None]
    parts = [f"Measured on: {machine}. Bold: misses the target.", "", "### Picture", ""]
    parts += [*_table(done, PICTURE), "", "### Acting", ""]
    parts += ["“of” is what a face that does not act would score.", "", *_table(done, ACTING)]
    parts += ["", "### Speed", "", *_speed(done)]
    failures = [outcome for outcome in outcomes if outcome.failure is not None]
    if failures:
        parts += ["", "### Failed", ""]
        parts += [f"* {outcome.pair.name}: {outcome.failure}" for outcome in failures]
    return "\n".join(parts) + "\n"


def _table(outcomes: list[Outcome], columns: tuple[Column, ...]) -> list[str]:
    lines = ["| pair | " + " | ".join(column.title for column in columns) + " |"]
    lines.append("|---|" + "---:|" * len(columns))
    for outcome in outcomes:
        figures = figures_of(outcome)
        cells = [_cell(figures.get(column.key, math.nan), column) for column in columns]
        lines.append(f"| {_name(outcome.pair)} | " + " | ".join(cells) + " |")
    return lines


def _cell(value: float, column: Column) -> str:
    if not math.isfinite(value):
        return "–"
    text = f"{value:.{column.digits}f}"
    return text if column.good is None or column.good(value) else f"**{text}**"


def _speed(outcomes: list[Outcome]) -> list[str]:
    names = list(dict.fromkeys(s.name for o in outcomes if o.cost for s in o.cost.stages))
    lines = ["| pair | frames | whole, frames/s | CPU s | peak MiB | " + " | ".join(names) + " |"]
    lines.append("|---|" + "---:|" * (4 + len(names)))
    for outcome in outcomes:
        cost = outcome.cost
        if cost is None:
            continue
        speeds = {stage.name: stage.frames_per_second for stage in cost.stages}
        cells = [
            str(cost.frames or "–"),
            _number(cost.frames_per_second),
            f"{cost.cpu_seconds:.0f}",
            f"{cost.peak_mb:.0f}",
            *(_number(speeds.get(name)) for name in names),
        ]
        lines.append(f"| {_name(outcome.pair)} | " + " | ".join(cells) + " |")
    return lines


def _name(pair: Pair) -> str:
    return f"{pair.name} (easy)" if pair.easy else pair.name


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return round(value, 5) if isinstance(value, float) else value
