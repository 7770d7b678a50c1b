"""From what was noted of every frame to the figures of the clip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.benchmark.figures import FIGURES, median
from understudy.benchmark.judge import NOTHING
from understudy.benchmark.likeness_sample import LikenessSample
from understudy.measures import gaze, identity, mouth, performance, temporal, timing
from understudy.measures.texture import Grain

Array = npt.NDArray[Any]


@dataclass
class Series:
    """What is kept of every frame: numbers and landmarks, never pictures. NaN where there is nothing."""

    rate: float
    cuts: tuple[int, ...] = ()
    count: int = 0
    follows: bool = False
    plate: list[Array] = field(default_factory=list)
    result: list[Array] = field(default_factory=list)
    truth: list[Array] = field(default_factory=list)
    lab: list[tuple[Array, Array]] = field(default_factory=list)
    pairs: list[int] = field(default_factory=list)
    identities: dict[int, tuple[Array, Array]] = field(default_factory=dict)
    notes: dict[str, dict[int, float]] = field(default_factory=dict)

    def begin_frame(self) -> int:
        """Make room for one frame more, and return its number."""
        for rows in (self.plate, self.result, self.truth):
            rows.append(NOTHING)
        self.lab.append((np.full(3, np.nan), np.full(3, np.nan)))
        self.count += 1
        return self.count - 1

    def begin_pair(self) -> None:
        """Say that this frame is compared with the one before it, if that belongs to it."""
        if self.follows:
            self.pairs.append(self.count - 1)
        self.follows = True

    def note(self, name: str, value: float) -> None:
        """Keep a number of the frame in hand."""
        self.notes.setdefault(name, {})[self.count - 1] = value

    def curve(self, name: str) -> Array:
        """What was noted under `name`, (T,)."""
        return self.spread(self.notes.get(name, {}))

    def spread(self, values: dict[int, float]) -> Array:
        """Values by frame as a curve (T,)."""
        curve = np.full(self.count, np.nan)
        curve[list(values)] = list(values.values())
        return curve

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """The frames whose plate shows a face, (T,)."""
        return np.array([not np.isnan(points[0, 0]) for points in self.plate], bool)

    @property
    def found(self) -> npt.NDArray[np.bool_]:
        """The frames whose result shows one too, (T,)."""
        return self.seen & np.array([not np.isnan(points).any() for points in self.result], bool)

    @property
    def shots(self) -> list[Array]:
        """Frame numbers of each shot."""
        inner = [cut for cut in self.cuts if 0 < cut < self.count]
        return [rows for rows in np.split(np.arange(self.count), inner) if len(rows)]


@dataclass(frozen=True)
class Score:
    """All figures of a clip by key (NaN: could not be told), and the curves (T,) that they come from.

    landmarks  (T, 478, 3) of the plate, for finding the face in pictures
    likeness   what it was compared with
    """

    figures: dict[str, float]
    curves: dict[str, Array]
    landmarks: Array
    likeness: LikenessSample | None = None


def summarise(
    series: Series, flicker: temporal.Flicker, grain: Grain, likeness: LikenessSample | None
) -> Score:
    """The figures of everything that was noted."""
    curves = {name: series.curve(name) for name in series.notes}
    curves |= _steadiness_curves(series, flicker) | _truth_curves(series)
    figures: dict[str, float] = {
        "frames": series.count,
        "faces": int(series.seen.sum()),
        "unfound": int((series.seen & ~series.found).sum()),
        # as an amplitude; methods that speak of E_warp mean the energy
        "residual": flicker.residual,
        "flicker": float(np.sqrt(flicker.ratio)),
        "flicker_energy": flicker.ratio,
        "grain": grain.ratio,
        "grain_frozen": grain.frozen,
    }
    rows = np.flatnonzero(series.found)
    if len(rows) >= 2:
        acting, acting_curves = _acting(np.array(series.result)[rows], np.array(series.plate)[rows])
        figures |= acting
        curves |= {name: _at(rows, values, series.count) for name, values in acting_curves.items()}
    if likeness is not None:
        identity_figures, identity_curves = _identity(series, likeness)
        figures |= identity_figures
        curves |= identity_curves
        curves["mouth_detail"] = _mouth(series, likeness)
    for figure in FIGURES:
        if figure.key not in figures and figure.curve in curves:
            figures[figure.key] = figure.over(curves[figure.curve])
    drawn = {figure.curve for figure in FIGURES}
    return Score(
        figures,
        {name: values for name, values in curves.items() if name in drawn},
        np.array(series.plate).reshape(-1, 478, 3),
        likeness,
    )


def _at(rows: Array, values: Array, count: int) -> Array:
    curve = np.full(count, np.nan)
    curve[rows] = values
    return curve


def _steadiness_curves(series: Series, flicker: temporal.Flicker) -> dict[str, Array]:
    pairs = dict(zip(series.pairs, np.sqrt(flicker.per_frame), strict=True))
    ours, theirs = (np.array([lab[side] for lab in series.lab]).reshape(-1, 3) for side in (0, 1))
    result, plate = np.array(series.result), np.array(series.plate)

    def by_shot(measure: Callable[[Array], Array]) -> Array:
        return np.concatenate([np.zeros(0), *(measure(rows) for rows in series.shots)])

    return {
        "flicker": series.spread(pairs),
        "pumping": by_shot(lambda rows: temporal.colour_breathing(ours[rows], theirs[rows], series.rate)),
        "jitter": by_shot(lambda rows: temporal.trembling(result[rows]) - temporal.trembling(plate[rows])),
    }


def _truth_curves(series: Series) -> dict[str, Array]:
    truth = np.array(series.truth).reshape(-1, 478, 3)
    rows = np.flatnonzero(series.found & ~np.isnan(truth).any((1, 2)))
    if not len(rows):
        return {}
    result = np.array(series.result)[rows]
    curves = {
        "landmarks_truth": performance.landmark_error(result, truth[rows]),
        "gaze_truth": gaze.gaze_error(result, truth[rows], same_person=True),
    }
    return {name: _at(rows, values, series.count) for name, values in curves.items()}


def _mouth(series: Series, likeness: LikenessSample) -> Array:
    rows = np.flatnonzero(series.found)
    if not len(rows):
        return np.full(series.count, np.nan)
    details, openings = series.curve("mouth_contrast")[rows], timing.lips(np.array(series.result)[rows])
    ratios = mouth.detail_over(details, openings, likeness.details, likeness.openings)
    return _at(rows, ratios, series.count)


def _identity(series: Series, likeness: LikenessSample) -> tuple[dict[str, float], dict[str, Array]]:
    wanted = likeness.embeddings
    if not len(wanted) or not series.identities:
        return {}, {}
    frames = np.array(list(series.identities))
    plate, result = (np.array([pair[side] for pair in series.identities.values()]) for side in (0, 1))
    curves = {
        "to_likeness": identity.identity_distance(result, wanted),
        "to_performer": identity.identity_distance(result, plate),
        "margin": identity.identity_margin(result, wanted, plate),
    }
    figures = {
        "nearer_to_likeness": float((curves["margin"] > 0).mean()),
        "performer_to_likeness": median(identity.identity_distance(plate, wanted)),
        "likeness_to_itself": median(identity.identity_distance(wanted, wanted)),
    }
    return figures, {name: _at(frames, values, series.count) for name, values in curves.items()}


def _acting(result: Array, plate: Array) -> tuple[dict[str, float], dict[str, Array]]:
    figures: dict[str, float] = {}
    curves: dict[str, Array] = {}
    for part in performance.PARTS:
        curves[part] = performance.expression_error(result, plate, part)
        figures[f"{part}_reach"] = performance.expression_reach(plate, part)
    curves["gaze"] = gaze.gaze_error(result, plate)
    figures["gaze_reach"] = gaze.gaze_reach(plate)
    figures["gaze_right"], figures["gaze_down"] = map(float, gaze.gaze_offset(result, plate))
    curves["pose"] = performance.pose_error(result, plate)
    for name, curve in (("lids", timing.lids), ("lips", timing.lips)):
        follows = timing.timing(curve(result), curve(plate))
        figures |= {name: follows.error, f"{name}_lag": follows.lag, f"{name}_reach": follows.reach}
        if len(follows.along):
            curves[name] = follows.along
    return figures, curves
