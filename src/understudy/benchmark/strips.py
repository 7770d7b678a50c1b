"""Pictures of a scored clip: frames evenly spread, and where the figures are worst."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
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
    picks = [*even_frames(score.landmarks), *worst_frames(score.curves)]
    strips = []
    with ExitStack() as stack:
        plate, result = (stack.enter_context(open_clip(path)) for path in (clips.plate, clips.result))
        truth = None if clips.truth is None else stack.enter_context(open_clip(clips.truth))
        for pick in picks:
            points = score.landmarks[pick.frame]
            if np.isnan(points).any():
                continue
            shown = {"plate": _tile(plate, pick.frame, points), "result": _tile(result, pick.frame, points)}
            if truth is not None:
                shown["truth"] = _tile(truth, pick.frame, points)
            shown[f"difference × {AMPLIFIED}"] = _difference(
                shown["result"], shown.get("truth", shown["plate"])
            )
            own = _likeness(score.likeness, points)
            if own is not None:
                shown = {"likeness": own, **shown}
            path = folder / f"{pick.frame:06}{'-worst' if pick.worst else ''}.jpg"
            _write_jpeg(path, np.vstack(list(shown.values())))
            strips.append(
                Strip(
                    frame=pick.frame, caption=pick.caption, picture=path, rows=tuple(shown), worst=pick.worst
                )
            )
    return tuple(strips)


def _likeness(likeness: LikenessSample | None, points: Array) -> Array | None:
    """The likeness's face whose pose and expression are nearest."""
    if likeness is None or not likeness.places:
        return None
    faces = np.concatenate([likeness.landmarks, points[None]])
    turn, shape = head_pose(faces).rotation, without_pose(faces)[..., :2]
    apart = np.linalg.norm(turn[:-1] - turn[-1], axis=(1, 2))
    apart = apart + 4 * np.linalg.norm(shape[:-1] - shape[-1], axis=-1).mean(-1)
    row = int(apart.argmin())
    path, frame = likeness.places[row]
    with open_clip(path) as clip:
        return _tile(clip, frame, likeness.landmarks[row])


def _difference(result: Array, other: Array) -> Array:
    return np.clip(128 + AMPLIFIED * (result.astype(np.int16) - other), 0, 255).astype(np.uint8)


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
