"""Pictures of a scored clip: frames evenly spread, and where the figures are worst."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.atomic import replacing
from understudy.benchmark.figures import FIGURES
from understudy.benchmark.likeness_sample import LikenessSample
from understudy.benchmark.records import Clips, Strip
from understudy.benchmark.summary import Score
from understudy.measures.performance import head_pose, without_pose
from understudy.measures.picture import interocular
from understudy.media import Clip, open_clip
from understudy.pixels import to_bytes

Array = npt.NDArray[Any]
TILE = 256
AMPLIFIED = 2
_EVEN = 6
_WORST = (
    "psnr_face_fitted",
    "psnr_eyes_fitted",
    "psnr_mouth_fitted",
    "flicker",
    "seam",
    "gaze",
    "mouth",
    "painted_over",
)
_AROUND = 2.6
_QUALITY = 88
_EXPRESSION = 4.0
"""What a difference in expression weighs beside one in pose, when a likeness's face is looked for."""


@dataclass(frozen=True)
class Pick:
    """A frame to be shown, and why."""

    frame: int
    caption: str
    worst: bool = False


def even_frames(landmarks: Array, count: int = _EVEN) -> list[Pick]:
    """`count` frames with a face, evenly spread."""
    faces = np.flatnonzero(~np.isnan(landmarks[:, 0, 0]))
    if not len(faces):
        return []
    rows = np.unique(faces[np.linspace(0, len(faces) - 1, count).astype(int)])
    return [Pick(int(row), f"frame {row}") for row in rows]


def worst_frames(curves: dict[str, Array]) -> list[Pick]:
    """The worst frame of each figure that says most, each frame once."""
    wanted = {figure.curve: figure for figure in reversed(FIGURES) if figure.curve in _WORST}
    picks: dict[int, list[str]] = {}
    for name in _WORST:
        figure, curve = wanted[name], curves.get(name)
        if curve is None or not np.isfinite(curve).any():
            continue
        row = int(np.nanargmax(figure.badness(curve)))
        picks.setdefault(row, []).append(f"{figure.title} {figure.text(curve[row])}")
    return [Pick(row, f"frame {row}: " + ", ".join(why), worst=True) for row, why in picks.items()]


def write_strips(folder: Path, clips: Clips, score: Score) -> tuple[Strip, ...]:
    """A JPEG a frame, around the face: likeness, plate, result, truth, difference, from top to bottom.

    The difference is twice result minus truth, on grey; minus plate where the truth is not known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {"plate": clips.plate, "result": clips.result, "truth": clips.truth}
    strips = []
    with ExitStack() as stack:
        opened = {
            role: stack.enter_context(open_clip(path)) for role, path in files.items() if path is not None
        }
        own = {path: stack.enter_context(open_clip(path)) for path in clips.likeness}
        for pick in (*even_frames(score.landmarks), *worst_frames(score.curves)):
            shown = _likeness(own, score.likeness, score.landmarks[pick.frame])
            shown |= _frame(opened, pick.frame, score.landmarks[pick.frame])
            path = folder / f"{pick.frame:06}{'-worst' if pick.worst else ''}.jpg"
            _write_jpeg(path, np.vstack(list(shown.values())))
            strips.append(Strip(picture=path, rows=tuple(shown), **asdict(pick)))
    return tuple(strips)


def _frame(opened: dict[str, Clip], frame: int, points: Array) -> dict[str, Array]:
    """The tiles of one frame by name."""
    tiles = {role: _tile(clip, frame, points) for role, clip in opened.items()}
    apart = tiles["result"].astype(np.int16) - tiles.get("truth", tiles["plate"])
    difference = np.clip(128 + AMPLIFIED * apart, 0, 255).astype(np.uint8)
    return tiles | {f"difference × {AMPLIFIED}": difference}


def _likeness(own: dict[Path, Clip], likeness: LikenessSample | None, points: Array) -> dict[str, Array]:
    """The tile of the likeness's face whose pose and expression are nearest, if there is any."""
    if likeness is None or not likeness.places:
        return {}
    faces = np.concatenate([likeness.landmarks, points[None]])
    turn, shape = head_pose(faces).rotation, without_pose(faces)[..., :2]
    apart = np.linalg.norm(turn[:-1] - turn[-1], axis=(1, 2))
    apart = apart + _EXPRESSION * np.linalg.norm(shape[:-1] - shape[-1], axis=-1).mean(-1)
    row = int(apart.argmin())
    path, frame = likeness.places[row]
    return {"likeness": _tile(own[path], frame, likeness.landmarks[row])}


def _tile(clip: Clip, frame: int, landmarks: Array) -> Array:
    """The square around a face."""
    picture = to_bytes(clip.read(frame).image)
    middle = landmarks[:, :2].mean(0)
    scale = TILE / (_AROUND * float(interocular(landmarks)))
    matrix = np.array([[scale, 0, TILE / 2 - scale * middle[0]], [0, scale, TILE / 2 - scale * middle[1]]])
    if scale < 0.5:
        picture = cv2.blur(picture, (int(1 / scale), int(1 / scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.warpAffine(picture, matrix, (TILE, TILE), flags=method, borderMode=cv2.BORDER_REPLICATE)


def _write_jpeg(path: Path, picture: Array) -> None:
    flags = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(picture[..., ::-1]), flags)
    with replacing(path) as part:
        part.write_bytes(data.tobytes())
