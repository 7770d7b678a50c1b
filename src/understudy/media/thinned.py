"""Every so many frames of a clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

from understudy.media.frame import Clip, ClipInfo, Frame


class ThinnedClip:
    """Every `step`-th frame of a clip, numbered 0, 1, 2 …; implements `understudy.media.frame.Clip`.

    For footage of which there is more than is needed. Closing it closes the clip.
    """

    def __init__(self, clip: Clip, step: int) -> None:
        if step < 1:
            raise ValueError(f"a step of {step} leads nowhere")
        self._clip, self._step = clip, step
        self.info: ClipInfo = replace(clip.info, pts=clip.info.pts[::step], rate=clip.info.rate / step)
        self.files: tuple[Path, ...] = clip.files

    @property
    def fault(self) -> str | None:
        """What is known to be damaged; see `understudy.media.frame.Clip`."""
        return self._clip.fault

    @fault.setter
    def fault(self, fault: str | None) -> None:
        self._clip.fault = fault

    def read(self, index: int) -> Frame:
        """Frame `index`; see `understudy.media.frame.Clip.read`."""
        if not 0 <= index < self.info.frame_count:
            raise IndexError(f"frame {index} of a clip of {self.info.frame_count} frames")
        return replace(self._clip.read(index * self._step), index=index)

    def frames(self, start: int = 0, stop: int | None = None, step: int = 1) -> Iterator[Frame]:
        """Frames start..stop-1 by `step`; see `understudy.media.frame.Clip.frames`."""
        count = self.info.frame_count
        first, end = max(start, 0), count if stop is None else min(stop, count)
        if first >= end:
            return
        # Not beyond the last one wanted: what comes after it need not be readable.
        last = first + (end - 1 - first) // step * step
        for frame in self._clip.frames(first * self._step, last * self._step + 1, step * self._step):
            yield replace(frame, index=frame.index // self._step)

    def close(self) -> None:
        """Release the file. Closing twice is fine."""
        self._clip.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
