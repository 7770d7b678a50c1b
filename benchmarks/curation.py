"""How long it takes to sort and choose among many faces: columns are made up, no footage is looked at.

    python -m benchmarks.curation --faces 100000

Made-up takes: pose and expression wander, pictures with them, so that neighbours are alike as in footage; and
what is hardest to sort. Prints seconds of the processor and on the clock.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from understudy.faces.faceset import Faceset
from understudy.geometry import mesh
from understudy.likeness.best import best
from understudy.likeness.duplicates import duplicates
from understudy.likeness.gallery import NUMBERS, TEXTS, Gallery
from understudy.likeness.looks import BINS, SMALL, Looks
from understudy.likeness.order import ALIKE, ordered
from understudy.likeness.traits import traits_of
from understudy.likeness.where import holds, parse

_MOODS = 12
_TAKE = 2500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--faces", type=int, default=100_000)
    count = parser.parse_args().faces
    rng = np.random.default_rng(0)
    mood = _wander(rng, count)
    faces = _faces(rng, mood)
    traits = _timed("traits from landmarks", lambda: traits_of(faces))
    gallery = Gallery(
        clips=("anna.mp4",),
        clip=np.zeros(count, np.int32),
        frame=np.arange(count, dtype=np.int64),
        place=np.zeros((count, 2)),
        track=faces.track,
        faces=np.ones(count, np.int64),
        score=faces.score,
        traits=traits,
        looks=_looks(rng, mood),
        person=np.zeros(count, np.int64),
        identity=rng.uniform(0.1, 0.5, count),
        dropped=np.full(count, "", np.object_),
    )
    rows = np.arange(count)
    condition = parse("abs(yaw) > 10 and sharpness > 0.4 or not mouth < 0.05", NUMBERS, TEXTS)
    _timed("where, three columns", lambda: holds(condition, gallery.columns()))
    for key in ("sharpness", "yaw", "clip", *ALIKE):
        _timed(f"sort by {key}", lambda key=key: ordered(gallery, rows, key))  # type: ignore[misc]
    noise = replace(gallery, looks=_noise(rng, gallery.looks))
    _timed("sort by similar, no face like another", lambda: ordered(noise, rows, "similar"))
    stills = replace(gallery, looks=_noise(np.random.default_rng(0), gallery.looks, takes=3))
    _timed("sort by similar, three pictures over and over", lambda: ordered(stills, rows, "similar"))
    gone = _timed("near-duplicates", lambda: duplicates(gallery, rows))
    print(f"  ({len(gone)} of {count} go)")
    _timed("best 2000", lambda: best(gallery, rows, 2000))


def _timed(name: str, work: Callable[[], Any]) -> Any:
    clock, cpu = time.perf_counter(), time.process_time()
    found = work()
    print(f"{name}: {time.process_time() - cpu:.1f} CPU-s, {time.perf_counter() - clock:.1f} s", flush=True)
    return found


def _wander(rng: np.random.Generator, count: int) -> np.ndarray:
    """Random walks (N, 12) of variance 1, begun anew every take."""
    steps = rng.normal(0, 1, (count, _MOODS)).astype(np.float32)
    mood = np.empty_like(steps)
    mood[0] = steps[0]
    for row in range(1, count):
        mood[row] = steps[row] if row % _TAKE == 0 else 0.995 * mood[row - 1] + 0.0999 * steps[row]
    return mood


def _faces(rng: np.random.Generator, mood: np.ndarray) -> Faceset:
    count = len(mood)
    shape = mesh.canonical_face().astype(np.float32)
    ways = rng.normal(0, 0.01, (_MOODS, *shape.shape)).astype(np.float32)
    landmarks = np.empty((count, *shape.shape), np.float32)
    for begin in range(0, count, 4096):
        part = mood[begin : begin + 4096]
        landmarks[begin : begin + 4096] = 200 * (shape + np.einsum("nk,kvd->nvd", part, ways)) + 500
    return Faceset(
        frame=np.arange(count, dtype=np.int32),
        track=np.zeros(count, np.int32),
        landmarks=landmarks,
        score=np.ones(count, np.float32),
        found=np.zeros(count, np.uint8),
        light=np.zeros((count, 2), np.float32),
    )


def _looks(rng: np.random.Generator, mood: np.ndarray) -> Looks:
    count = len(mood)
    ways = rng.normal(0, 12, (_MOODS, SMALL * SMALL)).astype(np.float32)
    colours = rng.normal(0, 8, (_MOODS, 3 * BINS)).astype(np.float32)
    small, histogram = (
        np.clip(128 + mood @ way + rng.normal(0, 1, (count, way.shape[1])), 0, 255).astype(np.uint8)
        for way in (ways, colours)
    )
    return Looks(
        *rng.random((6, count), np.float32),
        histogram=histogram.reshape(count, 3, BINS),
        small=small.reshape(count, SMALL, SMALL),
    )


def _noise(rng: np.random.Generator, looks: Looks, takes: int | None = None) -> Looks:
    """Histograms that are noise, of as many different faces."""
    count = len(looks.histogram)
    several = rng.integers(0, 256, (takes or count, *looks.histogram.shape[1:])).astype(np.uint8)
    return replace(looks, histogram=several[np.arange(count) % len(several)])


if __name__ == "__main__":
    main()
