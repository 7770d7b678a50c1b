"""Maps of what a plate and a likeness do, and the plate's timeline, as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.likeness.coverage import Aspect, Coverage, Faces
from understudy.likeness.traits import Traits

Array = npt.NDArray[np.float64]
Frames = npt.NDArray[np.integer[Any]]

LIKENESS, COVERED, MISSING = "#5f8fc7", "#8f969f", "#d1563f"
_INK, _LINE, _FAINT = "#30353d", "#c3c8d0", "#eceef1"
_SIDE, _LEFT, _BOTTOM, _TOP = 300, 46, 40, 24
_MOST = 1500
_FONT = "font-family='system-ui, sans-serif' font-size='11'"


@dataclass(frozen=True)
class Axis:
    """One direction of a map: what it is called, its least span, and where lines are drawn."""

    title: str
    low: float
    high: float
    step: float
    ends: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Map:
    """Two traits against each other. `aspects`: beyond the border in one of these a plate face is missing."""

    name: str
    title: str
    x: str
    y: str
    across: Axis
    up: Axis
    aspects: tuple[Aspect, ...]


MAPS = (
    Map(
        "pose", "Where heads look", "yaw", "pitch",
        Axis("degrees", -30, 30, 15, ("camera-left", "camera-right")),
        Axis("degrees", 20, -20, 10, ("down", "up")),
        ("pose",),
    ),
    Map(
        "mouth", "Mouths", "smile", "lips",
        Axis("width against rest", -0.1, 0.1, 0.05, ("pursed", "drawn wide")),
        Axis("gap of the lips", 0, 0.2, 0.1, ("closed", "open")), ("mouth",),
    ),
    Map(
        "eyes", "Lids and brows", "lids", "brows",
        Axis("lids, 1 as usual", 0, 1.4, 0.5, ("shut", "wide")),
        Axis("brows against rest", -0.1, 0.1, 0.05, ("lowered", "raised")), ("eyes", "brows"),
    ),
    Map(
        "light", "Light", "light_x", "light_y",
        Axis("brighter side", -0.6, 0.6, 0.3, ("camera-left", "camera-right")),
        Axis("", 0.6, -0.6, 0.3, ("from below", "from above")), ("light",),
    ),
)  # fmt: skip

ROWS: tuple[tuple[Aspect, str], ...] = (
    ("pose", "pose"), ("mouth", "mouth"), ("eyes", "lids"), ("brows", "brows"), ("gaze", "gaze"),
    ("light", "light"), ("intensity", "exposure"), ("size", "size"), ("sharpness", "sharpness"),
)  # fmt: skip


def draw(chart: Map, plate: Faces, likeness: Faces, coverage: Coverage) -> str:
    """A map as SVG: the likeness's faces blue, the plate's grey, and red where they are not covered."""
    ours = _points(plate.traits, chart)
    theirs = _points(likeness.traits, chart)
    across = _span(chart.across, np.concatenate([ours[:, 0], theirs[:, 0]]))
    up = _span(chart.up, np.concatenate([ours[:, 1], theirs[:, 1]]))
    missing = np.stack([coverage.apart[name] for name in chart.aspects]).max(0) > 1
    parts = [*_frame(chart, across, up)]
    for points, colour, size, opacity in (
        (theirs, LIKENESS, 3.4, 0.35),
        (ours[~missing], COVERED, 2.2, 0.7),
        (ours[missing], MISSING, 2.6, 0.85),
    ):
        parts += _dots(points, across, up, colour, size, opacity)
    return _svg(_LEFT + _SIDE + 14, _TOP + _SIDE + _BOTTOM, parts, chart.title)


def timeline(
    frames: Frames,
    coverage: Coverage,
    cuts: Sequence[int] = (),
    width: int = 1000,
) -> str:
    """The plate's frames from left to right as SVG: a strip an aspect, red where it is not covered, and the
    expected loss as a curve below.
    """
    first, last = int(frames.min()), int(frames.max())
    left, strip, curve = 92, 15, 70
    scale = (width - left - 10) / max(1, last - first + 1)
    bottom = 8 + len(ROWS) * (strip + 3)
    parts = []
    for number, (aspect, name) in enumerate(ROWS):
        y = 8 + number * (strip + 3)
        parts.append(_text(left - 6, y + 11, name, "end"))
        parts.append(
            f"<rect x='{left}' y='{y}' width='{width - left - 10}' height='{strip}' fill='{_FAINT}'/>"
        )
        for begin, end, value in _spells(frames, coverage.apart[aspect]):
            x, wide = left + (begin - first) * scale, max((end - begin + 1) * scale, 0.6)
            parts.append(
                f"<rect x='{x:.1f}' y='{y}' width='{wide:.2f}' height='{strip}' fill='{_shade(value)}'/>"
            )
    parts.append(_text(left - 6, bottom + 40, "expected loss", "end"))
    parts.append(_curve(frames, coverage.loss, first, left, scale, bottom + 8, curve))
    for cut in cuts:
        x = left + (cut - first) * scale
        parts.append(f"<line x1='{x:.1f}' x2='{x:.1f}' y1='4' y2='{bottom + curve + 8}' stroke='{_INK}'/>")
    for tick in _ticks(first, last):
        parts.append(_text(left + (tick + 0.5 - first) * scale, bottom + curve + 24, str(tick), "middle"))
    return _svg(width, bottom + curve + 32, parts, "Timeline of the plate")


# --- pieces


def _points(traits: Traits, chart: Map) -> Array:
    points = np.stack([getattr(traits, chart.x), getattr(traits, chart.y)], axis=1)
    if len(points) <= _MOST:
        return points
    return np.asarray(points[np.linspace(0, len(points) - 1, _MOST).round().astype(int)])


def _span(axis: Axis, values: Array) -> tuple[float, float]:
    """The axis's ends, moved out in whole steps to where the values are; first the left or lower end."""
    low, high = sorted((axis.low, axis.high))
    low = min(low, axis.step * np.floor(float(np.percentile(values, 0.5)) / axis.step))
    high = max(high, axis.step * np.ceil(float(np.percentile(values, 99.5)) / axis.step))
    return (low, high) if axis.low < axis.high else (high, low)


