"""`coverage`: how far a likeness's footage covers a plate, told before anything is swapped or trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.atomic import replacing
from understudy.errors import BadInputError, OutputError
from understudy.faces.faceset import Faceset, concatenate
from understudy.faces.sampling import sample_square
from understudy.faces.stretches import taken
from understudy.geometry.framing import aligned_matrix
from understudy.likeness import grid, maps
from understudy.likeness.casting import Fit, at_rest, fit_of
from understudy.likeness.coverage import ACTED, ASPECTS, Coverage, Faces, cover
from understudy.likeness.looks import Looks
from understudy.likeness.page import PairPage, Worst, write_page
from understudy.likeness.shooting import Need, remarks, shooting_list
from understudy.likeness.traits import traits_of
from understudy.likeness.words import joined, percent, ranges
from understudy.pipeline.belonging import warn_of_strangers
from understudy.pipeline.footage import Footage
from understudy.pipeline.looking import frames_of, looks_of
from understudy.pipeline.mattes.plates import PlateRequest, at_work, look
from understudy.pipeline.session import Session
from understudy.pipeline.studies import Studied, stride, study, used_rows
from understudy.progress import Progress
from understudy.project import coverages
from understudy.project.coverages import Told
from understudy.project.folder import default_folder

Rows = npt.NDArray[np.int64]

_WORST = 8
_FARTHEST = 9.0
"""Distances are told up to here."""
_APART = 12
"""Frames that two faces shown as worst are apart at least."""


@dataclass(frozen=True)
class CoverRequest:
    """What `understudy coverage` is asked for.

    likenesses   names and clips; several of them are compared
    plates       likewise, one performer each
    project      where what is found is kept; beside the first plate where None
    track, person, frames, rate   as in `request.SwapRequest`; the first two for a single plate only
    report       HTML page to be written
    maps         folder for the maps and timelines as SVG
    """

    likenesses: tuple[tuple[str, tuple[Path, ...]], ...]
    plates: tuple[Path, ...]
    project: Path | None = None
    track: int | None = None
    person: Path | None = None
    frames: tuple[int, int] | None = None
    rate: Fraction | None = None
    report: Path | None = None
    maps: Path | None = None

    @property
    def project_folder(self) -> Path:
        """Where the project is."""
        return self.project or default_folder(self.plates[0])

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values, for the catalogue."""
        return {
            "likenesses": {name: [str(path) for path in clips] for name, clips in self.likenesses},
            "plates": [str(path) for path in self.plates],
            "track": self.track,
            "frames": self.frames,
        }


@dataclass(frozen=True)
class Side:
    """One performer's footage: faces row by row, and where each is to be seen."""

    name: str
    faces: Faceset = field(repr=False)
    known: Faces = field(repr=False)
    clips: tuple[Footage, ...] = field(repr=False)
    clip: npt.NDArray[np.int32] = field(repr=False)
    cuts: tuple[int, ...] = ()

    @cached_property
    def rest(self) -> npt.NDArray[np.float64]:
        """The performer at rest, (478, 3)."""
        return at_rest(self.faces)


@dataclass(frozen=True)
class Pair:
    """A likeness on a plate.

    worst   rows of the plate where the swap is expected to be worst, worst first
    """

    likeness: Side
    plate: Side
    coverage: Coverage = field(repr=False)
    needs: tuple[Need, ...]
    remarks: tuple[str, ...]
    fit: Fit
    worst: Rows = field(repr=False)

    @property
    def name(self) -> str:
        """What the pair is called."""
        return f"{self.likeness.name} on {self.plate.name}"

    @property
    def summary(self) -> str:
        """How much is covered, and what is missing most, in a sentence or two."""
        coverage = self.coverage
        covered = 1 - float(coverage.uncovered.mean())
        missing = sorted((1 - coverage.share(name), name) for name in ACTED)[::-1]
        said = [f"{name} ({percent(share)})" for share, name in missing if share >= 0.01]
        text = f"{percent(covered)} of the plate's {len(coverage)} faces are covered"
        text += f"; what is missing is {joined(said)}." if said else "."
        worst = coverage.loss >= np.percentile(coverage.loss, 90)
        return f"{text} A swap is expected to be worst in {ranges(self.plate.faces.frame[worst])}."

    @property
    def told(self) -> Told:
        """What the catalogue keeps of it: distances of half a border and more, the largest of each frame."""
        apart = np.max([self.coverage.apart[name] for name in ACTED], axis=0)
        frames, begins = np.unique(self.plate.faces.frame, return_index=True)
        worst = np.minimum(np.maximum.reduceat(apart, begins), _FARTHEST).round(2)
        marks = tuple(
            (int(frame), float(distance))
            for frame, distance in zip(frames, worst, strict=True)
            if distance >= 0.5
        )
        return Told(self.likeness.name, self.summary, tuple(need.sentence for need in self.needs), marks)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        frames, coverage = self.plate.faces.frame, self.coverage
        return {
            "likeness": self.likeness.name,
            "plate": self.plate.name,
            "covered": round(1 - float(coverage.uncovered.mean()), 4),
            "covered_by_aspect": {name: round(coverage.share(name), 4) for name in ASPECTS},
            "shooting_list": [
                {
                    "aspect": need.aspect,
                    "share": round(need.share, 4),
                    "frames": need.frames.tolist(),
                    "sentence": need.sentence,
                }
                for need in self.needs
            ],
            "remarks": list(self.remarks),
            "fit": {name: getattr(self.fit, name) for name in ("score", "shape", "pose", "expression")}
            | {"distance": self.fit.distance, "differences": dict(self.fit.differences)},
            "frames": frames.tolist(),
            "track": self.plate.faces.track.tolist(),
            "distances": {name: np.round(coverage.apart[name], 3).tolist() for name in ASPECTS},
            "expected_loss": np.round(coverage.loss, 3).tolist(),
            "uncovered_frames": np.unique(frames[coverage.uncovered]).tolist(),
        }


