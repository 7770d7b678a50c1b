"""Curves over time and an overview of all runs, as PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from understudy.benchmark.figures import BY_KEY, Figure, Good
from understudy.benchmark.records import Scored
from understudy.errors import BadInputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

CURVES = (
    "psnr_face_fitted",
    "psnr_eyes_fitted",
    "psnr_mouth_fitted",
    "flicker",
    "seam",
    "gaze",
    "mouth",
    "pose",
)
"""What is drawn of a run, frame by frame."""
OVERVIEW = (
    "psnr_face_fitted", "psnr_eyes_fitted", "psnr_mouth_fitted", "ssim_face_fitted", "flicker", "seam",
    "ring", "sharpness_middle", "margin", "mouth", "gaze", "frames_per_second",
)  # fmt: skip
_COLOURS = ("#2f6db3", "#d0812a", "#3c8d53", "#a04a8c", "#7a6a55", "#b83a3a")
_GREY, _INK = "#b9bec7", "#333840"
_DPI = 110


def available() -> bool:
    """Whether matplotlib, of the extra `report`, is installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return False
    return True


def check_available() -> None:
    """Raise BadInputError where plots cannot be drawn."""
    if not available():
        raise BadInputError(
            "The report needs matplotlib, which is not installed: run  pip install 'understudy[report]'"
        )


def curves(run: Scored) -> bytes | None:
    """The curves of one run, a panel each, with cuts and the target; None where it has none."""
    known = [BY_KEY[key] for key in CURVES if np.isfinite(run.curve(BY_KEY[key].curve or "")).any()]
    if not known:
        return None
    columns = 2
    rows = -(-len(known) // columns)
    drawing, panels = _sheet(rows, columns, (10.0, 1.55 * rows))
    for panel, figure in zip(panels, known, strict=False):
        values = run.curve(figure.curve or "")
        frames = np.arange(len(values))
        panel.plot(frames, values, color=_COLOURS[0], linewidth=1.2, marker="." if len(values) < 40 else "")
        if figure.key in run.figures:
            panel.axhline(run.figures[figure.key], color=_GREY, linewidth=0.8)
        if figure.target is not None and figure.good is Good.LOW:
            panel.axhline(figure.target, color=_COLOURS[5], linewidth=0.8, linestyle="--")
        for cut in run.cuts:
            panel.axvline(cut - 0.5, color=_INK, linewidth=0.8, linestyle=":")
        panel.set_title(f"{figure.title}  ({figure.good.value})", fontsize=8.5, loc="left", color=_INK)
        panel.set_xlim(0, max(1, len(values) - 1))
    return _png(drawing)


def overview(runs: Sequence[Scored], earlier: Sequence[Scored] = ()) -> bytes | None:
    """Bars of the main figures, a panel each: a group a case, a colour a variant, grey the earlier run."""
    runs = [run for run in runs if run.figures]
    known = [BY_KEY[key] for key in OVERVIEW if any(key in run.figures for run in runs)]
    if not known:
        return None
    cases = list(dict.fromkeys(run.case for run in runs))
    variants = list(dict.fromkeys(run.variant for run in runs))
    columns = 3 if len(cases) * len(variants) < 30 else 2
    rows = -(-len(known) // columns)
    height = max(1.2, 0.6 + 0.21 * len(cases) * max(1, len(variants)))
    drawing, panels = _sheet(rows, columns, (10.5, rows * height + 0.4))
    for number, (panel, figure) in enumerate(zip(panels, known, strict=False)):
        _bars(panel, figure, cases, variants, _by_place(runs), _by_place(earlier))
        panel.tick_params(labelleft=number % columns == 0)
    if len(variants) > 1 or earlier:
        handles, names = panels[0].get_legend_handles_labels()
        drawing.legend(handles, names, loc="outside upper right", fontsize=8, ncols=4, frameon=False)
    return _png(drawing)


_Places = dict[tuple[str, str], Scored]


def _by_place(runs: Sequence[Scored]) -> _Places:
    return {(run.case, run.variant): run for run in runs}


def _bars(
    panel: Axes, figure: Figure, cases: list[str], variants: list[str], runs: _Places, earlier: _Places
) -> None:
    thick = 0.8 / len(variants)
    for number, variant in enumerate(variants):
        places = np.arange(len(cases)) - 0.4 + thick * (number + 0.5)
        for found, colour, width, name in (
            (earlier, _GREY, thick, "before"),
            (runs, _COLOURS[number % len(_COLOURS)], 0.55 * thick if earlier else 0.85 * thick, variant),
        ):
            values = [_figure(found.get((case, variant)), figure.key) for case in cases]
            if np.isfinite(values).any():
                label = name if name == variant or number == 0 else "_" + name
                bars = panel.barh(places, np.nan_to_num(values), height=width, color=colour, label=label)
                if found is runs:
                    panel.bar_label(bars, [figure.text(value) for value in values], padding=3, fontsize=7)
    if figure.target is not None:
        panel.axvline(figure.target, color=_COLOURS[5], linewidth=0.8, linestyle="--")
    panel.set_yticks(np.arange(len(cases)), cases, fontsize=7.5)
    panel.invert_yaxis()
    panel.margins(x=0.15)
    panel.set_title(f"{figure.title}  ({figure.good.value})", fontsize=8.5, loc="left", color=_INK)


def _figure(run: Scored | None, key: str) -> float:
    return np.nan if run is None else run.figures.get(key, np.nan)


def _sheet(rows: int, columns: int, size: tuple[float, float]) -> tuple[Drawing, list[Any]]:
    """An empty sheet of panels, drawn without a screen."""
    check_available()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(figsize=size, layout="constrained")
    FigureCanvasAgg(drawing)
    panels = list(np.ravel(drawing.subplots(rows, columns, squeeze=False)))
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.spines[["left", "bottom"]].set_color(_GREY)
        panel.tick_params(labelsize=7.5, colors=_INK, length=2)
        panel.set_axisbelow(True)
        panel.grid(axis="both", color="#eef0f3", linewidth=0.7)
    return drawing, panels


def _png(drawing: Drawing) -> bytes:
    for panel in drawing.axes:
        if not panel.has_data():
            panel.set_axis_off()
    sink = io.BytesIO()
    drawing.savefig(sink, format="png", dpi=_DPI)
    return sink.getvalue()
