"""Frames and clips: what the rest of the house knows of footage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[Any]
"""(H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16 (full 0..65535 scale), display-referred as the clip is."""


@dataclass(frozen=True)
class Colour:
    """Colour tags in FFmpeg's names ("bt709", "smpte170m", "tv", …); "unspecified" where untagged."""

    matrix: str = "unspecified"
    primaries: str = "unspecified"
    transfer: str = "unspecified"
    range: str = "unspecified"

    def or_else(self, other: Colour) -> Colour:
        """These tags, the unspecified ones taken from `other`."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Colour(*(mine if mine != "unspecified" else theirs for mine, theirs in pairs))


@dataclass(frozen=True)
class AudioStream:
    """One audio stream of a clip, as far as a person wants to know."""

    codec: str
    sample_rate: int
    channels: int


@dataclass(frozen=True)
class ClipInfo:
    """What is known of a clip before a picture is decoded.

    `width` and `height` are upright: rotation metadata is already applied to them and to every frame;
    `rotation` is what was applied, in degrees clockwise. `pixel_aspect` is the width of an upright pixel over
    its height. `pts` holds the presentation time of every visible frame, in `time_base` units, ascending,
    shape (N,).
    """

    path: Path
    width: int
    height: int
    rate: Fraction
    time_base: Fraction
    pts: npt.NDArray[np.int64] = field(repr=False)
    codec: str
    pixel_format: str
    bit_depth: int
    has_alpha: bool = False
    rotation: int = 0
    pixel_aspect: Fraction = Fraction(1)
    colour: Colour = Colour()
    audio: tuple[AudioStream, ...] = ()
    timecode: str | None = None

    @property
    def frame_count(self) -> int:
        """Number of visible frames."""
        return len(self.pts)

    @property
    def is_still(self) -> bool:
        """Whether this is one picture and not a moving one."""
        return self.frame_count == 1

    def seconds(self, index: int) -> float:
        """Presentation time of a frame in seconds."""
        return float(self.pts[index] * self.time_base)


@dataclass(frozen=True)
class Frame:
    """One decoded, upright frame.

    `index` counts visible frames from 0 in presentation order. `image` must not be written to.
    """

    index: int
    pts: int
    time_base: Fraction
    image: Image = field(repr=False)
    colour: Colour = Colour()


class Clip(Protocol):
    """A clip that is read by frame number, exactly. Every reader passes tests/media/test_clip_contract.py.

    `files` are the files that it is read from, in order. `fault` is None, or one sentence that says what is
    known to be damaged: a truncated file shows at once, a frame that cannot be decoded when it is come upon.
    """

    info: ClipInfo
    fault: str | None
    files: tuple[Path, ...]

    def read(self, index: int) -> Frame:
        """Frame `index`.

        Raises IndexError outside 0..frame_count-1 and BadInputError where the file is damaged.
        """

    def frames(self, start: int = 0, stop: int | None = None, step: int = 1) -> Iterator[Frame]:
        """Frames start..stop-1, or every `step`-th of them, in order, decoding each once.

        Stops before the first frame that cannot be decoded, and says so in `fault`. Several such iterators
        and `read` do not disturb each other.
        """

    def close(self) -> None:
        """Release the file. Closing twice is fine."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
