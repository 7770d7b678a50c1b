"""What detectors look at: from a record's columns to one curve (T,), NaN where it cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from understudy.inspection.record import Record
from understudy.measures.gaze import CLOSED
from understudy.measures.temporal import colour_breathing

Array = npt.NDArray[Any]

Axis = Literal["x", "y"]
Eye = Literal["right", "left"]
AXES: tuple[Axis, ...] = ("x", "y")

_LEAST_CHANGED = 1.0
"""Code values of features by which a replaced face differs at least: less is no replacement at all."""
_HIDDEN = 24.0
MISMATCHED = 5.0
"""Delta E of the ring from which on a whole shot is wrong."""
SOMEBODY_ELSE = 0.2
"""Distance of embeddings beyond the shot's usual one."""
_MOST_ROWS = 300
_MOVING, _HARDLY_MOVING, _COPY = 0.25, 0.12, 0.02
"""Mean changes of the whole picture in code values: where the plate hardly moves only a copy is told."""
_LEAST_CELLS = 20


def changed_share(record: Record) -> Array:
    """How much the face differs from the plate's, in parts of what a replaced face does; NaN where none is.

    That is the shot's upper quartile; where a shot shows the plate's own face throughout, other shots say it.
    """
    values, share = record.column("changed"), np.full(record.frames, np.nan)
    usual = [_upper(values[shot]) for shot in record.shots()]
    most = max(usual, default=0.0)
    for shot, own in zip(record.shots(), usual, strict=True):
        if most >= _LEAST_CHANGED:
            share[shot] = values[shot] / (own if own >= _LEAST_CHANGED else most)
    return share


def _upper(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.percentile(known, 75)) if len(known) else 0.0


def missed(record: Record) -> Array:
    """1 where the plate's own face was left; 0 where it was replaced."""
    return np.clip(2.0 - 4.0 * changed_share(record), 0, 1)


def shows_through(record: Record) -> Array:
    """Part of the plate's face that is seen in the result's, beyond what is usual: 0 none, 1 all."""
    return 1.0 - changed_share(record)


def stranger(record: Record) -> Array:
    """Distance of the face from the shot's own, told by a network; NaN where it was not asked."""
    return record.column("stranger")


def lost(record: Record) -> Array:
    """1 where there is a face in the plate and none in the result."""
    return np.where(record.seen, (~record.found).astype(float), np.nan)


def seam(record: Record) -> Array:
    """`measures.edges.seam`."""
    return record.column("seam")


def ring(record: Record) -> Array:
    """`measures.edges.ring_colour_difference`."""
    return record.column("ring")


def flicker(region: Literal["skin", "eyes", "mouth"]) -> Callable[[Record], Array]:
    """log2 of the residual after motion, over the plate's."""
    return lambda record: record.column(f"flicker_{region}")


def pumping(record: Record) -> Array:
    """`measures.temporal.colour_breathing`; without a plate, how far colour is from both neighbours' mean.

    A face that turns in the light changes its colour, too, but from frame to frame alike.
    """
    ours: Array = np.stack([record.column(name) for name in "lab"], -1)
    theirs: Array = np.stack([record.column(f"plate_{name}") for name in "lab"], -1)
    curve = np.full(record.frames, np.nan)
    for shot in record.shots():
        if record.has_plate:
            curve[shot] = colour_breathing(ours[shot], theirs[shot].astype(np.float64), record.rate)
        else:
            colours = ours[shot]
            away = np.full(len(colours), np.nan)
            away[1:-1] = np.linalg.norm(colours[1:-1] - (colours[2:] + colours[:-2]) / 2, axis=-1)
            curve[shot] = away
    return curve


def jitter(record: Record) -> Array:
    """Jumps of the face against the plate's, % of the inter-ocular distance; by landmarks without a plate."""
    return record.column("shake") if record.has_plate else record.column("trembling")


def wobble(record: Record) -> Array:
    """Motion of the skin within itself that the plate's does not have, % of the inter-ocular distance."""
    return record.column("wobble")


