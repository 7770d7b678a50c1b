"""`inspect`: what is wrong with a finished film, found beside its plate or alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.people.identity import available
from understudy.inspection.curves import changed_share
from understudy.inspection.events import SEVERITIES, Event, Severity, events_of, judge_all
from understudy.inspection.flaws import FLAWS, Judgement
from understudy.inspection.recognising import recognised
from understudy.inspection.record import Record
from understudy.inspection.watching import Pair, Watcher
from understudy.media import Clip, open_clip
from understudy.pipeline.beginnings import Beginnings
from understudy.pixels import to_bytes
from understudy.progress import Progress
from understudy.project.catalog import DONE, Catalog
from understudy.project.folder import default_folder

_SHAPE = 0.01
"""How much the two pictures' width over height may differ, as a part of it."""


@dataclass(frozen=True)
class InspectRequest:
    """What `understudy inspect` is asked for.

    film    a finished film, or a project's folder, whose last finished swap is meant
    plate   what it was made of; None: what the film's own project says, and else the film is looked at alone
    """

    film: Path
    plate: Path | None = None


@dataclass(frozen=True)
class Films:
    """What is compared: frame i of the result with frame `begin` + i of the plate, to `end` (None: all)."""

    result: Path
    plate: Path | None
    begin: int = 0
    end: int | None = None


@dataclass(frozen=True)
class Inspection:
    """What was found.

    frames      how many were looked at
    events      the worst first
    sentences   what a reader has to know of the comparison: what was left out, and why
    """

    films: Films
    frames: int
    rate: float
    events: tuple[Event, ...]
    sentences: tuple[str, ...]
    record: Record = field(repr=False)
    judgements: tuple[Judgement, ...] = field(repr=False)

    def at_least(self, severity: Severity) -> list[Event]:
        """The events that are that severe, or more."""
        least = SEVERITIES.index(severity)
        return [event for event in self.events if SEVERITIES.index(event.severity) >= least]

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "result": str(self.films.result),
            "plate": None if self.films.plate is None else str(self.films.plate),
            "plate_begins_at": self.films.begin,
            "frames": self.frames,
            "rate": self.rate,
            "faces": int(self.record.seen.sum()),
            "cuts": list(self.record.cuts),
            "notes": list(self.sentences),
            "events": [event.to_json() for event in self.events],
        }


def inspect(request: InspectRequest, progress: Progress) -> Inspection:
    """Look at every frame once. Raises BadInputError for what cannot be read or compared."""
    films = films_of(request)
    # threads are ours: one a core, each with a frame of its own
    cv2.setNumThreads(1)
    with ExitStack() as stack:
        result = stack.enter_context(open_clip(films.result))
        plate = None if films.plate is None else stack.enter_context(open_clip(films.plate))
        count, sentences = _compared(films, result, plate)
        watcher = stack.enter_context(Watcher())
        with progress.stage("inspect", count) as task:
            record = watcher.watch(
                _pairs(result, plate, films.begin, count), float(result.info.rate), task.advance
            )
        if available():
            record = recognised(record, lambda n: to_bytes(result.read(n).image[..., :3]))
        sentences += [clip.fault for clip in (result, plate) if clip is not None and clip.fault is not None]
    if not record.seen.any():
        where = films.result if films.plate is None else films.plate
        raise BadInputError(f"No face was found in {where}: there is nothing to inspect.")
    judgements = judge_all(record)
    if record.has_plate and not np.isfinite(changed_share(record)).any():
        sentences.append(
            "Film and plate show the same face: it was replaced nowhere, or so that nobody sees it."
        )
    if record.frames < count:
        sentences.append(f"Only {record.frames} of {count} frames could be read.")
    return Inspection(
        films,
        record.frames,
        record.rate,
        tuple(events_of(judgements, record)),
        tuple(sentences),
        record,
        tuple(judgements),
    )


