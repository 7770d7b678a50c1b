"""A few frames of the likeness's footage: whose face it is, and how sharp its own mouth is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.benchmark.judge import Judge
from understudy.faces.people import identity as network
from understudy.measures.mouth import mouth_detail
from understudy.measures.picture import interocular
from understudy.measures.timing import lips
from understudy.media import open_clip

Array = npt.NDArray[Any]
_FACES = 40
_EMBED_EVERY = 2


@dataclass(frozen=True)
class LikenessSample:
    """N faces of the likeness.

    places      clip and frame of each
    landmarks   (N, 478, 3) in pixels of their own frames
    embeddings  (M, 128) of every other of them; M = 0 without the extra `identity`
    openings    (N,) of the lips, as in `measures.timing.lips`
    details     (N,) of the mouth, as in `measures.mouth.mouth_detail`, at the plate's size of face
    """

    places: tuple[tuple[Path, int], ...]
    landmarks: Array
    embeddings: Array
    openings: Array
    details: Array


def sample(clips: tuple[Path, ...], judge: Judge, face_size: float) -> LikenessSample:
    """Frames spread evenly over all clips, about forty, those without a face left out.

    `face_size` is the inter-ocular distance, in pixels, at which mouths are looked at; NaN: they are not.
    """
    places, landmarks, embeddings, details = [], [], [], []
    share = max(2, _FACES // max(1, len(clips)))
    for path in clips:
        with open_clip(path) as clip:
            for index in np.unique(np.linspace(0, clip.info.frame_count - 1, share).astype(int)):
                image = clip.read(int(index)).image[..., :3]
                square = judge.locate(image)
                points = None if square is None else judge.look(image, square)
                if points is None or np.isnan(points).any():
                    continue
                places.append((path, int(index)))
                landmarks.append(points)
                details.append(_detail_at(image, points, face_size))
                if network.available() and len(places) % _EMBED_EVERY == 1:
                    embeddings.append(network.embed(image, points))
    faces = np.array(landmarks).reshape(-1, 478, 3)
    return LikenessSample(
        tuple(places),
        faces,
        np.array(embeddings).reshape(-1, network.EMBEDDING_SIZE),
        lips(faces) if len(faces) else np.zeros(0),
        np.array(details, np.float64),
    )


def _detail_at(image: Array, points: Array, face_size: float) -> float:
    """The mouth's detail with the picture scaled so that the face has `face_size`."""
    if not np.isfinite(face_size):
        return np.nan
    scale = face_size / float(interocular(points))
    low = np.maximum(np.floor(points[:, :2].min(0)).astype(int) - 8, 0)
    high = np.ceil(points[:, :2].max(0)).astype(int) + 8
    crop = np.ascontiguousarray(image[low[1] : high[1], low[0] : high[0]])
    if not crop.size:
        return np.nan
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=method)
    moved = np.array(points, np.float64)
    moved[:, :2] = (moved[:, :2] - low + 0.5) * scale - 0.5
    moved[:, 2] *= scale
    return mouth_detail(resized, moved)
