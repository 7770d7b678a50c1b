"""Learns the table `src/understudy/engines/warp/rest_fields.csv` from the digital performers.

    python -m benchmarks.rest_fields --film FOLDER

Every performer of the cast plays one take (filmed into FOLDER, where what is there is used again), the
landmarker looks at it, and the head-space shapes are regressed on what was played and on how far the head was
turned. It takes some ten minutes on 2 quiet cores.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from understudy.atomic import replacing
from understudy.engines.warp import rest
from understudy.engines.warp.shape import to_head_space
from understudy.geometry import mesh
from understudy.media.fresh import write_clip
from understudy.performers import Performance
from understudy.performers.cast import cast
from understudy.pipeline.session import Session
from understudy.pipeline.studies import study
from understudy.progress import SilentProgress
from understudy.project.folder import Project
from understudy.takes.take import Take

Array = npt.NDArray[np.float64]

TAKE = Performance(seed=501, yaw=35, pitch=12, lighting=0.4)
FRAMES = range(0, 200, 4)
_STRENGTHS = ("jaw", "smile", "pucker", "stretch", "brow_raise", "blink")
_NUISANCE = ("brow_lower",)
"""Nearly raised brows backwards: explained here, but no act of its own."""
_MIRRORED = np.array([-1.0, 1.0, 1.0])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--film", type=Path, required=True, help="folder for the clips of the performers")
    parser.add_argument("--out", type=Path, default=Path(rest.__file__).with_name("rest_fields.csv"))
    options = parser.parse_args(arguments)
    options.film.mkdir(parents=True, exist_ok=True)
    fields = learned(list(watched(options.film)))
    write(fields, options.out)


def watched(folder: Path) -> Iterator[tuple[Array, Array]]:
    """Of every performer: landmarks (N, 478, 3), and what was played (N, 9)."""
    for performer in cast():
        clip = folder / f"{performer.name}.mkv"
        if not clip.exists():
            take = Take(performer, TAKE, FRAMES.stop, 512)
            pictures = (picture.image for _, picture in take.pictures(FRAMES, SilentProgress()))
            write_clip(clip, pictures, width=512, height=512, rate=Fraction(25), codec="ffv1")
        out = folder / f"{performer.name}.mp4"
        with (
            TemporaryDirectory() as home,
            Project(Path(home)) as project,
            project.run("swap", {}, out) as run,
        ):
            session = Session(project, run, SilentProgress())
            faces = study(session, session.open(clip), "performer").analysis.faces
        yield faces.landmarks.astype(np.float64), played()[faces.frame]


def played() -> Array:
    """Strengths, then gaze in radians, right and down, of every frame of the take."""
    acts = [TAKE.moment(frame).expression for frame in FRAMES]
    strengths = [[getattr(act, name) for name in _STRENGTHS + _NUISANCE] for act in acts]
    return np.hstack([strengths, np.radians([act.gaze for act in acts])])


def learned(clips: list[tuple[Array, Array]]) -> Array:
    """The fields (10, 478, 3), each its own mirror image, by least squares within every clip."""
    shapes, causes = [], []
    for landmarks, acts in clips:
        heads = to_head_space(landmarks)
        cause = np.hstack([acts, rest.turns(heads.pose.rotation)])
        sideways = np.ones(cause.shape[1])
        sideways[[len(_STRENGTHS + _NUISANCE), -2]] = -1.0
        for points, by in (
            (heads.points[:], cause),
            ((heads.points[:] * _MIRRORED)[:, mesh.mirror_index()], cause * sideways),
        ):
            shapes.append((points - points.mean(0)).reshape(len(points), -1))
            causes.append(by - by.mean(0))
    design = np.concatenate(causes)
    normal = design.T @ design + 1e-2 * np.eye(design.shape[1])
    fields = np.linalg.solve(normal, design.T @ np.concatenate(shapes))
    kept = np.delete(fields, len(_STRENGTHS), axis=0)
    return kept.reshape(-1, mesh.VERTEX_COUNT, 3)


def write(fields: Array, path: Path) -> None:
    """One line a vertex, field after field x, y, z, in ten-thousandths of head space's unit."""
    rows = np.round(1e4 * fields.swapaxes(0, 1).reshape(mesh.VERTEX_COUNT, -1)).astype(int)
    with replacing(path) as part:
        part.write_text("".join(",".join(map(str, row)) + "\n" for row in rows.tolist()))


if __name__ == "__main__":
    main()
