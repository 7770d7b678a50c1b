"""Stills and numbered picture files as clips."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

from understudy.errors import BadInputError
from understudy.media.frame import ClipInfo, Frame, Image
from understudy.media.stills import SUFFIXES, read_still, still_format

DEFAULT_RATE = Fraction(24)

_MEMBER = re.compile(r"^(?P<head>.*?)(?P<number>\d+)(?P<tail>\.[^.]+)$")
_WILDCARD = re.compile(r"#+|@+|%0?\d*d")


class PictureClip:
    """A still, or picture files in order, as a clip; implements `understudy.media.frame.Clip`.

    How pictures are read stands in `understudy.media.stills`. Frame `i` is shown at `i` / `rate` seconds. All
    pictures must have the size and kind of the first; one that has not raises BadInputError when it is read.
    """

    def __init__(self, path: Path, members: Sequence[Path], rate: Fraction) -> None:
        """`path` is what the clip is called by, `members` its files in order."""
        self.files = self._members = tuple(members)
        self._form = still_format(self._members[0])
        self.fault: str | None = None
        self.info = ClipInfo(
            path=path,
            width=self._form.width,
            height=self._form.height,
            rate=rate,
            time_base=Fraction(1, rate.numerator),
            pts=np.arange(len(members), dtype=np.int64) * rate.denominator,
            codec=self._form.kind,
            pixel_format=("rgba" if self._form.has_alpha else "rgb")
            + ("64" if self._form.bit_depth > 8 else "24"),
            bit_depth=self._form.bit_depth,
            has_alpha=self._form.has_alpha,
            rotation=self._form.turn.degrees,
            colour=self._form.colour,
        )

    def read(self, index: int) -> Frame:
        """Frame `index`; see `understudy.media.frame.Clip.read`."""
        if not 0 <= index < len(self._members):
            raise IndexError(f"frame {index} of a clip of {len(self._members)} frames")
        return self._frame(index, read_still(self._members[index]))

    def frames(self, start: int = 0, stop: int | None = None, step: int = 1) -> Iterator[Frame]:
        """Frames start..stop-1 by `step`; see `understudy.media.frame.Clip.frames`."""
        end = len(self._members) if stop is None else min(stop, len(self._members))
        for index in range(max(start, 0), end, step):
            try:
                image = read_still(self._members[index])
            except BadInputError as error:
                self.fault = str(error)
                return
            yield self._frame(index, image)

    def _frame(self, index: int, image: Image) -> Frame:
        info = self.info
        found = (image.shape[1], image.shape[0], image.shape[2], image.dtype.itemsize)
        if found != (info.width, info.height, 4 if info.has_alpha else 3, 2 if info.bit_depth > 8 else 1):
            raise BadInputError(
                f"{self._members[index].name} differs in size, channels or depth from "
                f"{self._members[0].name} ({info.width}x{info.height}); make the sequence uniform."
            )
        image.flags.writeable = False
        return Frame(index, int(info.pts[index]), info.time_base, image, info.colour)

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_pictures(path: Path, rate: Fraction | None = None) -> PictureClip:
    """A still (`face.png`), a folder with one sequence, or a pattern (`name.####.exr`, `name.%04d.png`).

    Raises BadInputError where there is no such sequence, several lie in one folder, or frame numbers are
    missing.
    """
    rate = DEFAULT_RATE if rate is None else Fraction(rate)
    if rate <= 0:
        raise BadInputError(f"The frame rate {rate} is not above 0; give frames per second, such as 24.")
    if not path.is_dir() and not is_pattern(path):
        return PictureClip(path, [path], rate)
    sequence = _sequence_in(path) if path.is_dir() else _sequence_named(path)
    sequence.check_complete()
    return PictureClip(path, sequence.members, rate)


def is_pattern(path: Path) -> bool:
    """Whether a name stands for many files, by `####`, `@@@@` or `%04d` before its suffix."""
    return not path.exists() and bool(_WILDCARD.search(path.stem))


@dataclass(frozen=True)
class _Sequence:
    """Numbered files of one name in one folder, by number."""

    name: str
    files: dict[int, Path]

    @property
    def members(self) -> list[Path]:
        return [self.files[number] for number in sorted(self.files)]

    def check_complete(self) -> None:
        numbers = sorted(self.files)
        missing = [
            str(before + 1) if after == before + 2 else f"{before + 1}-{after - 1}"
            for before, after in pairwise(numbers)
            if after > before + 1
        ]
        if missing:
            shown = ", ".join(missing[:10]) + (", …" if len(missing) > 10 else "")
            raise BadInputError(
                f"{self.name} lacks the frames {shown}; render them, or fill them with copies."
            )


def _sequence_in(folder: Path) -> _Sequence:
    sequences: dict[str, dict[int, Path]] = {}
    for file in sorted(folder.iterdir()):
        member = _MEMBER.match(file.name)
        if member and file.suffix.lower() in SUFFIXES and not file.name.startswith("."):
            name = f"{member['head']}#{member['tail']}"
            sequences.setdefault(name, {})[int(member["number"])] = file
    if not sequences:
        raise BadInputError(
            f"{folder} holds no numbered pictures; give a video, a still or a folder of frames."
        )
    if len(sequences) > 1:
        names = ", ".join(sorted(sequences)[:5])
        raise BadInputError(f"{folder} holds several sequences ({names}); name the one that is meant.")
    ((name, files),) = sequences.items()
    return _Sequence(name, files)


def _sequence_named(pattern: Path) -> _Sequence:
    *_, wildcard = _WILDCARD.finditer(pattern.name)
    head, tail = pattern.name[: wildcard.start()], pattern.name[wildcard.end() :]
    member = re.compile(re.escape(head) + r"(\d+)" + re.escape(tail) + "$")
    folder = pattern.parent
    if not folder.is_dir():
        raise BadInputError(f"{folder} does not exist; check the path.")
    found = ((member.match(file.name), file) for file in folder.iterdir())
    files = {int(match[1]): file for match, file in found if match}
    if not files:
        raise BadInputError(f"No file is called like {pattern}; check the name and the folder.")
    return _Sequence(pattern.name, files)
