"""Galleries made of numbers, whose answers are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from understudy.likeness.gallery import Gallery
from understudy.likeness.looks import BINS, SMALL, Looks
from understudy.likeness.traits import Traits


def looks(count: int, **columns: Any) -> Looks:
    """Faces that all look alike, but for what is given."""
    plain: dict[str, Any] = {
        name: np.full(count, value, np.float32)
        for name, value in (
            ("sharpness", 0.5), ("motion_blur", 0.1), ("brightness", 0.4), ("hue", 20.0), ("black", 0.0),
            ("detail", 0.2),
        )
    }  # fmt: skip
    plain["histogram"] = np.zeros((count, 3, BINS), np.uint8)
    plain["small"] = np.full((count, SMALL, SMALL), 128, np.uint8)
    return Looks(**plain | {name: np.asarray(value) for name, value in columns.items()})


def traits(count: int, **columns: Any) -> Traits:
    """Faces that all look straight ahead at rest, but for what is given."""
    plain = {name: np.zeros(count) for name in Traits.__dataclass_fields__}
    plain["size"], plain["lids"] = np.full(count, 200.0), np.ones(count)
    return Traits(**plain | {name: np.asarray(value, float) for name, value in columns.items()})


def gallery(count: int, **columns: Any) -> Gallery:
    """One clip, one track, one face a frame; columns of traits and looks by their names."""
    of_traits = {name: columns.pop(name) for name in list(columns) if name in Traits.__dataclass_fields__}
    of_looks = {name: columns.pop(name) for name in list(columns) if name in Looks.__dataclass_fields__}
    plain: dict[str, Any] = {
        "clips": ("anna.mp4",),
        "clip": np.zeros(count, np.int32),
        "frame": np.arange(count, dtype=np.int64),
        "place": np.full((count, 2), 100.0),
        "track": np.zeros(count, np.int32),
        "faces": np.ones(count, np.int64),
        "score": np.ones(count, np.float32),
        "traits": traits(count, **of_traits),
        "looks": looks(count, **of_looks),
        "person": np.zeros(count, np.int64),
        "identity": np.full(count, 0.2),
        "dropped": np.full(count, "", np.object_),
    }
    return Gallery(**plain | columns)