def films_of(request: InspectRequest) -> Films:
    """Which files are meant. Raises BadInputError for a project without a finished swap."""
    film = request.film
    if (film / "catalog.db").is_file():
        made = _swap(film / "catalog.db", None)
        if made is None:
            raise BadInputError(f"{film} has no finished swap to inspect: run one, or give a film.")
    elif not film.exists():
        raise BadInputError(f"There is no {film}: give a film, or a project's folder.")
    else:
        catalog = default_folder(film) / "catalog.db"
        made = _swap(catalog, film) if catalog.is_file() else None
    if made is None:
        return Films(film, request.plate)
    own = None if made.plate is None else made.plate.absolute()
    same = request.plate is None or request.plate.absolute() == own
    return made if same else Films(made.result, request.plate)


def _swap(path: Path, film: Path | None) -> Films | None:
    """What the catalogue knows of the swap that made `film`, or of the last finished one; None without."""
    catalog = Catalog(path)
    try:
        every = [Path(run.output) for run in reversed(catalog.runs()) if run.output is not None]
        runs = [catalog.last_run(output) for output in (dict.fromkeys(every) if film is None else [film])]
    finally:
        catalog.close()
    for run in runs:
        if run is None or run.outcome != DONE or run.command not in ("swap", "retouch") or run.output is None:
            continue
        made = Beginnings.of(run.settings)
        return Films(Path(run.output), made.plate, made.first, made.last)
    return None


def _compared(films: Films, result: Clip, plate: Clip | None) -> tuple[int, list[str]]:
    """How many frames are looked at, and what has to be said of that."""
    ours = result.info.frame_count
    if plate is None:
        left_out = sorted({f.key for f in FLAWS} - {f.key for f in FLAWS if not f.needs_plate})
        return ours, [
            f"There is no plate to compare with, so these are left out: {', '.join(left_out)}. "
            "Give it as --plate."
        ]
    last = plate.info.frame_count - 1
    theirs = (last if films.end is None else min(last, films.end)) - films.begin + 1
    if theirs <= 0:
        raise BadInputError(f"{films.plate} has only {plate.info.frame_count} frames: is it the right plate?")
    sentences = []
    shapes = [clip.info.width / clip.info.height for clip in (result, plate)]
    if abs(shapes[0] / shapes[1] - 1) > _SHAPE:
        raise BadInputError(
            f"{films.result} is {result.info.width} x {result.info.height} and {films.plate} is "
            f"{plate.info.width} x {plate.info.height}: give the plate that it was made of, uncropped."
        )
    if (result.info.width, result.info.height) != (plate.info.width, plate.info.height):
        sentences.append(
            f"The plate is {plate.info.width} x {plate.info.height} and was scaled to the film's "
            f"{result.info.width} x {result.info.height}: sharpness and grain compare only roughly."
        )
    if ours != theirs:
        longer = "film" if ours > theirs else "plate"
        count = min(ours, theirs)
        sentences.append(
            f"The {longer} is {abs(ours - theirs)} frames longer ({ours} in the film, {theirs} in the "
            f"plate): the first {count} of each were compared, frame by frame from the first."
        )
    return min(ours, theirs), sentences


def _pairs(result: Clip, plate: Clip | None, begin: int, count: int) -> Iterator[Pair]:
    ours = result.frames(0, count)
    if plate is None:
        for frame in ours:
            yield frame.image, None
        return
    for frame, other in zip(ours, plate.frames(begin, begin + count), strict=False):
        yield _alike(frame.image, other.image)


def _alike(result: npt.NDArray[Any], plate: npt.NDArray[Any]) -> Pair:
    """Both with 8 bits (nothing that is measured needs more) and of the result's size."""
    ours, theirs = to_bytes(result[..., :3]), to_bytes(plate[..., :3])
    if ours.shape != theirs.shape:
        size = (ours.shape[1], ours.shape[0])
        theirs = np.asarray(cv2.resize(theirs, size, interpolation=cv2.INTER_AREA), np.uint8)
    return ours, theirs
