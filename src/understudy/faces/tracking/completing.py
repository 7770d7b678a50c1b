"""The second pass: shots, tracks, and the faces that the first pass missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from understudy.errors import BadInputError
from understudy.faces.columns import load_columns, save_columns
from understudy.faces.faceset import COLUMNS, Faceset, concatenate
from understudy.faces.finding.reading import FaceReader
from understudy.faces.finding.survey import Survey
from understudy.faces.tracking.gaps import believable, interpolated, missed_frames, without_strays
from understudy.faces.tracking.search import Search
from understudy.faces.tracking.shots import CutFinder
from understudy.faces.tracking.tracks import link, renumbered
from understudy.media.frame import Clip


@dataclass(frozen=True)
class TrackedFaces:
    """The faces of a clip, or of the frames of it that were surveyed.

    faces   tracked, sorted by frame and then by track; tracks count from 0
    shots   (first, last) frame of every shot, both included, in order
    missed  by track, the frames in which its face should be but was not found, ascending
    """

    faces: Faceset = field(repr=False)
    shots: tuple[tuple[int, int], ...]
    missed: dict[int, tuple[int, ...]]

    def save(self, path: Path) -> None:
        """Write as .npz under a temporary name, then rename."""
        pairs = [(track, frame) for track, frames in sorted(self.missed.items()) for frame in frames]
        columns = {name: getattr(self.faces, name) for name in COLUMNS}
        columns["shots"] = np.array(self.shots, np.int64).reshape(-1, 2)
        columns["missed"] = np.array(pairs, np.int64).reshape(-1, 2)
        save_columns(path, columns)

    @classmethod
    def load(cls, path: Path) -> TrackedFaces:
        """Read what `save` wrote. Raises BadInputError for anything else."""
        columns = load_columns(path, (*COLUMNS, "shots", "missed"), mapped=True)
        shots, missed = columns.pop("shots"), columns.pop("missed")
        for name, pairs in (("shots", shots), ("missed", missed)):
            if pairs.dtype != np.int64 or pairs.ndim != 2 or pairs.shape[1] != 2 or (pairs < 0).any():
                raise BadInputError(
                    f"{path} cannot be used, its {name} are damaged: delete it and run again."
                )
        tracks, begins = np.unique(missed[:, 0], return_index=True)
        if (np.diff(missed[:, 0]) < 0).any():
            raise BadInputError(
                f"{path} cannot be used, what was missed is out of order: delete it and run again."
            )
        runs = np.split(missed[:, 1], begins[1:])
        return cls(
            faces=Faceset.from_columns(columns, path),
            shots=tuple((int(first), int(last)) for first, last in shots),
            missed={int(t): tuple(run.tolist()) for t, run in zip(tracks, runs, strict=False)},
        )


def complete(
    clip: Clip, surveys: Iterable[Survey], *, on_frame: Callable[[], None] = lambda: None
) -> TrackedFaces:
    """Find shots, tracks and missed faces of consecutive surveys of `clip`.

    Only frames in which a face may have been missed are decoded again; `on_frame` is called after each.
    Raises BadInputError where a frame cannot be decoded.
    """
    cutter = CutFinder()
    spans: list[tuple[int, int]] = []

    def looked() -> Iterator[Faceset]:
        for survey in surveys:
            spans.append((survey.first, survey.stop))
            cutter.add(survey.thumbnails)
            yield survey.faces

    faces = concatenate(looked())
    if not spans:
        raise BadInputError("There are no frames to look for faces in: give a longer range.")
    first, stop = spans[0][0], spans[-1][1]
    cuts = cutter.cuts(faces, first)
    shots = tuple(zip([first, *cuts], [*(cut - 1 for cut in cuts), stop - 1], strict=True))
    with FaceReader() as reader:

        def searched(faces: Faceset, *, probe: bool) -> Faceset:
            found = concatenate(
                Search(clip, reader, faces.between(begin, end + 1), (begin, end), on_frame).run(probe=probe)
                for begin, end in shots
            )
            return believable(link(found, cuts), shots)

        tracked = searched(without_strays(link(faces, cuts)), probe=True)
        sound = without_strays(tracked)
        if len(sound) < len(tracked):
            # What was found shows that a face was seen askew somewhere: that frame is searched now.
            tracked = searched(sound, probe=False)
    tracked = interpolated(renumbered(tracked))
    return TrackedFaces(tracked, shots, missed_frames(tracked, shots, clip.info.width, clip.info.height))
