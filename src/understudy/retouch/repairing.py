"""Edits applied to a frame: a pure function of the scene, the frame's number, the edits and their patches."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.align import fit_similarity, rotation_angle
from understudy.pixels import Floats, to_float
from understudy.retouch.canvas import NOWHERE, Area, eye_distance
from understudy.retouch.edits import MASKED, PAINTED, Edit, Key, Operation
from understudy.retouch.holding import hold
from understudy.retouch.moving import nudge, turn_eyes
from understudy.retouch.painting import Placed, matte_of, painted
from understudy.retouch.patch import Patches
from understudy.retouch.registering import Lie, lie
from understudy.retouch.reworking import reworked
from understudy.retouch.scene import Image, Moment, Scene, store

_REMEMBERED = 512
"""Places of patches in frames that are kept: an artist goes to and fro over a few seconds."""
_POSE = 30.0
"""Between two keyframes, the one whose head was turned by that many degrees less counts e times as much."""


@dataclass(frozen=True)
class Repaired:
    """A frame with its edits, and the areas outside of which it is the film's to the bit, by edit."""

    image: Image = field(repr=False)
    areas: Mapping[str, Area]

    @property
    def area(self) -> Area:
        """All of them together."""
        whole = NOWHERE
        for each in self.areas.values():
            whole = whole.joined(each)
        return whole


class Repairer:
    """Applies edits, and remembers where patches lie. One object serves several threads."""

    def __init__(self, scene: Scene, patches: Patches) -> None:
        self.scene, self.patches = scene, patches
        self._lies: OrderedDict[tuple[str, int, int, str], Lie | None] = OrderedDict()
        self._lock = Lock()

    def repaired(self, frame: int, edits: Sequence[Edit], image: Image | None = None) -> Repaired:
        """The frame with `edits` applied, in order; `image` is what they are applied to where it is not the
        film's own frame, such as what was just composited.
        """
        out = film = self.scene.result(frame) if image is None else image
        areas: dict[str, Area] = {}
        before = "" if image is None else "drawn"
        for edit in edits:
            strength = edit.strength_at(frame)
            landmarks = self.scene.landmarks(edit.track, frame) if strength > 0 else None
            if landmarks is not None and edit.operation is not Operation.SETTINGS:
                if out is film:
                    out = np.array(film[..., :3])
                moment = Moment(self.scene, frame, landmarks, out, film)
                areas[edit.id] = self._apply(moment, edit, strength, before)
            before = hashlib.sha256((before + edit.model_dump_json(exclude={"note"})).encode()).hexdigest()
        return Repaired(out[..., :3], areas)

    def _apply(self, moment: Moment, edit: Edit, strength: float, before: str) -> Area:
        if edit.operation not in MASKED:
            return WHOLE[edit.operation](moment, edit, strength, self.patches)
        keys = [
            (self.patches[key.patch or ""], share, self._lie(moment, edit, key, before))
            for key, share in self._shares(edit, moment.frame)
        ]
        placed = [Placed(patch, share, where) for patch, share, where in keys if where is not None]
        area = NOWHERE
        for each in placed:
            area = area.joined(each.lie.area)
        if not area.empty:
            region = to_float(moment.image[area.within])
            store(self._region(moment, edit, placed, region, area, strength), region, moment.image, area)
        return area

    def _region(
        self,
        moment: Moment,
        edit: Edit,
        placed: Sequence[Placed],
        region: Floats,
        area: Area,
        strength: float,
    ) -> Floats:
        unit = eye_distance(moment.landmarks)
        if edit.operation in PAINTED:
            return painted(region, area, placed, strength, unit)
        matte = strength * matte_of(placed, area)
        match edit.operation:
            case Operation.SHOW_PLATE:
                other = to_float(moment.scene.plate(moment.frame)[area.within])
            case Operation.SHOW_RESULT:
                other = to_float(moment.film[area.within])
            case _:
                other = reworked(region, edit, moment.frame, unit)
        return np.asarray(region + matte[..., None] * (other - region), np.float32)

    def _shares(self, edit: Edit, frame: int) -> list[tuple[Key, float]]:
        """The keys of an edit that count at a frame, nearer in time and in pose."""
        keys = edit.around(frame)
        if len(keys) == 1:
            return list(keys)
        here = self.scene.landmarks(edit.track, frame)
        weights = []
        for key, share in keys:
            there = self.scene.landmarks(edit.track, key.frame)
            turned = 0.0 if here is None or there is None else _turn(here, there)
            weights.append(share * float(np.exp(-turned / _POSE)))
        total = max(sum(weights), 1e-9)
        return [(key, weight / total) for (key, _), weight in zip(keys, weights, strict=True)]

    def _lie(self, moment: Moment, edit: Edit, key: Key, before: str) -> Lie | None:
        name = (key.patch or "", edit.track, moment.frame, before)
        with self._lock:
            if name in self._lies:
                self._lies.move_to_end(name)
                return self._lies[name]
        found = lie(self.patches[key.patch or ""], moment.landmarks, moment.image)
        with self._lock:
            self._lies[name] = found
            while len(self._lies) > _REMEMBERED:
                self._lies.popitem(last=False)
        return found


def _turn(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Degrees between two heads (478, 3)."""
    stable = list(mesh.STABLE)
    return float(rotation_angle(np.eye(3), fit_similarity(one[stable], other[stable]).rotation))


WHOLE: dict[Operation, Callable[[Moment, Edit, float, Patches], Area]] = {
    Operation.NUDGE: nudge,
    Operation.GAZE: turn_eyes,
    Operation.HOLD: hold,
}
"""Operations that are not done through a matte: each changes the moment's image and says where."""
