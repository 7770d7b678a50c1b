"""A finished swap put together again from what its stages have left: its mattes, and the likeness it chose.

Nothing is computed anew but the picture that is asked for, and nothing is written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.engines.base import engine
from understudy.errors import BadInputError
from understudy.faces.columns import load_all_columns
from understudy.geometry.align import apply_affine, fit_similarity
from understudy.geometry.mesh import STABLE
from understudy.pipeline import matching
from understudy.pipeline.cast import Part
from understudy.pipeline.casting import looked_at, open_all
from understudy.pipeline.footage import Footage
from understudy.pipeline.preparing import MODEL, cut_crops, pupils
from understudy.pipeline.rendering import Portrayal, Renderer
from understudy.pipeline.request import request_from_json
from understudy.pipeline.retouch_scene import Swapped
from understudy.pipeline.session import Session
from understudy.pipeline.standing_in import StandIn, taught_before
from understudy.pipeline.studies import Likeness
from understudy.pipeline.workshops import Pupil
from understudy.pixels import to_bytes
from understudy.progress import SilentProgress
from understudy.project.following import FollowedProject, FollowedRun
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage

Bytes = npt.NDArray[np.uint8]
_KEPT = 24


@dataclass(frozen=True)
class Example:
    """What a plate's face was made of.

    picture     (h, w, 3) uint8, cut from the likeness's footage
    landmarks   (478, 3) of the face in it, in its pixels
    """

    picture: Bytes = field(repr=False)
    landmarks: npt.NDArray[np.float64] = field(repr=False)


class Reopened:
    """A finished swap. May be used by several threads. Frames are the plate's."""

    def __init__(self, made: Swapped) -> None:
        """Raises BadInputError where something is gone, or was made by another version."""
        self.made = made
        self._request = request_from_json(made.settings)
        maker = engine(made.engine)
        self._session = Session(
            FollowedProject(made.project), _Done(made.project / "stages"), SilentProgress()
        )
        try:
            self._opened = open_all(self._session, self._request)
            self._cast = looked_at(self._session, self._request, self._opened, learns=maker.learns)
            self.plate: Footage = self._cast.plate.footage
            self._likenesses: list[Likeness] = [likeness for _, likeness in self._cast.roles]
            ready = [
                _part(self._session, made, pupil)
                for pupil in pupils(self._session, self._cast.plate, self._cast.roles)
            ]
            self.parts = tuple(part for part, _ in ready)
            matches = matching.matches(
                _match(made, "-".join(planned for _, planned in ready)), self.plate, self.parts
            )
        except BaseException:
            self.close()
            raise
        self.renderer = Renderer(
            self.parts, matches, made.settings["blend"], int(made.settings.get("seed") or 0)
        )
        self._lock = threading.Lock()
        self._stand_ins: dict[str, StandIn] = {}
        self.matte: Callable[[int], Bytes] = lru_cache(_KEPT)(self._matte)

    def stand_in(self, name: str, frames: Iterable[int]) -> Portrayal:
        """Another engine, for some frames of the plate. Raises BadInputError where it was not made ready."""
        with self._lock:
            if name not in self._stand_ins:
                learns, cast = engine(name).learns, self._cast
                if learns != engine(self.made.engine).learns:
                    cast = looked_at(self._session, self._request, self._opened, learns=learns)
                self._stand_ins[name] = StandIn(self._session, name, cast, taught_before(self._session))
            self._stand_ins[name].measure(frames)
            return self._stand_ins[name].portrayal

    def close(self) -> None:
        """Release the clips."""
        self._session.__exit__(None, None, None)

    def _matte(self, frame: int) -> Bytes:
        """How much of a frame was replaced, (H, W), 255 for all, in the plate's size."""
        with self._lock:
            matte = self.renderer.matte(self.plate.clip.read(frame))
        return np.asarray(np.round(255 * matte), np.uint8)

    def example(self, frame: int, track: int | None = None) -> Example | None:
        """The likeness's picture that gave most of a face in a frame, the largest unless a track is given."""
        best: tuple[float, Part, Likeness, int] | None = None
        for part, likeness in zip(self.parts, self._likenesses, strict=True):
            for row in part.rows_of(frame).tolist():
                if track is None or int(part.faces.track[row]) == track:
                    size = float(np.ptp(part.faces.landmarks[row][:, 1]))
                    if best is None or size > best[0]:
                        best = size, part, likeness, row
        if best is None:
            return None
        _, part, likeness, row = best
        chosen = part.model.example(row)
        crop = part.crops[chosen]
        landmarks = apply_affine(crop.to_crop, likeness.faces.faces.landmarks[chosen])
        return Example(to_bytes(crop.image), landmarks)

    def example_in_place(self, frame: int) -> Bytes:
        """That picture laid over the plate's face, (H, W, 3) in the plate's size, black around it."""
        info = self.plate.info
        out = np.zeros((info.height, info.width, 3), np.uint8)
        found = self.example(frame)
        face = self._face(frame)
        if found is None or face is None:
            return out
        fit = fit_similarity(found.landmarks[list(STABLE), :2], face[list(STABLE), :2])
        matrix = np.column_stack([fit.scale * fit.rotation, fit.translation])
        return np.asarray(
            cv2.warpAffine(found.picture, matrix, (info.width, info.height), flags=cv2.INTER_LINEAR), np.uint8
        )

    def _face(self, frame: int) -> npt.NDArray[Any] | None:
        faces = [part.faces.landmarks[row] for part in self.parts for row in part.rows_of(frame)]
        return max(faces, key=lambda points: float(np.ptp(points[:, 1])), default=None)


class _Done(FollowedRun):
    """A run whose stages are there, or are missed."""

    def stage(self, recipe: Recipe, work: Callable[[Stage], int | None]) -> Stage:
        """The stage of `recipe`. Raises BadInputError where it is not done."""
        del work
        stage = Stage(self._stages, recipe)
        if not stage.done:
            raise BadInputError(
                f"What the swap found ({recipe.stage}) is gone, was found by another version, or was never "
                "looked for."
            )
        return stage


def _part(session: Session, made: Swapped, pupil: Pupil) -> tuple[Part, str]:
    """A role as the film was drawn, or as it was made ready since, and what names its plan."""
    used = {"likeness": pupil.likeness.digest, "motion": pupil.digest}
    others = False
    for name in ("plan", "learn"):
        for stage in made.stages(name, later=True):
            recipe = stage.recipe
            if (recipe.parameters["engine"], list(recipe.parameters["tracks"])) != (
                made.engine,
                pupil.tracks,
            ):
                continue
            if {key: recipe.inputs.get(key) for key in used} != used:
                others = True
                continue
            columns = load_all_columns(stage.path(MODEL), mapped=name == "plan")
            model = engine(made.engine).load(columns)
            crops = cut_crops(session, pupil.likeness, model, recipe.hash)
            return Part(pupil.faces, model, crops, pupil.occlusions), recipe.hash
    if others:
        raise BadInputError("Faces were chosen, or landmarks put right, since this film was made.")
    raise BadInputError("What the swap planned is gone.")


def _match(made: Swapped, parts: str) -> Stage:
    """What the faces of these parts take on."""
    for stage in made.stages("match", later=True):
        if dict(stage.recipe.inputs) == {"parts": parts} and not stage.recipe.parameters and stage.done:
            return stage
    raise BadInputError("What the swap measured of light and grain is gone.")
