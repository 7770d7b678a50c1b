"""Who plays whom: which plate tracks get which likeness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.faceset import Faceset, face_sizes
from understudy.pipeline.analysis import Analysis
from understudy.pipeline.asked import Asked


@dataclass(frozen=True)
class Role:
    """Plate tracks of one performer, and the clips of the likeness that replaces them."""

    tracks: tuple[int, ...]
    likeness: tuple[Path, ...]

    def faces(self, plate: Faceset) -> Faceset:
        """The plate faces to be replaced, sorted by track and then by frame."""
        mine = plate.select(np.isin(plate.track, self.tracks))
        return mine.select(np.lexsort((mine.frame, mine.track)))


def cast_roles(request: Asked, plate: Analysis, persons: Sequence[int] | None) -> list[Role]:
    """The roles that a request asks for; `persons` numbers each plate track's performer, None where unknown.

    Raises BadInputError for a track that the plate has not.
    """
    known = plate.track_numbers
    if request.assignments:
        for track, _ in request.assignments:
            _require(track, known)
        return [Role((track,), (path,)) for track, path in request.assignments]
    if request.track is not None:
        _require(request.track, known)
        return [Role((request.track,), request.likeness)]
    return [Role(tracks, request.likeness) for tracks in _leads(plate, persons)]


def _leads(plate: Analysis, persons: Sequence[int] | None) -> list[tuple[int, ...]]:
    """The largest face: all tracks of one performer where known, otherwise the largest of each shot."""
    weight = track_weights(plate)
    if persons:
        total: dict[int, float] = {}
        for track, person in zip(plate.track_numbers, persons, strict=True):
            total[person] = total.get(person, 0.0) + weight[track]
        lead = max(total, key=lambda person: total[person])
        pairs = zip(plate.track_numbers, persons, strict=True)
        return [tuple(track for track, person in pairs if person == lead)]
    best: dict[int, int] = {}
    for track in plate.track_numbers:
        shot = plate.shot_of(track)
        if shot not in best or weight[track] > weight[best[shot]]:
            best[shot] = track
    return [(track,) for _, track in sorted(best.items())]


def track_weights(plate: Analysis) -> dict[int, float]:
    """How large each track is: the sum of its face's sizes over its frames."""
    sizes = face_sizes(plate.faces.landmarks)
    return {track: float(sizes[plate.rows_of(track)].sum()) for track in plate.track_numbers}


def likeness_rows(analysis: Analysis, persons: Sequence[int] | None) -> npt.NDArray[np.int64]:
    """Rows of a likeness clip that show its leading face, where that was really seen, ascending."""
    tracks = [track for lead in _leads(analysis, persons) for track in lead]
    faces = analysis.faces
    rows: npt.NDArray[np.int64] = np.flatnonzero(np.isin(faces.track, tracks) & analysis.seen)
    return rows


def _require(track: int, known: Sequence[int]) -> None:
    if track not in known:
        listed = ", ".join(str(number) for number in known)
        raise BadInputError(f"The plate has no track {track}: it has {listed}.")
