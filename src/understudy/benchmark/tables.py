"""The figures of all runs as tables, in Markdown and on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from understudy.benchmark.compare import Comparison, Verdict
from understudy.benchmark.figures import BY_KEY, Figure
from understudy.benchmark.records import Benchmark, Scored

if TYPE_CHECKING:
    from rich.table import Table

TABLES: dict[str, tuple[str, ...]] = {
    "Against the truth": (
        "psnr_face", "psnr_face_fitted", "psnr_face_worst", "psnr_eyes_fitted", "psnr_mouth_fitted",
        "ssim_face_fitted", "ssim_eyes_fitted", "ssim_mouth_fitted", "gradient_face", "mouth_detail_truth",
        "landmarks_truth", "gaze_truth", "occlusion_iou", "painted_over",
    ),
    "Picture": (
        "missed", "to_likeness", "to_performer", "margin", "residual", "flicker", "flicker_energy", "pumping",
        "seam", "ring", "sharpness_middle", "mouth_detail", "grain", "grain_frozen",
    ),
    "Acting": (
        "mouth", "mouth_reach", "eyes", "eyes_reach", "brows", "brows_reach", "gaze", "gaze_reach", "gaze_95",
        "lids", "lids_reach", "lids_lag", "lips", "lips_reach", "lips_lag", "pose", "jitter",
    ),
}  # fmt: skip
TERMINAL = ("psnr_face_fitted", "missed", "margin", "flicker", "seam", "gaze", "frames_per_second")
"""What fits beside the case in eighty columns."""


def markdown(benchmark: Benchmark) -> str:
    """Tables by subject and of speed; a value that misses its target is bold."""
    done = [run for run in benchmark.runs if run.failure is None]
    failed = [run for run in benchmark.runs if run.failure is not None]
    parts = [f"Measured on: {benchmark.machine}. Bold: misses the target.", ""]
    for title, keys in TABLES.items():
        rows = _table(done, [BY_KEY[key] for key in keys])
        if rows:
            parts += [f"### {title}", "", *rows, ""]
    parts += ["### Speed", "", *_speed(done), ""]
    if failed:
        parts += ["### Failed", "", *(f"* {_name(run, failed)}: {run.failure}" for run in failed), ""]
    return "\n".join(parts)


def terminal(benchmark: Benchmark) -> Table:
    """The figures that say most; a value that misses its target is red."""
    from rich.table import Table
    from rich.text import Text

    done = [run for run in benchmark.runs if run.failure is None]
    figures = [BY_KEY[key] for key in TERMINAL if any(key in run.figures for run in done)]
    table = Table(box=None, header_style="bold", padding=(0, 1))
    table.add_column("case")
    for figure in figures:
        table.add_column(figure.title, justify="right")
    for run in benchmark.runs:
        if run.failure is not None:
            table.add_row(_name(run, benchmark.runs), Text(run.failure, style="red"))
            continue
        values = [run.figures.get(figure.key, float("nan")) for figure in figures]
        cells = [
            Text(figure.text(value), style="red" if _misses(figure, value) else "")
            for figure, value in zip(figures, values, strict=True)
        ]
        table.add_row(_name(run, benchmark.runs), *cells)
    return table


def told(comparison: Comparison) -> list[str]:
    """A comparison as lines, the worst news first."""
    lines = [comparison.sentence]
    for change in (*comparison.worse, *comparison.better):
        sign = "-" if change.verdict is Verdict.WORSE else "+"
        lines.append(
            f"  {sign} {change.case} ({change.variant}), {change.figure.title}: "
            f"{change.before_text} -> {change.after_text} ({change.verdict.value})"
        )
    return lines


def _table(runs: Sequence[Scored], figures: Sequence[Figure]) -> list[str]:
    known = [figure for figure in figures if any(figure.key in run.figures for run in runs)]
    rows = [run for run in runs if any(figure.key in run.figures for figure in known)]
    if not rows:
        return []
    lines = ["| case | " + " | ".join(_heading(figure) for figure in known) + " |"]
    lines.append("|---|" + "---:|" * len(known))
    for run in rows:
        values = [(figure, run.figures.get(figure.key, float("nan"))) for figure in known]
        cells = [
            f"**{figure.text(value)}**" if _misses(figure, value) else figure.text(value)
            for figure, value in values
        ]
        lines.append(f"| {_name(run, runs)} | " + " | ".join(cells) + " |")
    return lines


def _heading(figure: Figure) -> str:
    return figure.title if figure.target is None else f"{figure.title} ({figure.target:g})"


def _speed(runs: Sequence[Scored]) -> list[str]:
    stages = list(dict.fromkeys(stage.name for run in runs if run.cost for stage in run.cost.stages))
    lines = ["| case | frames | whole, frames/s | CPU s | peak MiB | " + " | ".join(stages) + " |"]
    lines.append("|---|" + "---:|" * (4 + len(stages)))
    for run in runs:
        if run.cost is None:
            continue
        speeds = {stage.name: stage.frames_per_second for stage in run.cost.stages}
        cells = [
            str(run.cost.frames),
            f"{run.cost.frames / run.cost.seconds:.1f}",
            f"{run.cost.cpu_seconds:.0f}",
            "–" if run.cost.peak_mb is None else f"{run.cost.peak_mb:.0f}",
            *(_speed_text(speeds.get(name)) for name in stages),
        ]
        lines.append(f"| {_name(run, runs)} | " + " | ".join(cells) + " |")
    return lines


def _speed_text(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _misses(figure: Figure, value: float) -> bool:
    return value == value and not figure.meets(value)


def _name(run: Scored, runs: Sequence[Scored]) -> str:
    """The case, with the variant where there are several."""
    return run.case if len({each.variant for each in runs}) == 1 else f"{run.case} ({run.variant})"
