"""Settings of ranges seen before the film is written: faces composited anew from the plate when asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.compositing.adjusting import Adjustment
from understudy.compositing.composite import MARGIN
from understudy.errors import BadInputError
from understudy.pipeline.rendering import AS_USUAL, Wish
from understudy.pipeline.reopening import Reopened
from understudy.pipeline.retouch_scene import FilmScene
from understudy.pipeline.wishing import frames_by_engine, wish_of
from understudy.pixels import to_float
from understudy.retouch.canvas import NOWHERE, Area
from understudy.retouch.edits import Edit, Operation

_KEPT = 48
Picture = npt.NDArray[Any]


class Recompositor:
    """Faces of a film put in as settings want it. For several threads. Frames are the film's.

    `reopen` gives what the swap has left, or raises BadInputError: then nothing is seen of settings.
    """

    def __init__(self, scene: FilmScene, reopen: Callable[[], Reopened]) -> None:
        self._scene, self._reopen = scene, reopen
        self._known: OrderedDict[Any, tuple[Area, Picture]] = OrderedDict()
        self._lock = Lock()

    def seen(self, frame: int, edits: Sequence[Edit]) -> tuple[Picture, dict[str, Area]] | None:
        """The film's frame with settings, and the areas of the edits that have a say in it; None where none
        has. Raises BadInputError where that cannot be drawn.
        """
        wishes = self._wishes(frame, edits)
        if not wishes:
            return None
        area, patch = self._patch(frame, wishes)
        image = np.array(self._scene.result(frame))
        image[area.within] = patch
        areas = {
            edit.id: area
            for edit in edits
            if edit.operation is Operation.SETTINGS and edit.track in wishes and edit.strength_at(frame) > 0
        }
        return image, areas

    def lacks(self, edits: Sequence[Edit]) -> str | None:
        """Why nothing, or not all, is seen of settings, as one sentence; None where all is."""
        if not any(edit.operation is Operation.SETTINGS for edit in edits):
            return None
        try:
            swap = self._reopen()
        except BadInputError as error:
            return str(error)
        begin = self._scene.made.begin
        for name, frames in frames_by_engine(edits, self._scene.made.engine).items():
            try:
                swap.stand_in(name, (frame + begin for frame in frames))
            except BadInputError:
                return f"The engine {name} was not made ready for this range: it shows when it is."
        return None

    def _wishes(self, frame: int, edits: Sequence[Edit]) -> dict[int, Wish]:
        """What is wanted otherwise than usual, by track."""
        own = self._scene.made.engine
        found = {}
        for track in self._scene.tracks:
            wish = wish_of(edits, own, track, frame)
            if wish.adjustment == Adjustment():
                wish = Wish(None, wish.engine, wish.share)
            usual = wish.adjustment is None and wish.engine is None
            if not usual and self._scene.landmarks(track, frame) is not None:
                found[track] = wish
        return found

    def _patch(self, frame: int, wishes: dict[int, Wish]) -> tuple[Area, Picture]:
        key = frame, tuple(sorted(wishes.items(), key=lambda item: item[0]))
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found = self._drawn(frame, wishes)
        with self._lock:
            self._known[key] = found
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return found

    def _drawn(self, frame: int, wishes: dict[int, Wish]) -> tuple[Area, Picture]:
        scene, swap = self._scene, self._reopen()
        number = frame + scene.made.begin
        names = {wish.engine for wish in wishes.values() if wish.engine is not None}
        others = {name: swap.stand_in(name, [number]) for name in names}
        renderer = swap.renderer.with_wishes(lambda track, _: wishes.get(track, AS_USUAL), others)
        image = renderer.frame(scene.plate_clip.read(number))[..., :3]
        if image.shape[:2] != (scene.height, scene.width):
            image = cv2.resize(image, (scene.width, scene.height), interpolation=cv2.INTER_AREA)
        area = NOWHERE
        for track in wishes:
            face = scene.landmarks(track, frame)
            if face is not None:
                room = 2 + MARGIN * float(np.ptp(face[:, :2], axis=0).max())
                area = area.joined(Area.of(face, room, scene.height, scene.width))
        return area, _as(np.asarray(image)[area.within], scene.result(frame).dtype)


def _as(picture: Picture, kind: np.dtype[Any]) -> Picture:
    """A picture (h, w, 3) of whole numbers in another depth."""
    if picture.dtype == kind:
        return picture
    return np.asarray(np.rint(to_float(picture) * np.iinfo(kind).max), kind)
