"""Repaired frames kept to be learned from, beside the own faces of the likeness."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.columns import Columns, load_columns, save_columns

FOLDER = "promoted"
"""Of a project. Nothing there is ever cleared away: it is work."""
WEIGHT = 20.0
"""How often a repaired frame is shown for each time that another face is."""
MOST_WEIGHT = 200.0
_NAMES = ("plate", "place", "weight", "picture", "changed")
_MOST_SIDE = 16384


@dataclass(frozen=True)
class Promoted:
    """A repaired face of one frame.

    plate      hash of the plate's content
    track      whose face, by the plate's track
    frame      of the plate's file
    x, y       where the picture's first pixel lies in the plate's frame
    picture    (h, w, 3) uint8: the face as repaired, in the plate's size
    changed    (h, w) uint8: 255 where it was repaired, 0 where it is as the engine made it
    weight     how much it counts, of another face
    """

    plate: str
    track: int
    frame: int
    x: int
    y: int
    picture: npt.NDArray[np.uint8] = field(repr=False)
    changed: npt.NDArray[np.uint8] = field(repr=False)
    weight: float = WEIGHT

    def save(self, project: Path) -> Path:
        """Keep it in a project, in place of what was kept of that face in that frame. Raises OutputError."""
        path = project / FOLDER / f"{self.plate[:12]}-{self.track}-{self.frame}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        columns: Columns = {
            "plate": np.frombuffer(self.plate.encode(), np.uint8),
            "place": np.array([self.track, self.frame, self.x, self.y], np.int64),
            "weight": np.array(self.weight, np.float64),
            "picture": self.picture,
            "changed": self.changed,
        }
        save_columns(path, columns)
        return path

    @classmethod
    def load(cls, path: Path) -> Promoted:
        """Read what `save` wrote. Raises BadInputError for anything else; pickles are never loaded."""
        columns = load_columns(path, _NAMES)
        plate, place, weight, picture, changed = (columns[name] for name in _NAMES)
        whole = (
            plate.dtype == picture.dtype == changed.dtype == np.uint8
            and plate.ndim == 1
            and place.shape == (4,)
            and place.dtype == np.int64
            and (place >= 0).all()
            and weight.shape == ()
            and 0 < float(weight) <= MOST_WEIGHT
            and picture.ndim == 3
            and picture.shape[2] == 3
            and 0 < min(picture.shape[:2]) <= max(picture.shape[:2]) <= _MOST_SIDE
            and changed.shape == picture.shape[:2]
        )
        if not whole:
            raise BadInputError(f"{path} is not a repaired frame: delete it and promote the frame again.")
        track, frame, x, y = (int(number) for number in place)
        return cls(
            bytes(plate).decode("ascii", "replace"), track, frame, x, y, picture, changed, float(weight)
        )


def promoted_of(project: Path, plate: str, tracks: list[int]) -> tuple[list[Promoted], str]:
    """What was promoted in a project of some tracks of a plate, in order, and a hash of it.

    Raises BadInputError for a damaged file.
    """
    found, digest = [], hashlib.sha256()
    for path in sorted((project / FOLDER).glob(f"{plate[:12]}-*.npz")):
        one = Promoted.load(path)
        if one.plate == plate and one.track in tracks:
            found.append(one)
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return found, digest.hexdigest()