def _place(values: Array, span: tuple[float, float]) -> Array:
    return np.clip((values - span[0]) / (span[1] - span[0]), 0, 1)


def _dots(
    points: Array,
    across: tuple[float, float],
    up: tuple[float, float],
    colour: str,
    size: float,
    opacity: float,
) -> Iterator[str]:
    x = _LEFT + _SIDE * _place(points[:, 0], across)
    y = _TOP + _SIDE * (1 - _place(points[:, 1], up))
    yield f"<g fill='{colour}' fill-opacity='{opacity}'>"
    yield from (f"<circle cx='{a:.1f}' cy='{b:.1f}' r='{size}'/>" for a, b in zip(x, y, strict=True))
    yield "</g>"


def _frame(chart: Map, across: tuple[float, float], up: tuple[float, float]) -> Iterator[str]:
    yield f"<rect x='{_LEFT}' y='{_TOP}' width='{_SIDE}' height='{_SIDE}' fill='#fff' stroke='{_LINE}'/>"
    for value in _steps(across, chart.across.step):
        x = _LEFT + _SIDE * float(_place(np.array(value), across))
        yield f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{_TOP}' y2='{_TOP + _SIDE}' stroke='{_FAINT}'/>"
        yield _text(x, _TOP + _SIDE + 14, f"{value:.3g}", "middle")
    for value in _steps(up, chart.up.step):
        y = _TOP + _SIDE * (1 - float(_place(np.array(value), up)))
        yield f"<line x1='{_LEFT}' x2='{_LEFT + _SIDE}' y1='{y:.1f}' y2='{y:.1f}' stroke='{_FAINT}'/>"
        yield _text(_LEFT - 5, y + 4, f"{value:.3g}", "end")
    yield _text(_LEFT + _SIDE / 2, 15, chart.title, "middle", bold=True)
    low, high = chart.across.ends
    yield _text(_LEFT, _TOP + _SIDE + 30, f"← {low}", "start")
    yield _text(_LEFT + _SIDE, _TOP + _SIDE + 30, f"{high} →", "end")
    low, high = chart.up.ends
    yield _text(_LEFT + 5, _TOP + 13, f"↑ {high}", "start")
    yield _text(_LEFT + 5, _TOP + _SIDE - 6, f"↓ {low}", "start")


def _steps(span: tuple[float, float], step: float) -> list[float]:
    low, high = sorted(span)
    return [step * k for k in range(round(low / step), round(high / step) + 1)]


def _text(x: float, y: float, words: str, anchor: str, *, bold: bool = False) -> str:
    weight = " font-weight='600'" if bold else ""
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='{_INK}' {_FONT}{weight}>"
        f"{escape(words)}</text>"
    )


def _spells(frames: Frames, values: Array) -> Iterator[tuple[int, int, float]]:
    """Runs of frames with one shade: first, last, and how far beyond the border the worst face is."""
    numbers, place = np.unique(frames, return_inverse=True)
    worst = np.zeros(len(numbers))
    np.maximum.at(worst, place, values)
    level = np.floor(np.clip(worst, 0, 3) * 4)
    begins = np.flatnonzero((np.diff(level, prepend=-1) != 0) | (np.diff(numbers, prepend=-9) > 1))
    for begin, end in zip(begins, [*begins[1:], len(numbers)], strict=True):
        if level[begin] >= 2:
            yield int(numbers[begin]), int(numbers[end - 1]), float(level[begin]) / 4


def _shade(value: float) -> str:
    """Grey below the border of what is covered, from there on red."""
    if value < 1:
        return "#cfd4da"
    strength = min((value - 1) / 1.5, 1.0)
    pale, deep = (236, 170, 152), (196, 48, 32)
    mixed = [round(a + strength * (b - a)) for a, b in zip(pale, deep, strict=True)]
    return f"#{mixed[0]:02x}{mixed[1]:02x}{mixed[2]:02x}"


def _curve(
    frames: Frames,
    loss: Array,
    first: int,
    left: int,
    scale: float,
    top: int,
    tall: int,
) -> str:
    low, high = float(loss.min()), max(float(loss.max()), float(loss.min()) + 1.0)
    order = np.argsort(frames, kind="stable")
    step = max(1, len(order) // 2000)
    x = left + (frames[order[::step]] + 0.5 - first) * scale
    y = top + tall * (high - loss[order[::step]]) / (high - low)
    points = [f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)]
    return f"<polyline fill='none' stroke='{_INK}' stroke-width='1.3' points='{' '.join(points)}'/>"


def _ticks(first: int, last: int) -> list[int]:
    rough = max(1, (last - first) / 10)
    unit = 10 ** np.floor(np.log10(rough))
    step = int(unit * next(k for k in (1, 2, 5, 10) if unit * k >= rough))
    return list(range(-(-first // step) * step, last + 1, step))


def _svg(width: float, height: float, parts: Sequence[str], title: str) -> str:
    size = f"viewBox='0 0 {width:.0f} {height:.0f}' width='{width:.0f}' height='{height:.0f}'"
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} role='img'><title>{escape(title)}</title>"
        f"{''.join(parts)}</svg>"
    )
