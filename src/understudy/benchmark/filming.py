"""Digital performers written as clips, losslessly, and beside them what is true of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.atomic import replacing
from understudy.benchmark.case import TruthFiles
from understudy.media.fresh import write_clip
from understudy.performers import Picture
from understudy.progress import Progress
from understudy.takes.slate import Slate, slate_path, write_slate
from understudy.takes.take import Take

VERSION = 2
"""Raised by hand when what is written changes."""

FACE, OCCLUDER = 0, 1
"""Channels of the clip of mattes, 0 to 255: where plate and true swap may differ (the face as far as it is
seen), and what stands before it. The third is empty."""


@dataclass(frozen=True)
class Shoot:
    """Writes the clips of one case into `folder`; what is there already is left as it is."""

    folder: Path
    progress: Progress

    def clip(self, name: str, take: Take, step: int = 1) -> Path:
        """Every `step`-th frame of a take, with the slate by which it is known as a performer's."""
        path = self.folder / f"{name}.mkv"
        if not slate_path(path).exists():
            drawn = take.pictures(range(0, take.frames, step), self.progress)
            self._write(path, (picture.image for _, picture in drawn), take)
            write_slate(path, Slate(take, step=step))
        return path

    def truth(self, take: Take) -> TruthFiles:
        """A true swap, with its mattes and landmarks."""
        picture, mattes, landmarks = (
            self.folder / name for name in ("truth.mkv", "mattes.mkv", "landmarks.npy")
        )
        if not landmarks.exists():
            # All three come from one look at each frame. Deflated, a matte takes a few kilobytes.
            deflated: list[bytes] = []
            points: list[npt.NDArray[np.float32]] = []
            self._write(picture, self._noted(take, deflated, points), take)
            self._write(mattes, (_inflated(matte, take.size) for matte in deflated), take)
            with replacing(landmarks) as part, part.open("wb") as file:
                np.save(file, np.stack(points), allow_pickle=False)
        return TruthFiles(picture, mattes, landmarks)

    def _noted(
        self, take: Take, mattes: list[bytes], landmarks: list[npt.NDArray[np.float32]]
    ) -> Iterator[npt.NDArray[np.uint8]]:
        """The take's pictures; their mattes and landmarks go into the lists."""
        for _, picture in take.pictures(range(take.frames), self.progress):
            mattes.append(zlib.compress(_mattes(picture).tobytes(), 1))
            landmarks.append(picture.truth.landmarks.astype(np.float32))
            yield picture.image

    def _write(self, path: Path, pictures: Iterable[npt.NDArray[Any]], take: Take) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_clip(path, pictures, width=take.size, height=take.size, rate=take.rate, codec="ffv1")


def _mattes(picture: Picture) -> npt.NDArray[np.uint8]:
    truth = picture.truth
    planes = [truth.visible_face, truth.occluder, np.zeros_like(truth.occluder)]
    return np.round(255 * np.stack(planes, axis=-1)).astype(np.uint8)


def _inflated(matte: bytes, size: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(zlib.decompress(matte), np.uint8).reshape(size, size, 3)
