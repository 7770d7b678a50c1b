"""Small films for the tests of marks and credentials: drawn, moving, and different by their seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[Any]


def scene(seed: int, count: int, width: int = 1280, height: int = 720) -> list[Image]:
    """A camera that pans over clouds of several sizes, with a dark figure and grain; (H, W, 3) uint8."""
    random = np.random.default_rng(seed)
    wide = (height + 64, width + 64)
    clouds = np.zeros((*wide, 3), np.float32)
    for cell, strength in ((8, 10), (30, 25), (120, 45)):
        noise = random.normal(0, 1, (wide[0] // cell + 2, wide[1] // cell + 2, 3)).astype(np.float32)
        clouds += strength * cv2.resize(noise, (wide[1], wide[0]), interpolation=cv2.INTER_CUBIC)
    clouds = np.clip(clouds + 120, 0, 255)
    images = []
    for index in range(count):
        image = clouds[index : index + height, 2 * index : 2 * index + width].copy()
        middle = (int(width * (0.3 + 0.01 * index)), int(height * 0.55))
        cv2.circle(image, middle, height // 5, (40, 35, 50), -1, cv2.LINE_AA)
        image += random.normal(0, 1.5, (height, width, 1)).astype(np.float32)
        images.append(np.clip(image, 0, 255).astype(np.uint8))
    return images


def write(
    path: Path, images: Iterable[Image], *, crf: int = 14, encoder: str = "libx264", rate: int = 25
) -> Path:
    """Encode 8-bit pictures, without sound, whatever container the suffix names."""
    with av.open(str(path), "w") as container:
        stream: Any = None
        for image in images:
            if stream is None:
                stream = container.add_stream(encoder, rate=Fraction(rate))
                stream.height, stream.width = (side // 2 * 2 for side in image.shape[:2])
                stream.pix_fmt = "yuv420p"
                quiet = {"x265-params": "log-level=error"} if encoder == "libx265" else {}
                stream.options = {"crf": str(crf), "preset": "veryfast", **quiet}
            even = np.ascontiguousarray(image[: stream.height, : stream.width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def read(path: Path) -> Iterator[Image]:
    """The pictures of a file."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")
