"""Digital performers written as clips, losslessly, and beside them what is true of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.atomic import replacing
from understudy.benchmark.case import TruthFiles
from understudy.media import Colour
from understudy.media.codecs import CODECS, OutputSpec
from understudy.media.segments import encode_segment
from understudy.parallel import ordered_map
from understudy.performers import Identity, Performance, Picture, render, true_swap
from understudy.progress import Progress
from understudy.takes.slate import Slate, write_slate
from understudy.takes.take import Take

VERSION = 1
"""Raised by hand when what is written changes."""

FACE, OCCLUDER = 0, 1
"""Channels of the clip of mattes, 0 to 255: where plate and true swap may differ (the face as far as it is
seen), and what stands before it. The third is empty."""


@dataclass(frozen=True)
class Shoot:
    """Writes the clips of one case into `folder`; what is there already is left as it is.

    size        of the square pictures, pixels
    frame_rate  of every clip
    """

    folder: Path
    size: int
    frame_rate: float
    progress: Progress

    def clip(self, name: str, who: Identity, performance: Performance, frames: range) -> Path:
        """`who` playing these frames of `performance`."""
        path = self.folder / f"{name}.mkv"
        if not path.exists():
            drawn = self._drawn(name, frames, lambda frame: render(who, performance, frame, self.size))
            self._encode(path, (picture.image for picture in drawn))
        take = Take(who, performance, len(frames), self.size)
        write_slate(path, Slate(take, frames.start, frames.step))
        return path

    def truth(
        self, likeness: Identity, plate: Identity, performance: Performance, frames: range
    ) -> TruthFiles:
        """What a perfect swap of these frames looks like, with its mattes and landmarks."""
        files = TruthFiles(*(self.folder / name for name in ("truth.mkv", "mattes.mkv", "landmarks.npy")))
        if all(path is not None and path.exists() for path in (files.picture, files.mattes, files.landmarks)):
            return files
        assert files.mattes is not None
        assert files.landmarks is not None
        # All three come from one look at each frame. Deflated, a matte takes a few kilobytes.
        mattes: list[bytes] = []
        landmarks: list[npt.NDArray[np.float32]] = []

        def pictures() -> Iterator[npt.NDArray[np.uint8]]:
            for picture in self._drawn(
                "truth", frames, lambda frame: true_swap(likeness, plate, performance, frame, self.size)
            ):
                mattes.append(zlib.compress(_mattes(picture).tobytes(), 1))
                landmarks.append(picture.truth.landmarks.astype(np.float32))
                yield picture.image

        self._encode(files.picture, pictures())
        self._encode(files.mattes, (self._inflated(matte) for matte in mattes))
        with replacing(files.landmarks) as part:
            np.save(part, np.stack(landmarks), allow_pickle=False)
        return files

    def _drawn(self, name: str, frames: range, draw: Callable[[int], Picture]) -> Iterator[Picture]:
        with self.progress.stage(f"film {name}", len(frames)) as task:
            for picture in ordered_map(draw, frames):
                yield picture
                task.advance()

    def _encode(self, path: Path, pictures: Iterable[npt.NDArray[Any]]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        rate = Fraction(self.frame_rate).limit_denominator(1001)
        colour = Colour("gbr", "bt709", "bt709", "pc")
        encode_segment(path, pictures, OutputSpec(CODECS["ffv1"], self.size, self.size, rate, colour))

    def _inflated(self, matte: bytes) -> npt.NDArray[np.uint8]:
        return np.frombuffer(zlib.decompress(matte), np.uint8).reshape(self.size, self.size, 3)


def _mattes(picture: Picture) -> npt.NDArray[np.uint8]:
    truth = picture.truth
    planes = [truth.visible_face, truth.occluder, np.zeros_like(truth.occluder)]
    return np.round(255 * np.stack(planes, axis=-1)).astype(np.uint8)
