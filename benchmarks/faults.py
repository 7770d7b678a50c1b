"""Put known faults into a clip and see which figures notice: a check of the judge, not of Understudy.

    python -m benchmarks.faults CLIP [--frames N]

A table: a row a fault, a column a figure. The first row, the clip against itself, has to be perfect.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.benchmark.judge import NOTHING, Judge
from understudy.benchmark.scoring import Scorer
from understudy.geometry import mesh
from understudy.measures.picture import region_matte
from understudy.media import open_clip

Array = npt.NDArray[Any]
Fault = Callable[[Array, Array, int], Array]
"""(plate frame float32, its landmarks, frame number) -> a frame whose face is pasted onto the plate."""

COLUMNS = (
    "flicker", "pumping", "jitter", "seam", "ring", "sharpness_fine", "sharpness_middle", "grain",
    "grain_frozen", "mouth", "eyes", "gaze", "gaze_95", "lips", "lips_lag", "pose", "outside",
)  # fmt: skip


def _shift(image: Array, x: float, y: float) -> Array:
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float64)
    size = image.shape[1::-1]
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _noise(seed: int, like: Array) -> Array:
    return np.random.default_rng(seed).normal(scale=4.0, size=(*like.shape[:2], 1)).astype(np.float32)


def _look_aside(image: Array, points: Array, index: int) -> Array:
    """Both irises 10 degrees to the side in every other ten frames, on a 12 mm ball in a 30 mm eye."""
    if index // 10 % 2 == 0:
        return image
    width = float(np.linalg.norm(points[mesh.RIGHT_EYE_CORNERS[0]] - points[mesh.RIGHT_EYE_CORNERS[1]]))
    moved = _shift(image, width / 30 * 12 * np.sin(np.radians(10)), 0)
    return np.where(region_matte(points, *image.shape[:2], "eyes")[..., None] > 0, moved, image)


FAULTS: dict[str, Fault] = {
    "none": lambda image, _points, _index: image,
    "grain, sigma 4": lambda image, _points, index: image + _noise(index, image),
    "frozen grain, sigma 4": lambda image, _points, _index: image + _noise(0, image),
    "jitter, 2 px": lambda image, _points, index: _shift(
        image, *np.random.default_rng(index).normal(0, 2, 2)
    ),
    "colour pump, 4 values": lambda image, _points, index: image + 4 * np.float32(np.sin(1.3 * index)),
    "blur, sigma 1.5": lambda image, _points, _index: cv2.GaussianBlur(image, (0, 0), 1.5),
    "pasted 4 px too low": lambda image, _points, _index: _shift(image, 0, 4),
    "too bright and red": lambda image, _points, _index: image + np.float32((12, 6, 6)),
    "gaze 10 degrees off": _look_aside,
}


def late_by(frames: list[Array], count: int) -> list[Array]:
    """The clip `count` frames late: its first frame is held."""
    return [frames[max(0, index - count)] for index in range(len(frames))]


def measure(frames: list[Array], rate: float, faces: list[Array], fault: Fault, judge: Judge) -> Any:
    """Score `frames` (uint8) against themselves with `fault` pasted inside the face of every frame."""
    scorer = Scorer(judge, rate)
    for index, (image, points) in enumerate(zip(frames, faces, strict=True)):
        result = image
        if not np.isnan(points).any():
            matte = region_matte(points, *image.shape[:2], "face", grow=-0.02)[..., None]
            faulty = fault(image.astype(np.float32), points, index)
            result = np.round(np.where(matte > 0, faulty, image).clip(0, 255)).astype(np.uint8)
        scorer.add(image, result)
    return scorer.read().figures


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__.split("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=75)
    options = parser.parse_args(arguments)
    with Judge() as judge, open_clip(options.clip) as clip:
        frames = [frame.image[..., :3].copy() for frame in clip.frames(0, options.frames)]
        squares = [judge.locate(image) for image in frames]
        faces = [
            NOTHING if square is None else judge.look(image, square)
            for image, square in zip(frames, squares, strict=True)
        ]
        late = late_by(frames, 3)
        faults = FAULTS | {"three frames late": lambda _image, _points, index: late[index].astype(np.float32)}
        print("| fault | " + " | ".join(COLUMNS) + " |")
        print("|---|" + "---:|" * len(COLUMNS))
        for name, fault in faults.items():
            figures = measure(frames, float(clip.info.rate), faces, fault, judge)
            print(f"| {name} | " + " | ".join(f"{figures.get(key, np.nan):.4g}" for key in COLUMNS) + " |")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
