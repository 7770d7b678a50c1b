"""What the demo shows: a film with everything side by side, and a picture for the README."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.atomic import replacing
from understudy.mastering.beside import BAND, beside
from understudy.mastering.sheet import Row, contact_sheet
from understudy.media import Clip, open_clip
from understudy.media.fresh import write_clip
from understudy.progress import Progress

_TILE = 384
_CELL = 256
_PICKED = (0.08, 0.36, 0.62, 0.86)
"""Parts of the plate at which the picture looks: spread, not chosen."""
_LIKENESS_PICKED = (0.15, 0.5, 0.85)
_QUALITY = 90

Image = npt.NDArray[Any]


@dataclass(frozen=True)
class Shown:
    """The clips that are shown; all but the likeness's run frame by frame beside each other."""

    likeness: Path
    plate: Path
    result: Path
    truth: Path


def write_side_by_side(path: Path, shown: Shown, progress: Progress) -> None:
    """A film of likeness, plate, result and perfect swap. The likeness's footage goes forth and back."""
    with ExitStack() as stack:
        likeness, *others = [
            stack.enter_context(open_clip(clip))
            for clip in (shown.likeness, shown.plate, shown.result, shown.truth)
        ]
        info = others[0].info
        task = stack.enter_context(progress.stage("side by side", info.frame_count))

        def frames() -> Iterator[Image]:
            own = _forth_and_back(likeness)
            for together in zip(*(clip.frames() for clip in others), strict=True):
                plate, result, truth = (_tile(frame.image) for frame in together)
                yield beside(
                    {"likeness": _tile(next(own)), "plate": plate, "result": result, "perfect swap": truth}
                )
                task.advance()

        write_clip(path, frames(), width=4 * _TILE, height=_TILE + BAND, rate=info.rate)


def write_picture(path: Path, shown: Shown) -> None:
    """One JPEG: the likeness in the left column; then, from top to bottom, plate, result and perfect swap."""
    with ExitStack() as stack:
        likeness, *others = [
            stack.enter_context(open_clip(clip))
            for clip in (shown.likeness, shown.plate, shown.result, shown.truth)
        ]
        count, own = others[0].info.frame_count, likeness.info.frame_count
        rows = [
            Row(
                "",
                [
                    likeness.read(int(at * own)).image,
                    *(clip.read(int(part * count)).image for part in _PICKED),
                ],
            )
            for clip, at in zip(others, _LIKENESS_PICKED, strict=True)
        ]
    sheet = contact_sheet(rows, _CELL)
    _, data = cv2.imencode(
        ".jpg", np.ascontiguousarray(sheet[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    )
    with replacing(path) as part:
        part.write_bytes(data.tobytes())


def _forth_and_back(clip: Clip) -> Iterator[Image]:
    while True:
        for index in (*range(clip.info.frame_count), *range(clip.info.frame_count - 2, 0, -1)):
            yield clip.read(index).image


def _tile(image: Image) -> Image:
    return cv2.resize(image, (_TILE, _TILE), interpolation=cv2.INTER_AREA)