@dataclass(frozen=True)
class Covered:
    """What came of it: every likeness on every plate, best fit first."""

    pairs: tuple[Pair, ...]
    warnings: tuple[str, ...] = ()
    report: Path | None = None
    maps: tuple[Path, ...] = ()

    @property
    def ranking(self) -> list[tuple[str, str]]:
        """Scores and why; empty where there is nothing to choose between."""
        if len(self.pairs) < 2:
            return []
        return [
            (
                f"{pair.fit.score:.0f} of 100",
                f"{pair.name}: {pair.fit.words(pair.likeness.name, pair.plate.name)}.",
            )
            for pair in self.pairs
        ]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "pairs": [pair.to_json() for pair in self.pairs],
            "warnings": list(self.warnings),
            "report": None if self.report is None else str(self.report),
            "maps": [str(path) for path in self.maps],
        }


def coverage(request: CoverRequest, progress: Progress | None = None) -> Covered:
    """Compare every likeness with every plate.

    Raises BadInputError for what cannot be used and where there is no face, and OutputError where a file
    cannot be written.
    """
    check(request)
    with at_work(request.project_folder, "coverage", request.to_json(), progress) as session:
        plates = [_plate(session, request, path) for path in request.plates]
        likenesses = [_likeness(session, name, clips) for name, clips in request.likenesses]
        pairs = [_pair(likeness, plate) for plate in plates for likeness in likenesses]
        pairs.sort(key=lambda pair: -pair.fit.score)
        made = Covered(tuple(pairs))
        _keep(session, plates, pairs)
        if request.report is not None:
            _write_report(session, request.report, made)
        drawn = [] if request.maps is None else _write_maps(request.maps, pairs)
        return Covered(made.pairs, tuple(session.warnings), request.report, tuple(drawn))


def check(request: CoverRequest) -> None:
    """Refuse what can be seen to be wrong before anything is looked at: BadInputError or OutputError."""
    if not request.likenesses or not all(clips for _, clips in request.likenesses):
        raise BadInputError("There is no likeness: give at least one clip or still of the person to be seen.")
    if not request.plates:
        raise BadInputError("There is no plate: give --onto the clip whose face is replaced.")
    for path in [*request.plates, *(clip for _, clips in request.likenesses for clip in clips)]:
        if not path.exists() and "%" not in path.name and "#" not in path.name:
            raise BadInputError(f"There is no file {path}: check its name and folder.")
    if len(request.plates) > 1 and (
        request.track is not None or request.person is not None or request.frames
    ):
        raise BadInputError("--track, --person and --frames are of one plate: give one --onto with them.")
    if request.report is not None:
        if request.report.suffix.lower() not in (".html", ".htm"):
            raise BadInputError(f"{request.report} has to end in .html.")
        if not request.report.absolute().parent.is_dir():
            raise OutputError(f"There is no folder {request.report.parent}: make it, or choose another one.")


# --- looking


def _plate(session: Session, request: CoverRequest, path: Path) -> Side:
    looked = look(
        session,
        PlateRequest(
            path, session.project.folder, request.track, request.person, request.frames, request.rate
        ),
    )
    analysis = looked.plate.analysis
    rows = np.flatnonzero(np.isin(analysis.faces.track, looked.tracks) & analysis.seen)
    cuts = tuple(first for first, _ in analysis.shots[1:])
    return _side(session, _named(path, request), [(looked.plate, rows)], "plate", cuts)


def _named(path: Path, request: CoverRequest) -> str:
    """What a plate is called: by its folder, too, where another clip has its name."""
    others = [name for name, _ in request.likenesses] + [each.stem for each in request.plates if each != path]
    return f"{path.absolute().parent.name}/{path.name}" if path.stem in others else path.stem


def _likeness(session: Session, name: str, paths: Sequence[Path]) -> Side:
    """The faces that a swap would use. Raises BadInputError where there is none."""
    clips = [session.open(path) for path in paths]
    step = stride([clip.info for clip in clips])
    found = []
    for clip in clips:
        chosen = session.project.selection(clip.digest)
        studied = study(session, clip.thinned(step if chosen is None else chosen.step), "likeness")
        rows = used_rows(session, studied, chosen)
        if len(rows):
            found.append((studied, rows))
        else:
            session.warn(f"No face of {clip.info.path.name} is used; it is left out.")
    if not found:
        names = ", ".join(path.name for path in paths)
        raise BadInputError(f"No face was found in the likeness ({names}): give footage that shows it.")
    warn_of_strangers(session, found)
    return _side(session, name, found, "likeness")


