"""Score a swapped clip against its plate and its likeness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.landmarks import NOTHING, Judge
from benchmarks.mattes import inner_matte, replaced_matte
from understudy.faces.people import identity as network
from understudy.measures import edges, gaze, identity, performance, temporal, texture, timing
from understudy.measures.coverage import outside_change
from understudy.measures.picture import interocular, region_matte
from understudy.media import open_clip

Array = npt.NDArray[Any]
_EMBED_EVERY = 5
_LIKENESS_FACES = 40
_BEYOND = 0.6


@dataclass
class Series:
    """What is kept of every frame: some numbers and landmarks, never pictures. NaN where there is no face."""

    plate: list[Array] = field(default_factory=list)
    result: list[Array] = field(default_factory=list)
    seam: list[float] = field(default_factory=list)
    ring: list[float] = field(default_factory=list)
    sharpness: list[Array] = field(default_factory=list)
    plate_lab: list[Array] = field(default_factory=list)
    result_lab: list[Array] = field(default_factory=list)
    outside: list[float] = field(default_factory=list)
    plate_identity: list[Array] = field(default_factory=list)
    result_identity: list[Array] = field(default_factory=list)


@dataclass(frozen=True)
class Score:
    """All figures of a pair by name (NaN: could not be told), and per-frame values for finding the worst."""

    figures: dict[str, float]
    landmarks: Array
    per_frame: dict[str, Array]
    unfound: tuple[int, ...]


class Scorer:
    """Takes a plate and a result frame by frame. Keeps landmarks and numbers, never more than two frames."""

    def __init__(self, judge: Judge, rate: float, cuts: tuple[int, ...] = ()) -> None:
        self._judge, self._rate, self._cuts = judge, rate, cuts
        self._flicker, self._grain, self._series = temporal.FlickerMeter(), texture.GrainMeter(), Series()

    def add(self, plate: Array, result: Array) -> None:
        """Take the next frame of both, (H, W, 3) of one size and type."""
        series, index = self._series, len(self._series.plate)
        square = self._judge.locate(plate)
        points = NOTHING if square is None else self._judge.look(plate, square)
        series.plate.append(points)
        missing = square is None or bool(np.isnan(points).any())
        if missing or index in self._cuts:
            self._flicker.cut()
            self._grain.cut()
        if square is None or missing:
            _add_nothing(series)
            return
        self._add_picture(plate, result, points)
        found = self._judge.look(result, square)
        series.result.append(found)
        if network.available() and index % _EMBED_EVERY == 0 and not np.isnan(found).any():
            series.plate_identity.append(network.embed(plate, points))
            series.result_identity.append(network.embed(result, found))

    def read(self, likeness: Array) -> Score:
        """The figures so far, with `likeness` (N, 128) for the identity; there are none of it for N = 0."""
        return _read(self._series, self._flicker.read(), self._grain.read(), likeness, self._cuts, self._rate)

    def _add_picture(self, plate: Array, result: Array, points: Array) -> None:
        height, width = plate.shape[:2]
        series, eyes = self._series, float(interocular(points))
        inner, replaced = inner_matte(points, height, width), replaced_matte(result, plate, points)
        self._flicker.add(plate, result, inner)
        self._grain.add(plate, result, inner)
        series.seam.append(edges.seam(result, plate, replaced))
        series.ring.append(edges.ring_colour_difference(result, plate, replaced, eyes))
        series.sharpness.append(texture.sharpness_match(result, plate, inner))
        series.plate_lab.append(temporal.mean_lab(plate, inner))
        series.result_lab.append(temporal.mean_lab(result, inner))
        far = region_matte(points, height, width, "face", grow=_BEYOND)
        series.outside.append(outside_change(result, plate, far).largest)


def score(
    result: Path, plate: Path, likeness: list[Path], cuts: tuple[int, ...] = (), frames: int | None = None
) -> Score:
    """Compare frame i of `result` with frame i of `plate`, for the first `frames` of them."""
    with Judge() as judge, open_clip(plate) as theirs, open_clip(result) as ours:
        scorer = Scorer(judge, float(theirs.info.rate), cuts)
        pairs = zip(theirs.frames(), ours.frames(), strict=False)
        for before, after in islice(pairs, frames):
            scorer.add(*_alike(before.image[..., :3], after.image[..., :3]))
        wanted = _embeddings_of(likeness, judge) if network.available() else np.zeros((0, 128))
    return scorer.read(wanted)


def _alike(*pictures: Array) -> list[Array]:
    """The pictures with one type: 8 bits unless all have 16."""
    if len({picture.dtype for picture in pictures}) == 1:
        return list(pictures)
    return [(p >> 8).astype(np.uint8) if p.dtype == np.uint16 else p for p in pictures]


def _add_nothing(series: Series) -> None:
    series.result.append(NOTHING)
    for values in (series.seam, series.ring, series.outside):
        values.append(np.nan)
    for rows in (series.sharpness, series.plate_lab, series.result_lab):
        rows.append(np.full(3, np.nan))


def _embeddings_of(likeness: list[Path], judge: Judge) -> Array:
    """Embeddings of frames spread evenly over all likeness clips, (N, 128)."""
    rows, share = [], max(2, _LIKENESS_FACES // len(likeness))
    for path in likeness:
        with open_clip(path) as clip:
            for index in np.unique(np.linspace(0, clip.info.frame_count - 1, share).astype(int)):
                image = clip.read(int(index)).image
                square = judge.locate(image)
                points = NOTHING if square is None else judge.look(image, square)
                if not np.isnan(points).any():
                    rows.append(network.embed(image, points))
    return np.array(rows).reshape(-1, network.EMBEDDING_SIZE)


def _read(
    series: Series,
    steadiness: temporal.Flicker,
    coarseness: texture.Grain,
    wanted: Array,
    cuts: tuple[int, ...],
    rate: float,
) -> Score:
    plate, result = np.array(series.plate), np.array(series.result)
    seen, found = ~np.isnan(plate[:, 0, 0]), ~np.isnan(result[:, 0, 0])
    shots = np.split(np.arange(len(plate)), [cut for cut in cuts if cut < len(plate)])
    figures: dict[str, float] = {
        "frames": len(plate),
        "faces": int(seen.sum()),
        "unfound": int((seen & ~found).sum()),
        # as an amplitude; methods that speak of E_warp mean the energy
        "flicker": float(np.sqrt(steadiness.ratio)),
        "flicker_energy": steadiness.ratio,
        "grain": coarseness.ratio,
        "grain_frozen": coarseness.frozen,
        "pumping": _over_shots(_pumping(series, rate), shots),
        "jitter": _over_shots(lambda rows: temporal.jitter(result[rows]), shots)
        - _over_shots(lambda rows: temporal.jitter(plate[rows]), shots),
        "seam": _median(series.seam),
        "ring": _median(series.ring),
        "outside": _median(series.outside),
    }
    for band, value in zip(("fine", "middle", "coarse"), np.array(series.sharpness).T, strict=True):
        figures[f"sharpness_{band}"] = _median(value)
    figures |= _identity_figures(series, wanted)
    per_frame = {"seam": np.array(series.seam), "ring": np.array(series.ring)}
    both = np.flatnonzero(found)
    if len(both) >= 2:
        acting, acting_per_frame = _performance_figures(result[both], plate[both])
        figures |= acting
        for name, values in acting_per_frame.items():
            per_frame[name] = np.full(len(plate), np.nan)
            per_frame[name][both] = values
    return Score(figures, plate, per_frame, tuple(int(i) for i in np.flatnonzero(seen & ~found)))


def _pumping(series: Series, rate: float) -> Callable[[Array], float]:
    ours, theirs = np.array(series.result_lab), np.array(series.plate_lab)
    return lambda rows: temporal.colour_pumping(ours[rows], theirs[rows], rate)


def _identity_figures(series: Series, wanted: Array) -> dict[str, float]:
    if not len(wanted) or not series.result_identity:
        return {}
    result, plate = np.array(series.result_identity), np.array(series.plate_identity)
    margin = identity.identity_margin(result, wanted, plate)
    return {
        "to_likeness": _median(identity.identity_distance(result, wanted)),
        "to_performer": _median(identity.identity_distance(result, plate)),
        "margin": _median(margin),
        "nearer_to_likeness": float((margin > 0).mean()),
        "performer_to_likeness": _median(identity.identity_distance(plate, wanted)),
        "likeness_to_itself": _median(identity.identity_distance(wanted, wanted)),
    }


def _performance_figures(result: Array, plate: Array) -> tuple[dict[str, float], dict[str, Array]]:
    figures: dict[str, float] = {}
    per_frame: dict[str, Array] = {}
    for part in performance.PARTS:
        per_frame[part] = performance.expression_error(result, plate, part)
        figures[part] = _median(per_frame[part])
        figures[f"{part}_reach"] = performance.expression_reach(plate, part)
    per_frame["gaze"] = gaze.gaze_error(result, plate)
    figures["gaze"] = _median(per_frame["gaze"])
    figures["gaze_reach"] = gaze.gaze_reach(plate)
    figures["gaze_95"] = float(np.nanpercentile(per_frame["gaze"], 95))
    figures["gaze_right"], figures["gaze_down"] = map(float, gaze.gaze_offset(result, plate))
    per_frame["pose"] = performance.pose_error(result, plate)
    figures["pose"] = _median(per_frame["pose"])
    for name, curve in (("lids", timing.lids), ("lips", timing.lips)):
        follows = timing.timing(curve(result), curve(plate))
        figures |= {name: follows.error, f"{name}_lag": follows.lag, f"{name}_reach": follows.reach}
    return figures, per_frame


def _over_shots(measure: Callable[[Array], float], shots: list[Array]) -> float:
    """Root mean square over shots of what is measured on each, weighted by their length."""
    values = np.array([measure(rows) for rows in shots if len(rows)])
    length = np.array([len(rows) for rows in shots if len(rows)], float)
    known = np.isfinite(values)
    return float(np.sqrt(np.average(values[known] ** 2, weights=length[known]))) if known.any() else np.nan


def _median(values: Any) -> float:
    values = np.asarray(values, float)
    return float(np.nanmedian(values)) if np.isfinite(values).any() else np.nan