def sharp_eyes(record: Record) -> Array:
    """As `sharp`, of open eyes: lids have less detail than eyes."""
    values = record.relative("sharp_eyes").copy()
    sides = ("", "plate_") if record.has_plate else ("",)
    for opening in [record.column(f"{side}lids_{eye}") for side in sides for eye in ("right", "left")]:
        values[~(opening >= CLOSED)] = np.nan
    return values


def sharp(region: Literal["skin", "mouth"]) -> Callable[[Record], Array]:
    """log2 of the energy of detail, over the plate's."""
    return lambda record: record.relative(f"sharp_{region}")


def teeth(record: Record) -> Array:
    """log2 of the contrast between the lips, over the plate's."""
    return record.relative("teeth")


def grain(record: Record) -> Array:
    """log2 of grain, over the plate's."""
    return record.relative("grain")


def gaze(eye: Eye, axis: Axis) -> Callable[[Record], Array]:
    """Degrees to the picture's right, or down, against the plate's."""
    return lambda record: record.relative(f"gaze_{eye}_{axis}")


def both_eyes(axis: Axis) -> Callable[[Record], Array]:
    """Mean of both eyes: a landmarker's noise is less, and most errors are of both."""
    return lambda record: (gaze("right", axis)(record) + gaze("left", axis)(record)) / 2


def lids(eye: Eye) -> Callable[[Record], Array]:
    """Opening against the plate's, the plate's curve stretched to the result's range first."""
    return lambda record: _against(record, f"lids_{eye}")


def lips(record: Record) -> Array:
    """Gap of the lips against the plate's, the plate's curve stretched to the result's range first."""
    return _against(record, "lips")


def ghost(where: Literal["brows", "glasses"]) -> Callable[[Record], Array]:
    """How much of the plate's edges there the result shows."""
    return lambda record: record.column(f"ghost_{where}")


def ghost_jaw(record: Record) -> Array:
    """As `ghost`, of shots in which face and surroundings have about one colour.

    Elsewhere the border of what was replaced is the strongest edge along the jaw, and moves as it likes.
    """
    values, ring_colour = record.column("ghost_jaw").copy(), ring(record)
    for shot in record.shots():
        known = ring_colour[shot][np.isfinite(ring_colour[shot])]
        if len(known) and np.median(known) > MISMATCHED:
            values[shot] = np.nan
    return values


def unlike(record: Record) -> Array:
    """How much more the face's look departs from the shot's usual one than the plate's does, code values."""
    away = np.full(record.frames, np.nan)
    sides = [record.cells, record.plate_cells] if record.has_plate else [record.cells]
    for shot in record.shots():
        rows = np.flatnonzero(record.seen[shot] & record.found[shot]) + shot.start
        rows = rows[np.count_nonzero(record.facing[rows], axis=1) >= _LEAST_CELLS]
        if len(rows) >= 8:
            apart = [_unlike_usual(cells, record.facing, rows) for cells in sides]
            away[rows] = apart[0] - apart[1] if record.has_plate else apart[0]
    return away


def odd_looks(record: Record) -> Array:
    """As `unlike`, left to `stranger` where the network has seen somebody else."""
    away, who = unlike(record), stranger(record)
    for shot in record.shots():
        known = who[shot][np.isfinite(who[shot])]
        if len(known):
            away[shot][who[shot] > np.median(known) + SOMEBODY_ELSE] = np.nan
    return away


def _unlike_usual(cells: Array, facing: Array, rows: Array) -> Array:
    """Of each of the rows: the mean distance of its cells from those cells' median over the rows, (R,)."""
    some = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST_ROWS)).astype(int)]
    middle = _middle(_evened(cells[some], facing[some]))
    apart = [
        float(np.nanmean(np.abs(_evened(cells[row : row + 1], facing[row : row + 1])[0] - middle)))
        for row in rows
    ]
    return np.array(apart)


def pose(record: Record) -> Array:
    """Angle between the two heads, degrees, beyond what is usual in the shot."""
    apart = [record.relative(name) for name in ("yaw", "pitch", "roll")]
    return _length(record, apart)


def light(record: Record) -> Array:
    """Difference of `light_direction`, beyond what is usual in the shot."""
    return _length(record, [record.relative("light_x"), record.relative("light_y")])


