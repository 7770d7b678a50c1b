"""What one pass over a plate keeps of every face, to find occluders later without decoding again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.columns import load_columns, save_columns
from understudy.faces.finding.square import Square
from understudy.faces.occlusion.appearance import MAP_SIZE, TEXTURE_SIZE, unwrap
from understudy.faces.occlusion.hands import HAND_COUNT, HAND_POINTS, HandFinder, no_hands
from understudy.faces.sampling import Bytes, sample_square
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine, fit_similarity, invert_affine
from understudy.media.frame import Image

_SIDE = 2.7  # of the square, in distances between the outer eye corners; the face takes 60 to 70 %
_CENTRE = np.array([0.0, 0.33, 0.05])  # on the canonical face

_HAND_VIEW = 256
_HAND_WIDTH = 1.8  # of the hand finder's view, in face squares
_HAND_STRIDE = 8


def face_square(landmarks: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """The (2, 3) matrix `to_map` from frame pixels to the MAP_SIZE square around a face, landmarks (478, 3).

    The square turns with the head's roll, is 2.7 outer-eye-corner distances of the rigid head wide,
    whatever the yaw, and is centred below the nose bridge, so that it moves with the head and not with the
    mouth.
    """
    stable = list(mesh.STABLE)
    fit = fit_similarity(mesh.canonical_face()[stable], landmarks[stable])
    x, y = fit.apply(_CENTRE[None])[0, :2]
    right, down = fit.rotation[:2, 1]
    roll = float(np.arctan2(-right, down))
    return Square(float(x), float(y), _SIDE * float(fit.scale), roll).to_crop(MAP_SIZE)


@dataclass(frozen=True)
class Traces:
    """Traces of consecutive faces of one track, N rows.

    texture  (N, T, T, 4) uint8   the unrolled face, see `appearance.unwrap`
    to_map   (N, 2, 3) float64    frame pixels to the face square, see `face_square`
    hands    (N, 2, 21, 2) float32   hands near the face in frame pixels, NaN where there are none
    """

    texture: npt.NDArray[np.uint8]
    to_map: npt.NDArray[np.float64]
    hands: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.texture)
        shapes = {
            "texture": (n, TEXTURE_SIZE, TEXTURE_SIZE, 4),
            "to_map": (n, 2, 3),
            "hands": (n, HAND_COUNT, HAND_POINTS, 2),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} must be {shape}, got {getattr(self, name).shape}")

    def __len__(self) -> int:
        return len(self.texture)

    def save(self, path: Path) -> None:
        """Write as .npz under a temporary name, then rename."""
        save_columns(path, {f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Traces:
        """Read what `save` wrote. Raises BadInputError for anything else."""
        columns = load_columns(path, [f.name for f in fields(cls)])
        try:
            return cls(**columns)
        except ValueError as error:
            raise BadInputError(f"{path} is damaged ({error}): delete it and run again.") from error


class TraceFiles(Sequence[Traces]):
    """Saved traces of one track in order, each loaded when it is asked for, so that memory stays flat."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = list(paths)

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> Traces: ...
    @overload
    def __getitem__(self, index: slice) -> TraceFiles: ...
    def __getitem__(self, index: int | slice) -> Traces | TraceFiles:
        """One chunk, or some of them still unloaded."""
        if isinstance(index, slice):
            return TraceFiles(self._paths[index])
        return Traces.load(self._paths[index])

    def __iter__(self) -> Iterator[Traces]:
        return (Traces.load(path) for path in self._paths)


class TraceCollector:
    """Takes a chunk of consecutive faces of one track and gives their traces.

    Keeps about 45 KB a face, and 200 KB more where hands are looked for: meant for chunks of some 64 faces.
    Chunks know nothing of each other, so they may be made in any order, again, or elsewhere.
    """

    def __init__(self, hands: HandFinder | None = None) -> None:
        self._hands = hands
        self._textures: list[Bytes] = []
        self._to_map: list[npt.NDArray[np.float64]] = []
        self._views: list[Bytes] = []

    def add(self, image: Image, landmarks: npt.NDArray[np.floating[Any]]) -> None:
        """Take the face with smoothed `landmarks` (478, 3), in frame pixels, from a frame (H, W, 3 or 4)."""
        to_map = face_square(landmarks)
        square = sample_square(image, to_map, MAP_SIZE)
        self._textures.append(unwrap(square, apply_affine(to_map, landmarks)))
        self._to_map.append(to_map)
        if self._hands is not None:
            self._views.append(_hand_view(image, to_map))

    def finish(self) -> Traces:
        """The traces of everything added."""
        textures = np.array(self._textures, np.uint8).reshape(-1, TEXTURE_SIZE, TEXTURE_SIZE, 4)
        to_map = np.array(self._to_map, np.float64).reshape(-1, 2, 3)
        return Traces(textures, to_map, self._find_hands())

    def _find_hands(self) -> npt.NDArray[np.float32]:
        """Look into every eighth frame, and into all frames around those that have a hand."""
        count = len(self._textures)
        hands = np.broadcast_to(no_hands(), (count, HAND_COUNT, HAND_POINTS, 2)).copy()
        if self._hands is None or not count:
            return hands
        probes = sorted({*range(0, count, _HAND_STRIDE), count - 1})
        looked = set(probes)
        for row in probes:
            hands[row] = self._hands.find(self._views[row])
        for probe in [row for row in probes if np.isfinite(hands[row]).any()]:
            for row in range(max(0, probe - _HAND_STRIDE + 1), min(count, probe + _HAND_STRIDE)):
                if row not in looked:
                    looked.add(row)
                    hands[row] = self._hands.find(self._views[row])
        for row, to_map in enumerate(self._to_map):
            hands[row] = apply_affine(invert_affine(_to_hand_view(to_map)), hands[row])
        return hands


def _hand_view(image: Image, to_map: npt.NDArray[np.float64]) -> Bytes:
    """The wide picture around a face in which hands are looked for, from no more pixels than needed."""
    to_view = _to_hand_view(to_map)
    skip = max(1, int(0.6 / np.sqrt(abs(np.linalg.det(to_view[:, :2])))))
    to_view[:, :2] *= skip
    return sample_square(image[::skip, ::skip], to_view, _HAND_VIEW)


def _to_hand_view(to_map: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    scale = _HAND_VIEW / (MAP_SIZE * _HAND_WIDTH)
    view = to_map * scale
    view[:, 2] += (_HAND_VIEW - 1) / 2 - scale * (MAP_SIZE - 1) / 2
    return view
