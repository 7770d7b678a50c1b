"""The plate's second look: how the faces move, and traces of what stands before them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from understudy.faces.columns import load_columns, save_columns
from understudy.faces.faceset import Faceset
from understudy.faces.occlusion.hands import HandFinder
from understudy.faces.occlusion.solving import Occlusion, solve
from understudy.faces.occlusion.traces import TraceCollector, TraceFiles
from understudy.faces.steadying.by_flow import Motion, steady
from understudy.faces.stretches import Growing, empty, part_of, release, stretches, windows
from understudy.geometry.flow import PointFlow
from understudy.media import Image
from understudy.parallel import ordered_map
from understudy.pipeline.chunks import missing_chunks
from understudy.pipeline.footage import Footage
from understudy.progress import Task
from understudy.project.stage import Stage

Floats = npt.NDArray[np.float32]

CHUNK = 64
_COLUMNS = ("displacement", "trust")
_STEADY = "steady.npz"
_SIGMA = 1.0
_REACH = 4
"""Frames: landmarks that faces are cut out by are smoothed by a Gaussian that ends at four sigmas."""


@dataclass(frozen=True)
class _Step:
    """A frame with the one before it, and the rows of the faces in it."""

    before: Image | None = field(repr=False)
    now: Image = field(repr=False)
    rows: npt.NDArray[np.int64]


class _ThreadFlow(threading.local):
    """One flow engine a thread: it keeps buffers."""

    def __init__(self) -> None:
        self.flow = PointFlow()


class Observer:
    """Goes through the plate once, for the faces to be replaced (`faces`, sorted by frame)."""

    def __init__(self, stage: Stage, plate: Footage, faces: Faceset) -> None:
        self.stage, self.plate, self.faces = stage, plate, faces
        self._reel = plate.reel()
        self.calm = calmed(faces)
        self.before = row_before(faces)
        self._engine = _ThreadFlow()

    def run(self, task: Task) -> int:
        """Make the chunks that are missing; returns the frames gone through."""
        self._drop_incomplete()
        done = 0
        with HandFinder() as hands:
            for index, numbers in missing_chunks(self.stage, self.plate, CHUNK, task):
                self._chunk(index, numbers, hands, task)
                done += len(numbers)
                release(self.faces.landmarks, self.calm)
        self._conclude()
        return done

    def _drop_incomplete(self) -> None:
        """Remove chunks that have lost traces, so that they are made again."""
        for index in range(self.plate.chunk_count(CHUNK)):
            rows = rows_in(self.faces, self.plate.chunk(index, CHUNK))
            names = [_traces_name(int(track), index) for track in np.unique(self.faces.track[rows])]
            if not all(self.stage.path(name).exists() for name in names):
                self.stage.path(self.stage.chunk(index)).unlink(missing_ok=True)

    def _conclude(self) -> None:
        """Put the chunks together: whole tracks say how the faces move and what stands before them."""
        save_columns(self.stage.path(_STEADY), {"landmarks": self._steadied()})
        for track, rows in self.faces.by_track():
            chunks = np.unique((self.faces.frame[rows] - self.plate.first) // CHUNK)
            traces = TraceFiles([self.stage.path(_traces_name(track, int(index))) for index in chunks])
            found = solve(traces, part_of(self.calm, rows))
            found.save(self.stage.path(_occlusion_name(track)))

    def _steadied(self) -> Floats:
        displacement, trust = self._flow()
        landmarks = empty(self.faces.landmarks.shape, np.float32)
        for _, rows in self.faces.by_track():
            motion = Motion(part_of(displacement, rows[1:]), part_of(trust, rows[1:]))
            steadied = steady(part_of(self.faces.landmarks, rows), motion)
            for some in stretches(len(rows), steadied, landmarks):
                landmarks[rows[some]] = steadied[some]
        return landmarks

    def _flow(self) -> tuple[Floats, Floats]:
        displacement, trust = Growing((478, 2), np.float32), Growing((478,), np.float32)
        for path in self.stage.chunks(self.plate.chunk_count(CHUNK)):
            columns = load_columns(path, _COLUMNS)
            displacement.add(columns["displacement"])
            trust.add(columns["trust"])
        return displacement.whole(), trust.whole()

    def _chunk(self, index: int, numbers: range, hands: HandFinder, task: Task) -> None:
        collectors: dict[int, TraceCollector] = {}
        displacement, trust = [], []
        for step, flows in ordered_map(self._flows, self._steps(numbers)):
            for row, (moved, trusted) in zip(step.rows, flows, strict=True):
                collector = collectors.setdefault(int(self.faces.track[row]), TraceCollector(hands))
                collector.add(step.now, self.calm[row])
                displacement.append(moved)
                trust.append(trusted)
            task.advance()
        for track, collector in collectors.items():
            collector.finish().save(self.stage.path(_traces_name(track, index)))
        columns = {
            "displacement": np.asarray(displacement, np.float32).reshape(-1, 478, 2),
            "trust": np.asarray(trust, np.float32).reshape(-1, 478),
        }
        save_columns(self.stage.path(self.stage.chunk(index)), columns)

    def _steps(self, numbers: range) -> Iterator[_Step]:
        lead = max(self.plate.first, numbers.start - 1)
        before: Image | None = None
        for frame in self._reel.frames(range(lead, numbers.stop)):
            if frame.index >= numbers.start:
                yield _Step(before, frame.image, rows_in(self.faces, range(frame.index, frame.index + 1)))
            before = frame.image

    def _flows(self, step: _Step) -> tuple[_Step, list[tuple[Floats, Floats]]]:
        flows = []
        for row in step.rows:
            last = self.before[row]
            if last < 0 or step.before is None:
                flows.append((np.zeros((478, 2), np.float32), np.zeros(478, np.float32)))
                continue
            points = self.faces.landmarks
            flows.append(self._engine.flow.between(step.before, step.now, points[last], points[row]))
        return step, flows


def calmed(faces: Faceset) -> Floats:
    """Landmarks smoothed a little along each track, good enough to cut a face out by."""
    calm = empty(faces.landmarks.shape, np.float32)
    for _, rows in faces.by_track():
        for wanted, seen, inner in windows(len(rows), _REACH, faces.landmarks, calm):
            near = gaussian_filter1d(faces.landmarks[rows[seen]], _SIGMA, axis=0, mode="nearest")
            calm[rows[wanted]] = near[inner]
    return calm


def row_before(faces: Faceset) -> npt.NDArray[np.int64]:
    """For every face the row of the same track one frame earlier, or -1."""
    before = np.full(len(faces), -1, np.int64)
    for _, rows in faces.by_track():
        now = np.flatnonzero(np.diff(faces.frame[rows]) == 1) + 1
        before[rows[now]] = rows[now - 1]
    return before


def rows_in(faces: Faceset, numbers: range) -> npt.NDArray[np.int64]:
    """Rows of the faces in a range of frames; `faces` is sorted by frame."""
    rows = faces.rows_in(numbers.start, numbers.stop)
    return np.arange(rows.start, rows.stop)


def steadied(stage: Stage, faces: Faceset) -> Faceset:
    """The faces with steady landmarks, from a finished observation."""
    columns = load_columns(stage.path(_STEADY), ("landmarks",), mapped=True)
    return faces.with_landmarks(columns["landmarks"])


def occlusions(stage: Stage, faces: Faceset) -> dict[int, Occlusion]:
    """What stands before the faces, by track, from a finished observation."""
    tracks = [int(track) for track in np.unique(faces.track)]
    return {track: Occlusion.load(stage.path(_occlusion_name(track))) for track in tracks}


def _occlusion_name(track: int) -> str:
    return f"occlusion-{track:04}.npz"


def _traces_name(track: int, index: int) -> str:
    return f"traces-{track:04}-{index:05}.npz"