def frozen(record: Record) -> Array:
    """1 where the whole picture stands still and the plate (alone: the film around it) does not."""
    change = record.column("change")
    moving = record.column("plate_change") if record.has_plate else _around(change)
    with np.errstate(invalid="ignore", divide="ignore"):
        still = np.clip(1.5 - 5.0 * change / moving, 0, 1)
    sure = (moving > _MOVING) | ((moving > _HARDLY_MOVING) & (change < _COPY))
    return np.where(sure, still, np.where(np.isfinite(moving), 0.0, np.nan))


def painted_over(record: Record) -> Array:
    """Part of the face where the plate shows something unusual, and the result shows the usual face."""
    share = np.full(record.frames, np.nan)
    for shot in record.shots():
        share[shot] = _painted(record, shot)
    return share


def _painted(record: Record, shot: slice) -> Array:
    enough = np.count_nonzero(record.facing[shot], axis=1) >= _LEAST_CELLS
    rows = np.flatnonzero(record.seen[shot] & record.found[shot] & enough) + shot.start
    share = np.full(shot.stop - shot.start, np.nan)
    if len(rows) < 8 or not record.has_plate:
        return share
    some = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST_ROWS)).astype(int)]
    usual = [_evened(cells[some], record.facing[some]) for cells in (record.plate_cells, record.cells)]
    middle = [_middle(colours) for colours in usual]
    for row in rows:
        facing = record.facing[row]
        theirs, ours = (
            np.abs(_evened(cells[row : row + 1], record.facing[row : row + 1])[0] - mid).max(-1)
            for cells, mid in zip((record.plate_cells, record.cells), middle, strict=True)
        )
        apart = np.abs(record.plate_cells[row].astype(float) - record.cells[row]).max(-1)
        with np.errstate(invalid="ignore"):
            over = facing & (theirs > _HIDDEN) & (ours < 0.5 * theirs) & (apart > 0.5 * _HIDDEN)
        share[row - shot.start] = np.count_nonzero(over) / np.count_nonzero(facing)
    return share


def _evened(cells: Array, facing: Array) -> Array:
    """Colours (T, C, 3) less the frame's own median; NaN where they do not face the camera (some must)."""
    colours = np.where(facing[..., None], cells.astype(np.float64), np.nan)
    return np.asarray(colours - np.nanmedian(colours, axis=1, keepdims=True))


def _length(record: Record, parts: list[Array]) -> Array:
    away = []
    for part in parts:
        part = part.copy()
        for shot in record.shots():
            known = part[shot][np.isfinite(part[shot])]
            part[shot] -= np.median(known) if len(known) else 0.0
        away.append(part)
    return np.asarray(np.sqrt(sum(part**2 for part in away)))


def _against(record: Record, name: str) -> Array:
    """A curve less the straight line through it over the plate's, shot by shot (least absolute errors)."""
    ours, theirs = record.column(name), record.column(f"plate_{name}")
    curve = np.full(record.frames, np.nan)
    for shot in record.shots():
        y, x = ours[shot], theirs[shot]
        known = np.isfinite(x) & np.isfinite(y)
        if known.sum() < 10:
            continue
        weight = np.ones(int(known.sum()))
        slope, level = 1.0, 0.0
        for _ in range(8):
            mean_x, mean_y = np.average(x[known], weights=weight), np.average(y[known], weights=weight)
            along = x[known] - mean_x
            slope = (weight @ (along * (y[known] - mean_y)) + 1e-4) / (weight @ along**2 + 1e-4)
            level = mean_y - slope * mean_x
            weight = 1 / np.maximum(np.abs(y[known] - slope * x[known] - level), 0.005)
        curve[shot] = y - slope * x - level
    return curve


def _around(change: Array) -> Array:
    """Median over nine frames."""
    padded = np.pad(change, 4, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 9)
    known = np.isfinite(windows).any(1)
    middle = np.full(len(change), np.nan)
    middle[known] = np.nanmedian(windows[known], axis=1)
    return middle


def _middle(colours: Array) -> Array:
    """Median over frames (C, 3) of (T, C, 3), NaN for cells that never face the camera."""
    seen = np.isfinite(colours).any((0, 2))
    middle = np.full(colours.shape[1:], np.nan)
    middle[seen] = np.nanmedian(colours[:, seen], axis=0)
    return middle
