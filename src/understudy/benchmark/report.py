"""One HTML page, complete in itself: pictures, plots and figures of any number of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.benchmark import plots
from understudy.benchmark.compare import Comparison
from understudy.benchmark.figures import FIGURES, Group
from understudy.benchmark.records import Scored, Strip, machine
from understudy.pages import embedded, write_page

_TEMPLATE = Path(__file__).parent / "templates" / "report.html"


@dataclass(frozen=True)
class _Row:
    title: str
    words: str
    value: str
    target: str
    good: str
    met: bool


def write_html(
    path: Path,
    runs: Sequence[Scored],
    *,
    title: str = "Understudy benchmark",
    introduction: str = "",
    sentences: Sequence[str] = (),
    films: Mapping[str, str] | None = None,
    comparison: Comparison | None = None,
    earlier: Sequence[Scored] = (),
) -> None:
    """Write the page, whole or not at all. Pictures are embedded: without `films` the file can be
    sent as it is.

    introduction   a few sentences of plain text at the top
    sentences      what was found, in plain words: a list below it
    films          videos to be played in the page: addresses, relative to it, by what they show
    comparison     what got better or worse since `earlier`, which also shows in the overview
    Raises BadInputError without matplotlib, and OutputError where `path` cannot be written.
    """
    plots.check_available()
    write_page(
        path,
        _TEMPLATE,
        title=title,
        introduction=introduction,
        sentences=sentences,
        films=films or {},
        machine=machine(),
        overview=_embedded(plots.overview(runs, earlier), "png") if len(runs) > 1 else None,
        comparison=comparison,
        runs=[_section(number, run) for number, run in enumerate(runs)],
    )


def _section(number: int, run: Scored) -> dict[str, Any]:
    """What the page shows of one run."""
    return {
        "anchor": f"run-{number}",
        "run": run,
        "even": [_shown(strip) for strip in run.strips if not strip.worst],
        "worst": [_shown(strip) for strip in run.strips if strip.worst],
        "curves": _embedded(plots.curves(run), "png"),
        "tables": [(group.value, rows) for group in Group if (rows := _rows(run, group))],
    }


def _shown(strip: Strip) -> dict[str, Any]:
    return {
        "caption": strip.caption,
        "rows": strip.rows,
        "picture": _embedded(strip.picture.read_bytes(), "jpeg") if strip.picture.exists() else None,
    }


def _rows(run: Scored, group: Group) -> list[_Row]:
    return [
        _Row(
            figure.title,
            figure.words,
            figure.text(run.figures[figure.key]),
            "" if figure.target is None else figure.text(figure.target),
            figure.good.value,
            figure.meets(run.figures[figure.key]),
        )
        for figure in FIGURES
        if figure.group is group and figure.key in run.figures
    ]


def _embedded(data: bytes | None, kind: str) -> str | None:
    return None if data is None else embedded(data, kind)
