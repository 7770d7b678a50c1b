"""Short films of performers who do not exist, for swaps from end to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from tests.media.barcode_clips import make_video
from understudy.media import open_clip
from understudy.performers import Performance, Picture, cast, render

SIZE = 256
Image = npt.NDArray[Any]


@dataclass(frozen=True)
class Take:
    """A performer before the camera: what the camera saw, and what is true of it."""

    name: str
    performance: Performance
    pictures: tuple[Picture, ...]

    @property
    def images(self) -> list[Image]:
        return [picture.image for picture in self.pictures]

    @property
    def landmarks(self) -> npt.NDArray[np.float64]:
        """The truth, (N, 478, 3)."""
        return np.stack([picture.truth.landmarks for picture in self.pictures])


def act(name: str, seed: int, count: int, pace: float, size: int = SIZE) -> Take:
    """A take of `count` frames; the smaller the pace, in frames a second, the more happens in them."""
    performance = Performance(seed=seed, frame_rate=pace, yaw=20, pitch=8)
    identity = cast(name)[0]
    return Take(
        name, performance, tuple(render(identity, performance, frame, size) for frame in range(count))
    )


def film(path: Path, images: Sequence[Image], **options: Any) -> Path:
    """A video of `images`, of very good quality unless told otherwise."""
    if "encoder" not in options:
        options = {"options": {"crf": "6", "bf": "2", "g": "12", "preset": "veryfast"}, **options}
    return make_video(path, range(len(images)), draw=images.__getitem__, **options)


def uneven(frame: int) -> int:
    """Times in milliseconds of a camera that does not keep the beat."""
    return 40 * frame + (0, 7, 3)[frame % 3]


UNEVEN = {"times": uneven, "time_base": Fraction(1, 1000)}


def frames_of(path: Path) -> list[Image]:
    with open_clip(path) as clip:
        return [frame.image for frame in clip.frames()]


def sound_of(path: Path) -> list[tuple[Fraction, bytes]]:
    """Every audio packet with its time in seconds."""
    with av.open(str(path)) as container:
        packets = container.demux(audio=0)
        return [(packet.pts * packet.time_base, bytes(packet)) for packet in packets if packet.size]


def without_head(image: Image) -> Image:
    """The same room when the performer has ducked: the picture's edges, carried inwards."""
    edge = np.ones(image.shape[:2], np.uint8)
    edge[:, :8] = edge[:, -8:] = edge[:4] = 0
    small = cv2.resize(image, (32, 32), interpolation=cv2.INTER_AREA)
    empty = cv2.inpaint(small, cv2.resize(edge, (32, 32)), 3, cv2.INPAINT_TELEA)
    return cv2.resize(empty, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def damaged(path: Path, source: Path, frame: int, share: float = 1.0) -> Path:
    """`source` with zeros in place of the last `share` of one frame's data."""
    with av.open(str(source)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    data = bytearray(source.read_bytes())
    lost = round(share * packets[frame].size)
    end = packets[frame].pos + packets[frame].size
    data[end - lost : end] = bytes(lost)
    path.write_bytes(data)
    return path
