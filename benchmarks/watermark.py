"""What the invisible mark survives, how visible it is, what it costs: the tables of docs/provenance.md.

    python -m benchmarks.watermark CLIP [CLIP …] [--frames 100] [--only crf33,turn2] [--unmarked CLIP …]

Prints Markdown. Each clip is marked, attacked, encoded as the attack says, and read again from all and from
one of its frames.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from understudy.media import open_clip
from understudy.parallel import core_count
from understudy.pixels import luma
from understudy.provenance.watermark.choosing import watermark

Image = npt.NDArray[Any]
PAYLOAD = 0x0123_4567_89AB_CDEF


@dataclass(frozen=True)
class Attack:
    """What is done to each picture, and how the result is encoded."""

    name: str
    title: str
    crf: int
    change: Callable[[Image], Image] = lambda image: image
    encoder: str = "libx264"
    rate: int = 25
    every: int = 1


def sized(longer: int) -> Callable[[Image], Image]:
    def change(image: Image) -> Image:
        scale = longer / max(image.shape[:2])
        return cv2.resize(
            image, _even(image.shape[1] * scale, image.shape[0] * scale), interpolation=cv2.INTER_AREA
        )

    return change


def cropped(share: float, left: float = 0.5, top: float = 0.5) -> Callable[[Image], Image]:
    def change(image: Image) -> Image:
        height, width = image.shape[:2]
        columns, rows = _even(width * (1 - 2 * share), height * (1 - 2 * share))
        x, y = round((width - columns) * left), round((height - rows) * top)
        return image[y : y + rows, x : x + columns]

    return change


def letterboxed(image: Image) -> Image:
    height, width = image.shape[:2]
    small = cv2.resize(image, _even(width * 0.75, height * 0.75), interpolation=cv2.INTER_AREA)
    boxed = np.zeros_like(image)
    y, x = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    boxed[y : y + small.shape[0], x : x + small.shape[1]] = small
    return boxed


def upright(image: Image) -> Image:
    """The middle 9:16 of a wide picture; of a tall one, its middle 9:16 too, which is nearly all of it."""
    height, width = image.shape[:2]
    columns, _ = _even(min(width, height * 9 / 16), 2)
    x = (width - columns) // 2
    return sized(1280)(image[:, x : x + columns])


def graded(image: Image) -> Image:
    """Gamma 1.2, more contrast, and a black bar over the lowest sixth."""
    level = np.arange(256) / 255
    curve = np.clip((level**1.2 - 0.5) * 1.15 + 0.5, 0, 1) * 255
    shown: Image = curve.astype(np.uint8)[image]
    shown[image.shape[0] * 5 // 6 :] = 0
    return shown


def turned(degrees: float, zoom: float = 1.0) -> Callable[[Image], Image]:
    def change(image: Image) -> Image:
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, zoom)
        return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC)

    return change


def mirrored(image: Image) -> Image:
    return np.ascontiguousarray(image[:, ::-1])


def denoised(image: Image) -> Image:
    return cv2.bilateralFilter(image, 5, 12, 3)


ATTACKS = (
    Attack("crf23", "H.264 CRF 23", 23),
    Attack("crf28", "H.264 CRF 28", 28),
    Attack("crf33", "H.264 CRF 33", 33),
    Attack("crf38", "H.264 CRF 38", 38),
    Attack("hevc30", "HEVC CRF 30", 30, encoder="libx265"),
    Attack("720p", "720p, CRF 23", 23, sized(1280)),
    Attack("480p", "480p, CRF 23", 23, sized(854)),
    Attack("480p28", "480p, CRF 28", 28, sized(854)),
    Attack("360p", "360p, CRF 23", 23, sized(640)),
    Attack("360p28", "360p, CRF 28", 28, sized(640)),
    Attack("crop5", "cropped by 5 % a side", 23, cropped(0.05)),
    Attack(
        "offcentre",
        "cropped by 5 % off centre, 720p",
        23,
        lambda image: sized(1280)(cropped(0.05, 0.2, 0.8)(image)),
    ),
    Attack("letterbox", "letterboxed to 75 %, CRF 28", 28, letterboxed),
    Attack("upright", "reframed to 9:16, CRF 26", 26, upright),
    Attack("mirror", "mirrored", 23, mirrored),
    Attack("graded", "gamma, contrast, black bar, CRF 28", 28, graded),
    Attack("denoised", "denoised (bilateral)", 23, denoised),
    Attack("turn05", "turned by 0.5°", 23, turned(0.5)),
    Attack("turn1", "turned by 1°", 23, turned(1.0)),
    Attack("turn2plus", "turned by 2°", 23, turned(2.0)),
    Attack("turn2", "turned by -2°, zoomed to fill", 23, turned(-2.0, 1.08)),
    Attack("turn4", "turned by 4°", 23, turned(4.0)),
    Attack("speed", "every second frame, at 30 frames/s", 23, rate=30, every=2),
)


def encoded(path: Path, images: Iterable[Image], attack: Attack) -> None:
    pictures = (attack.change(image) for image in islice(images, 0, None, attack.every))
    first = next(pictures)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(attack.encoder, rate=attack.rate)
        stream.width, stream.height = first.shape[1] // 2 * 2, first.shape[0] // 2 * 2
        stream.pix_fmt = "yuv420p"
        quiet = {"x265-params": "log-level=error"} if attack.encoder == "libx265" else {}
        stream.options = {"crf": str(attack.crf), "preset": "veryfast", **quiet}
        for image in (first, *pictures):
            even = np.ascontiguousarray(image[: stream.height, : stream.width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        container.mux(stream.encode(None))


def pictures(path: Path, count: int) -> Iterator[Image]:
    with open_clip(path) as clip:
        for frame in clip.frames(0, count):
            yield np.ascontiguousarray(frame.image[..., :3])


def survey(path: Path, frames: int, chosen: set[str]) -> None:
    """Print which attacks the mark survives on one clip: a cell for each number of frames."""
    mark = watermark()
    images = list(pictures(path, frames))
    height, width = images[0].shape[:2]
    embed = mark.embedder(PAYLOAD, height, width)
    marked = [embed(image) for image in images]
    cost = _cost(images, marked, embed)
    print(f"\n**{path.parent.name}/{path.name}**, {width}x{height}, {len(images)} frames: {cost}\n")
    with tempfile.TemporaryDirectory() as folder:
        for attack in ATTACKS:
            if chosen and attack.name not in chosen:
                continue
            film = Path(folder) / "attacked.mp4"
            encoded(film, marked, attack)
            bits = film.stat().st_size * 8 * attack.rate / math.ceil(len(marked) / attack.every)
            found = []
            for count in (frames, 1):
                detection = mark.detect(pictures(film, count))
                hit = {PAYLOAD: "yes", None: "no"}.get(detection.payload, "WRONG")
                found.append(f"{hit} ({detection.confidence:.0f})")
            print(f"| {attack.title} | {bits / 1e6:.2f} | {' | '.join(found)} |", flush=True)


def _cost(images: list[Image], marked: list[Image], embed: Callable[[Image], Image]) -> str:
    errors = [
        float(np.mean((luma(a) - luma(b)) ** 2)) for a, b in zip(images[::10], marked[::10], strict=True)
    ]
    psnr = [-10 * math.log10(error) for error in errors]
    ssim = np.mean([_ssim(luma(a), luma(b)) for a, b in zip(images[::25], marked[::25], strict=True)])
    cv2.setNumThreads(1)
    spent = []
    for image in images[:20]:
        start = time.thread_time()
        embed(image)
        spent.append(time.thread_time() - start)
    speed = f"{1e3 * min(spent):.1f} ms CPU a frame"
    return f"PSNR-Y {min(psnr):.1f} to {max(psnr):.1f} dB, SSIM {ssim:.3f}, {speed}"


def _ssim(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    def blur(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return cv2.GaussianBlur(image, (11, 11), 1.5)

    a, b = blur(one), blur(other)
    aa, bb, ab = blur(one * one) - a * a, blur(other * other) - b * b, blur(one * other) - a * b
    c1, c2 = 0.01**2, 0.03**2
    return float(np.mean((2 * a * b + c1) * (2 * ab + c2) / ((a * a + b * b + c1) * (aa + bb + c2))))


def unmarked(clips: list[Path], frames: int) -> None:
    """How near unmarked films come to a mark."""
    mark = watermark()
    tops = []
    for path in clips:
        detection = mark.detect(pictures(path, frames))
        tops.append(detection.confidence)
        if detection.payload is not None:
            print(f"FALSE: {path}")
    print(f"\nUnmarked: {len(tops)} films, highest confidence {max(tops):.1f}, median {np.median(tops):.1f}.")


def _even(width: float, height: float) -> tuple[int, int]:
    return max(2, 2 * round(width / 2)), max(2, 2 * round(height / 2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--only", default="")
    parser.add_argument("--unmarked", nargs="*", type=Path, default=[])
    options = parser.parse_args()
    print(f"{core_count()} cores; attack, Mbit/s, read from all frames and from one (confidence)")
    for clip in options.clips:
        survey(clip, options.frames, set(filter(None, options.only.split(","))))
    if options.unmarked:
        unmarked(options.unmarked, options.frames)


if __name__ == "__main__":
    main()