def _side(
    session: Session,
    name: str,
    found: Sequence[tuple[Studied, Rows]],
    label: str,
    cuts: tuple[int, ...] = (),
) -> Side:
    sets, looks = [], []
    for studied, rows in found:
        every = looks_of(session, studied, label)
        sets.append(studied.analysis.faces.select(rows))
        looks.append({column: taken(values, rows) for column, values in vars(every).items()})
    faces = concatenate(sets)
    whole = Looks(**{column: np.concatenate([each[column] for each in looks]) for column in looks[0]})
    clip = np.repeat(np.arange(len(sets), dtype=np.int32), [len(each) for each in sets])
    clips = tuple(studied.footage for studied, _ in found)
    return Side(name, faces, Faces(traits_of(faces), whole), clips, clip, cuts)


def _pair(likeness: Side, plate: Side) -> Pair:
    found = cover(plate.known, likeness.known)
    return Pair(
        likeness=likeness,
        plate=plate,
        coverage=found,
        needs=tuple(shooting_list(plate.known, likeness.known, found, plate.faces.frame)),
        remarks=tuple(remarks(plate.known, likeness.known, found)),
        fit=fit_of(likeness.rest, plate.rest, found),
        worst=_worst(found.loss, plate.faces.frame),
    )


def _worst(loss: npt.NDArray[np.float64], frames: npt.NDArray[np.int32]) -> Rows:
    """Rows of the greatest loss, some frames apart."""
    chosen: list[int] = []
    for row in np.argsort(-loss, kind="stable"):
        if all(abs(int(frames[row]) - int(frames[other])) >= _APART for other in chosen):
            chosen.append(int(row))
        if len(chosen) == _WORST:
            break
    return np.array(chosen, np.int64)


def _keep(session: Session, plates: Sequence[Side], pairs: Sequence[Pair]) -> None:
    """Leave in the catalogue what was found, for whoever goes through films of these plates."""
    with session.project_catalog.transaction() as table:
        for plate in plates:
            mine = [pair.told for pair in pairs if pair.plate is plate]
            coverages.keep(table, plate.clips[0].digest, mine)


# --- showing


def _write_report(session: Session, path: Path, made: Covered) -> None:
    pages = [
        PairPage(
            name=pair.name,
            summary=pair.summary,
            needs=[need.sentence for need in pair.needs],
            remarks=pair.remarks,
            timeline=maps.timeline(pair.plate.faces.frame, pair.coverage, pair.plate.cuts),
            maps=[
                maps.draw(each, pair.plate.known, pair.likeness.known, pair.coverage) for each in maps.MAPS
            ],
            worst=_shown_worst(session, pair),
        )
        for pair in made.pairs
    ]
    title = f"Coverage: {made.pairs[0].name}" if len(made.pairs) == 1 else "Coverage and casting"
    write_page(path, title, pages, made.ranking)


def _shown_worst(session: Session, pair: Pair) -> list[Worst]:
    with session.progress.stage("pictures", 2 * len(pair.worst), "faces") as task:
        ours = _pictures(pair.plate, pair.worst)
        task.advance(len(ours))
        near = pair.coverage.nearest[pair.worst]
        theirs = _pictures(pair.likeness, np.unique(near))
        task.advance(len(pair.worst))
    return [
        Worst(
            f"frame {pair.plate.faces.frame[row]}: {pair.coverage.loss[row]:+.1f} dB",
            ours[int(row)],
            theirs[int(other)],
        )
        for row, other in zip(pair.worst, near, strict=True)
    ]


def _pictures(side: Side, rows: Rows) -> dict[int, npt.NDArray[np.uint8]]:
    found = {}
    for number, clip in enumerate(side.clips):
        mine = rows[side.clip[rows] == number]
        numbers = side.faces.frame[mine]
        for frame in frames_of(clip, numbers):
            for row in mine[numbers == frame.index]:
                to_square = aligned_matrix(side.faces.landmarks[row], grid.CELL)
                found[int(row)] = sample_square(frame.image, to_square, grid.CELL)
    return found


def _write_maps(folder: Path, pairs: Sequence[Pair]) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made ({error.strerror}): choose another folder.") from error
    written = []
    for number, pair in enumerate(pairs):
        before = "" if len(pairs) == 1 else f"{number + 1}-"
        pictures = {
            each.name: maps.draw(each, pair.plate.known, pair.likeness.known, pair.coverage)
            for each in maps.MAPS
        }
        pictures["timeline"] = maps.timeline(pair.plate.faces.frame, pair.coverage, pair.plate.cuts)
        for name, svg in pictures.items():
            path = folder / f"{before}{name}.svg"
            with replacing(path) as part:
                part.write_text(svg, "utf-8")
            written.append(path)
    return written
