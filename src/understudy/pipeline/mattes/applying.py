"""A learned matte given to a plate, and taken away again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from understudy.faces.occlusion.solving import Occlusion
from understudy.pipeline.mattes.given import give, take_away
from understudy.pipeline.mattes.plates import PlateRequest, at_work, look
from understudy.pipeline.preparing import observe
from understudy.progress import Progress


@dataclass(frozen=True)
class MatteApplied:
    """What came of it: the tracks that were gone through, and what share of their faces is covered.

    alone   what was found without training has no part in that
    """

    plate: Path
    tracks: tuple[int, ...]
    covered: float
    alone: bool
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return vars(self) | {"plate": str(self.plate), "warnings": list(self.warnings)}


def apply_matte(
    request: PlateRequest, *, alone: bool = False, progress: Progress | None = None
) -> MatteApplied:
    """Give a plate the matte that was trained in its project, and go through the faces that are meant.

    Other faces are gone through when they are swapped. Raises BadInputError where nothing was trained.
    """
    with at_work(request.project, "matte apply", request.to_json() | {"alone": alone}, progress) as session:
        looked = look(session, request)
        give(session.project.folder, looked.plate.footage, alone=alone)
        faces = observe(session, looked.plate, list(looked.tracks))
        share = _covered_share(faces.occlusions)
        return MatteApplied(request.plate, looked.tracks, share, alone, tuple(session.warnings))


def remove_matte(project: Path, plate: Path, progress: Progress | None = None) -> bool:
    """Take a plate's learned matte away: swaps are as they were before. False where it had none."""
    with at_work(project, "matte remove", {"plate": str(plate)}, progress) as session:
        return take_away(session.project.folder, session.open(plate))


def _covered_share(occlusions: Mapping[int, Occlusion]) -> float:
    """On what share of the faces something stands before them."""
    slots = [each.slot for each in occlusions.values()]
    every = np.concatenate([np.zeros(0, np.int32), *slots])
    return float((every >= 0).mean()) if len(every) else 0.0
