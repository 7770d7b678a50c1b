"""Films without a flaw: what is looked at before and after flaws were put into them."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.changes import Film
from benchmarks.coverage import CASES
from understudy.benchmark.filming import Shoot
from understudy.benchmark.performed import PERFORMED
from understudy.faces.finding.reading import FaceReader
from understudy.media import open_clip
from understudy.performers import cast
from understudy.pixels import to_bytes
from understudy.progress import SilentProgress
from understudy.takes.take import Take

PERFORMED_CASES = {
    "speak": next(case for case in CASES if case.name == "speak-1"),
    "talking": PERFORMED["talking"],
    "glasses": replace(PERFORMED["glasses"], size=256),
    "turning": next(case for case in CASES if case.name == "turn-2"),
}
"""256, 512, 256 and 256 pixels wide. In the third the plate wears spectacles, which the swap takes off."""
_MOST_FRAMES = 150
_NOISE = 1.0
"""Code values: a finished film was encoded once more."""


def performers_film(name: str, folder: Path) -> Film:
    """A case of `PERFORMED_CASES`, filmed into `folder` unless it is there: its true swap is the result."""
    case = PERFORMED_CASES[name]
    likeness, performer = cast(case.likeness)[0], cast(case.plate)[0]
    plate = Take(performer, case.take, case.frames, case.size)
    result = replace(plate, performer=replace(performer, glasses=False), likeness=likeness)
    pictures, landmarks = [], []
    for take, place in ((plate, "plate"), (result, "result")):
        filmed = Shoot(folder / name / place, SilentProgress()).truth(take)
        with open_clip(filmed.picture) as clip:
            pictures.append(tuple(np.array(frame.image[..., :3]) for frame in clip.frames()))
        landmarks.append(np.load(filmed.landmarks, allow_pickle=False))
    return Film(
        pictures[0],
        pictures[1],
        landmarks[1],
        landmarks[0],
        float(plate.rate),
        glasses=performer.glasses,
    )


def real_film(path: Path) -> Film:
    """A real clip, and as its result the clip itself with another grade; frames without a face end it."""
    with open_clip(path) as clip, FaceReader() as reader:
        plate, landmarks = [], []
        for frame in islice(clip.frames(), _MOST_FRAMES):
            picture = np.array(to_bytes(frame.image[..., :3]))
            faces = reader.read(picture)
            if not faces:
                break
            plate.append(picture)
            landmarks.append(faces[0].points)
        rate = float(clip.info.rate)
    rng = np.random.default_rng(0)
    graded = tuple(
        np.clip(
            np.round(
                picture * np.float32((0.97, 1.0, 1.02))
                + rng.normal(1, _NOISE, picture.shape).astype(np.float32)
            ),
            0,
            255,
        ).astype(np.uint8)
        for picture in plate
    )
    points = np.array(landmarks)
    return Film(tuple(plate), graded, points, points, rate, swapped=False)
