"""A scene for tests: a performer filmed small, with the true landmarks, as both film and plate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.performers import Performance, cast, render
from understudy.retouch.canvas import Area, chart, places
from understudy.retouch.edits import Edit, Key, Operation, new_id
from understudy.retouch.painting import texel_unit

Bytes = npt.NDArray[np.uint8]
SIZE = 256


@dataclass(frozen=True)
class Acted:
    """Implements `retouch.scene.Scene` with one track, 0."""

    film: tuple[Bytes, ...] = field(repr=False)
    below: tuple[Bytes, ...] = field(repr=False)
    faces: npt.NDArray[np.float32] = field(repr=False)

    @property
    def frames(self) -> int:
        return len(self.film)

    def result(self, frame: int) -> Bytes:
        return self.film[frame]

    def plate(self, frame: int) -> Bytes:
        return self.below[frame]

    def landmarks(self, track: int, frame: int) -> npt.NDArray[np.float32] | None:
        return self.faces[frame] if track == 0 and 0 <= frame < len(self.faces) else None

    def with_film(self, film: tuple[Bytes, ...]) -> Acted:
        return replace(self, film=film)


@cache
def acted(count: int = 5) -> Acted:
    """A head that turns in moving light; the plate is the film in grey."""
    performance = Performance(seed=4, frame_rate=6, yaw=14, pitch=5, lighting=0.8)
    pictures = [render(cast("marco")[0], performance, frame, SIZE) for frame in range(count)]
    film = tuple(picture.image for picture in pictures)
    grey = tuple(np.repeat(each.mean(-1, keepdims=True).astype(np.uint8), 3, -1) for each in film)
    landmarks = np.stack([picture.truth.landmarks for picture in pictures]).astype(np.float32)
    return Acted(film, grey, landmarks)


def spotted(scene: Acted, frame: int, vertex: int = 425, radius: float = 0.06, depth: float = 0.8) -> Bytes:
    """A frame with a dark spot on the skin at a vertex; `radius` in eye distances."""
    found = chart(scene.faces[frame], Area(0, 0, SIZE, SIZE))
    away = np.linalg.norm(found.place - places()[vertex].astype(np.float32), axis=-1) / texel_unit(1)
    logs = depth * np.exp(-0.5 * (away / radius) ** 2) * found.covered
    return np.clip(np.round(scene.film[frame] * np.exp(-logs)[..., None]), 0, 255).astype(np.uint8)


def edit_of(operation: Operation, key: Key, scene: Any, **more: Any) -> Edit:
    given = {"id": new_id(), "operation": operation, "track": 0, "first": 0, "last": scene.frames - 1} | more
    return Edit(keys=(key,), **given)
