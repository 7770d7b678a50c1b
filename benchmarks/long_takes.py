"""What memory grows by for every face of a long take: counted without footage, on landmarks that are made up.

    python -m benchmarks.long_takes --faces 5000 50000 --out DIR

A swap of an hour would take a day here; this runs what a swap does with columns as long as the take, stage by
stage, and leaves out what looks at pictures, which keeps a few frames and no more (see `benchmarks.memory`).
One face acts in one take, without a cut. Prints a table: how far above its start (MiB) the resident memory of
each stage was at the highest, and by how much that grows with every face (KiB). Linux only.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from understudy.faces.faceset import Faceset
from understudy.geometry import mesh

Floats = npt.NDArray[np.float32]
CHUNK = 64


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--faces", type=int, nargs=2, default=[5000, 50000], metavar=("FEW", "MANY"))
    parser.add_argument("--likeness", type=int, default=900, help="faces of the likeness")
    parser.add_argument("--out", type=Path, required=True, help="folder for what the stages leave")
    options = parser.parse_args(arguments)
    measured = []
    for count in options.faces:
        folder = options.out / f"take-{count}"
        folder.mkdir(parents=True, exist_ok=True)
        # A process of its own for each: what one has touched may stay resident.
        with multiprocessing.get_context("spawn").Pool(1) as process:
            measured.append(process.apply(rises, (count, options.likeness, folder)))
    print(table(options.faces, measured))


def acting(count: int, seed: int = 0, wide: float = 1.0) -> Iterator[Floats]:
    """Landmarks (64, 478, 3) at a time of a face that talks, blinks, looks around and trembles a little."""
    random = np.random.default_rng(seed)
    shape = mesh.canonical_face() * (wide, 1.0, 1.0)
    course = gaussian_filter1d(random.standard_normal((count + 200, 8)), 8, axis=0)[100:-100]
    course /= course.std(0) + 1e-9
    lower = list(mesh.LIP_LOWER_INNER[1:-1] + mesh.LIP_LOWER_OUTER[1:-1])
    lids = [list(part[1:-1]) for part in (mesh.RIGHT_LID_UPPER, mesh.RIGHT_LID_LOWER)]
    for begin in range(0, count, CHUNK):
        mouth, blink, gaze, yaw, pitch, roll, x, y = course[begin : begin + CHUNK].T
        points = np.repeat(shape[None], len(mouth), axis=0)
        points[:, lower, 1] += 0.05 * np.maximum(mouth, 0.0)[:, None]
        shut = np.clip(blink - 1.5, 0.0, 1.0)[:, None, None]
        points[:, lids[0]] += shut * (points[:, lids[1]] - points[:, lids[0]])
        points[:, list(mesh.RIGHT_IRIS + mesh.LEFT_IRIS), 0] += 0.02 * gaze[:, None]
        posed = 180.0 * np.einsum("nij,nvj->nvi", _turned(12 * yaw, 6 * pitch, 5 * roll), points)
        posed[..., 0] += 900.0 + 40.0 * x[:, None]
        posed[..., 1] += 500.0 + 30.0 * y[:, None]
        yield (posed + random.normal(0, 0.3, posed.shape)).astype(np.float32)


def _turned(*degrees: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rotations (n, 3, 3) by yaw, pitch and roll."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_euler("yxz", np.stack(degrees, 1), degrees=True).as_matrix())


def faces_of(landmarks: Floats, first: int = 0, track: int = 0) -> Faceset:
    """A faceset of one face a frame."""
    count = len(landmarks)
    return Faceset(
        frame=np.arange(first, first + count, dtype=np.int32),
        track=np.full(count, track, np.int32),
        landmarks=landmarks,
        score=np.full(count, 0.9, np.float32),
        found=np.zeros(count, np.uint8),
        light=np.random.default_rng(first).normal(0, 0.1, (count, 2)).astype(np.float32),
    )


def rises(count: int, likeness: int, folder: Path) -> dict[str, float]:
    """By stage, how far the resident memory rose above what it was before the first one, MiB."""
    from understudy.faces.stretches import kept_in

    take = LongTake(count, likeness, folder)
    take.warm_up()
    before = _resident("VmRSS")
    found = {}
    with kept_in(folder):
        for stage in take.stages:
            Path("/proc/self/clear_refs").write_text("5")
            begun = time.process_time()
            stage()
            found[stage.__name__] = _resident("VmHWM") - before
            print(f"{count} faces, {stage.__name__}: {time.process_time() - begun:.0f} s", flush=True)
    return found


def _resident(name: str) -> float:
    status = Path("/proc/self/status").read_text("ascii")
    found = re.search(rf"{name}:\s+(\d+)", status)
    assert found is not None
    return int(found[1]) / 1024


class LongTake:
    """One face in one take, and what the stages of a swap do with it."""

    def __init__(self, count: int, likeness: int, folder: Path) -> None:
        from understudy.pipeline.footage import Footage

        self.count, self.folder = count, folder
        self.footage = Footage(_Unseen(count), 0, count, "made-up")
        self.likeness = faces_of(np.concatenate(list(acting(likeness, seed=1, wide=1.05))))

    def warm_up(self) -> None:
        """Load what each stage needs in any case: modules, compiled code, models."""
        from understudy.faces.finding.reading import FaceReader

        few = LongTake(CHUNK, CHUNK, self.folder / "warm")
        few.folder.mkdir(exist_ok=True)
        for stage in few.stages:
            stage()
        FaceReader().close()

    @property
    def stages(self) -> tuple[Callable[[], None], ...]:
        """In their order; each goes on from the one before."""
        return self.track, self.observe, self.plan, self.match, self.render

    def stage(self, name: str) -> Any:
        """A stage's folder."""
        from understudy.project.recipe import Recipe
        from understudy.project.stage import Stage

        stage = Stage(self.folder, Recipe(name, 1, {"faces": self.count}))
        stage.folder.mkdir(parents=True, exist_ok=True)
        return stage

    def track(self) -> None:
        """From what each frame shows by itself to tracks: linking, going back for missed faces, saving."""
        from understudy.faces.finding.survey import Survey
        from understudy.faces.tracking.completing import TrackedFaces, complete

        def surveys() -> Iterator[Survey]:
            grey = np.full((CHUNK, 36, 64, 3), 128, np.uint8)
            for index, landmarks in enumerate(acting(self.count)):
                faces = faces_of(landmarks, index * CHUNK, -1)
                yield Survey(index * CHUNK, faces, grey[: len(landmarks)])

        path = self.stage("faces").path("tracks.npz")
        complete(self.footage.clip, surveys()).save(path)
        self.faces = TrackedFaces.load(path).faces

    def observe(self) -> None:
        """Flow and traces of all chunks put together: steady landmarks, and what stands before the face."""
        from understudy.pipeline import motion

        stage = self.stage("motion")
        observer = motion.Observer(stage, self.footage, self.faces)
        self._leave_flow(stage)
        observer._conclude()
        self.faces = motion.steadied(stage, self.faces)
        self.occlusions = motion.occlusions(stage, self.faces)

    def _leave_flow(self, stage: Any) -> None:
        """The chunks that a second look at the plate leaves; traces are the same again and again."""
        from understudy.faces.columns import save_columns
        from understudy.faces.occlusion.appearance import TEXTURE_SIZE
        from understudy.faces.occlusion.traces import Traces, face_square
        from understudy.faces.stretches import release

        random = np.random.default_rng(0)
        traces = None
        for index in range(self.footage.chunk_count(CHUNK)):
            rows = slice(index * CHUNK, min((index + 1) * CHUNK, self.count))
            near = self.faces.landmarks[max(0, rows.start - 1) : rows.stop, :, :2]
            steps = np.diff(near, axis=0, prepend=near[:1] if index == 0 else near[:0])
            columns = {"displacement": steps, "trust": np.ones(steps.shape[:2], np.float32)}
            save_columns(stage.path(stage.chunk(index)), columns)
            release(self.faces.landmarks)
            path = stage.path(f"traces-0000-{index:05}.npz")
            if traces is None or len(steps) != CHUNK:
                texture = random.integers(110, 130, (len(steps), TEXTURE_SIZE, TEXTURE_SIZE, 4), np.uint8)
                texture[..., 3] = 255
                texture[10:30, 45:70, 15:40, :3] = 15  # something dark before a cheek
                squares = np.stack([face_square(points) for points in self.faces.landmarks[rows]])
                hands = np.full((len(steps), 2, 21, 2), np.nan, np.float32)
                Traces(texture, squares, hands).save(path)
                traces = path if len(steps) == CHUNK else traces
            elif not path.exists():
                os.link(traces, path)

    def plan(self) -> None:
        """Which likeness frames to show."""
        from understudy.engines.base import LikenessFaces
        from understudy.engines.warp import WarpEngine
        from understudy.faces.columns import load_all_columns, save_columns

        clips = np.zeros(len(self.likeness), np.int32)
        path = self.stage("plan").path("model.npz")
        save_columns(path, WarpEngine().fit(LikenessFaces(self.likeness, clips), self.faces).save())
        self.columns = load_all_columns(path, mapped=True)
        self.model = WarpEngine().load(self.columns)

    @property
    def part(self) -> Any:
        """The face, ready to be drawn but for pictures of the likeness."""
        from understudy.pipeline.cast import Part

        return Part(self.faces, self.model, {}, self.occlusions, tuple(self.columns.values()))

    def match(self) -> None:
        """Light and grain, steady along the take, from what was measured of every chunk."""
        from understudy.compositing import light
        from understudy.faces.columns import save_columns
        from understudy.pipeline import matching

        stage = self.stage("match")
        for index in range(self.footage.chunk_count(CHUNK)):
            rows = np.arange(index * CHUNK, min((index + 1) * CHUNK, self.count), dtype=np.int32)
            columns = {
                "part": np.zeros(len(rows), np.int32),
                "row": rows,
                "left": np.tile(np.eye(light.TERMS) * 100.0, (len(rows), 1, 1)),
                "right": np.ones((len(rows), light.TERMS, 3)),
                "detail": np.where(rows[:, None] % 12, np.nan, 0.5) * np.ones(3),
            }
            save_columns(stage.path(stage.chunk(index)), columns)
        self.matches = matching.matches(stage, self.footage, [self.part])

    def render(self) -> None:
        """What drawing reads of each frame's face."""
        from understudy.pipeline.cast import appearances

        part = self.part
        for frame in range(self.count):
            for face in appearances([part], frame, 1920, 1080):
                seen = (part.faces.landmarks, *(self.columns[name] for name in ("target", "plate", "inside")))
                assert all(np.isfinite(column[face.row]).all() for column in seen)
                assert np.isfinite(self.matches[0, face.row].light).all()
                self.occlusions[0].of_face(part.place_of(face.row))
            if frame % 48 == 0:
                part.release()


class _Unseen:
    """A clip of which nobody looks at a frame."""

    fault = None
    files: tuple[Path, ...] = ()

    def __init__(self, count: int) -> None:
        from understudy.media.frame import ClipInfo

        pts = np.arange(count, dtype=np.int64)
        rate = Fraction(25)
        self.info = ClipInfo(Path("unseen.mp4"), 1920, 1080, rate, 1 / rate, pts, "none", "rgb24", 8)

    def frames(self, start: int, stop: int) -> Iterator[Any]:
        assert start >= stop
        return iter(())

    read: Callable[[int], Any]

    def close(self) -> None: ...


def table(faces: list[int], measured: list[dict[str, float]]) -> str:
    """Stages by lengths, as Markdown."""
    few, many = faces
    lines = [f"| MiB above the start | {few} faces | {many} faces | KiB a face | MiB for an hour (90 000) |"]
    lines.append("|---|---:|---:|---:|---:|")
    for name, low in measured[0].items():
        high = measured[1][name]
        slope = (high - low) * 1024 / (many - few)
        lines.append(
            f"| {name} | {low:.0f} | {high:.0f} | {slope:.2f} | {low + slope * (90_000 - few) / 1024:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
