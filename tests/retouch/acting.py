"""A scene for tests: a performer filmed small, with the true landmarks, as both film and plate."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.held import Held
from understudy.performers import Performance, cast, render
from understudy.retouch.canvas import Area, chart, places
from understudy.retouch.edits import Edit, Key, Operation, new_id
from understudy.retouch.painting import texel_unit

Bytes = npt.NDArray[np.uint8]
SIZE = 256


@cache
def acted(count: int = 5) -> Held:
    """A head that turns in moving light; the plate is the film in grey."""
    performance = Performance(seed=4, frame_rate=6, yaw=14, pitch=5, lighting=0.8)
    pictures = [render(cast("marco")[0], performance, frame, SIZE) for frame in range(count)]
    film = tuple(picture.image for picture in pictures)
    grey = tuple(np.repeat(each.mean(-1, keepdims=True).astype(np.uint8), 3, -1) for each in film)
    landmarks = np.stack([picture.truth.landmarks for picture in pictures]).astype(np.float32)
    return Held(film, grey, landmarks)


def spotted(scene: Held, frame: int, vertex: int = 425, radius: float = 0.06, depth: float = 0.8) -> Bytes:
    """A frame with a dark spot on the skin at a vertex; `radius` in eye distances."""
    found = chart(scene.faces[frame], Area(0, 0, SIZE, SIZE))
    away = np.linalg.norm(found.place - places()[vertex].astype(np.float32), axis=-1) / texel_unit(1)
    logs = depth * np.exp(-0.5 * (away / radius) ** 2) * found.covered
    return np.clip(np.round(scene.film[frame] * np.exp(-logs)[..., None]), 0, 255).astype(np.uint8)


def edit_of(operation: Operation, key: Key, scene: Any, **more: Any) -> Edit:
    given = {"id": new_id(), "operation": operation, "track": 0, "first": 0, "last": scene.frames - 1} | more
    return Edit(keys=(key,), **given)
