"""The faces of a likeness as columns with names: what they are sorted and filtered by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.likeness.looks import Looks
from understudy.likeness.traits import Traits

Array = npt.NDArray[np.float64]

WORDS: Mapping[str, str] = {
    "order": "as they follow each other in the footage",
    "frame": "frame in its clip, from 0",
    "clip": "name of the clip",
    "track": "number of the track in its clip",
    "person": "0 is who is seen most; -1 where that was not told",
    "faces": "faces in the same frame",
    "size": "pixels",
    "sharpness": "0 blurred to 1",
    "motion_blur": "0 to 1",
    "brightness": "0 black to 1",
    "hue": "degrees: 0 red, 60 yellow",
    "black": "share of the picture that is black or outside",
    "detail": "gradient of the luma: what there is to be seen",
    "yaw": "degrees, to the picture's right",
    "pitch": "degrees, down",
    "roll": "degrees, clockwise",
    "mouth": "gap of the lips in eye distances: 0.06 is open",
    "smile": "width of the mouth against rest, in eye distances",
    "lids": "0 shut, 1 as usual",
    "brows": "height against rest, in eye distances",
    "gaze_x": "degrees right, against usual",
    "gaze_y": "degrees down, against usual",
    "light_x": "brighter to the picture's right, -2 to 2",
    "light_y": "brighter from below, -2 to 2",
    "expression": "how much is acted, %",
    "identity": "distance from the person seen most; two people are above 0.6",
    "score": "how sure the landmarks are, 0 to 1",
}
"""Every column, in plain words."""
TEXTS = ("clip",)
NUMBERS = tuple(name for name in WORDS if name not in TEXTS)


@dataclass(frozen=True)
class Gallery:
    """N faces of a likeness, in the order of its clips and their frames.

    clips     names of the clips
    clip      (N,) which clip
    frame     (N,) frame of the file
    place     (N, 2) centre of the face in the frame, pixels
    track, faces, score  (N,) as in `WORDS`
    traits, looks   what the faces do and look like
    person    (N,) as in `WORDS`
    identity  (N,) as in `WORDS`; NaN where it was not told
    dropped   (N,) why a face is not used; "" where it is
    """

    clips: tuple[str, ...]
    clip: npt.NDArray[np.int32]
    frame: npt.NDArray[np.int64]
    place: Array
    track: npt.NDArray[np.int32]
    faces: npt.NDArray[np.int64]
    score: npt.NDArray[np.float32]
    traits: Traits = field(repr=False)
    looks: Looks = field(repr=False)
    person: npt.NDArray[np.int64] = field(repr=False)
    identity: Array = field(repr=False)
    dropped: npt.NDArray[np.object_] = field(repr=False)

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """(N,) which faces are used."""
        return np.array([why == "" for why in self.dropped], np.bool_)

    def column(self, name: str) -> npt.NDArray[Any]:
        """A column by its name in `WORDS`, (N,)."""
        own: dict[str, npt.NDArray[Any]] = {
            "track": self.track,
            "person": self.person,
            "faces": self.faces,
            "score": self.score,
        }
        if name == "order":
            return np.arange(len(self))
        if name == "clip":
            return np.asarray(np.array(self.clips, np.str_)[self.clip])
        if name in ("frame", "identity"):
            return np.asarray(getattr(self, name))
        if name in own:
            return own[name]
        if name == "mouth":
            return self.traits.lips
        return np.asarray(getattr(self.traits if hasattr(self.traits, name) else self.looks, name))

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """All columns by name."""
        return {name: self.column(name) for name in WORDS}

    def dropping(self, rows: npt.NDArray[Any], why: str) -> Gallery:
        """The same faces, `rows` of them not used any more; what was dropped before keeps its reason."""
        dropped = self.dropped.copy()
        chosen = np.zeros(len(self), np.bool_)
        chosen[rows] = True
        dropped[chosen & self.kept] = why
        return replace(self, dropped=dropped)

    def restoring(self, rows: npt.NDArray[Any]) -> Gallery:
        """The same faces, `rows` of them used again."""
        dropped = self.dropped.copy()
        dropped[rows] = ""
        return replace(self, dropped=dropped)
