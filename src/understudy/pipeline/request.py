"""What `swap` is asked for, and everything that can be told about it before a picture is decoded."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from understudy.engines.base import engine as load_engine
from understudy.errors import BadInputError, OutputError
from understudy.media.codecs import CODECS
from understudy.pipeline.asked import Casting
from understudy.pipeline.learning import Learning, choices_of
from understudy.pipeline.records import PERFORMERS, Records, load_records, resolved
from understudy.project.folder import Project, default_folder
from understudy.project.settings import (
    Blend,
    Codec,
    ConsentSettings,
    SwapSettings,
    TrainingTable,
    one_sentence,
)

_SEQUENCE = re.compile(r"%0?\d*d|#+|@+")
_FRAMES = re.compile(r"(\d+)-(\d+)")
_MAP = re.compile(r"(\d+)=(.+)")


@dataclass(frozen=True)
class SwapRequest:
    """One swap. Options that are None are as `project.toml` says, and else at their default (`SwapSettings`).

    likeness        clips, image sequences or stills of the person to be seen; may be empty where
                    `assignments` is not
    plate           the footage whose face is replaced: a clip, or an image sequence (a folder, or a name with
                    `%04d` or `####`)
    output          the file to be written
    track           number of the plate's track to be replaced; the largest face where neither this, `person`
                    nor `assignments` is given
    person          picture of the plate's performer who is to be replaced, in every shot
    assignments     (track, likeness) pairs, for several likenesses in one plate
    frames          first and last frame of the plate to be processed, from 0, both included; None: all
    rate            frames per second of an image sequence, where its files do not say
    consent         consent records of the likeness, or `records.PERFORMERS`; without one, and without one in
                    `project.toml`, the output is a preview: small and marked
    plate_consent   consent records of the performer who is replaced, where `consent` does not cover that
    plate_reason    why the plate needs no record
    project         the project's folder; None: beside the output
    engine, codec, quality, blend, sheet_frames, seed   as in `SwapSettings`
    learning        options of the engine, and how it is trained where it learns
    contact_sheet   picture of likeness, plate and result side by side, to be written as well (.png)
    compare         video with a wipe from plate to result, to be written as well
    overwrite       whether files may be replaced that this project did not make
    """

    likeness: tuple[Path, ...]
    plate: Path
    output: Path
    track: int | None = None
    person: Path | None = None
    assignments: tuple[tuple[int, Path], ...] = ()
    frames: tuple[int, int] | None = None
    rate: Fraction | None = None
    consent: tuple[Path, ...] = ()
    plate_consent: tuple[Path, ...] = ()
    plate_reason: str | None = None
    project: Path | None = None
    engine: str | None = None
    codec: Codec | None = None
    quality: int | None = None
    blend: Blend | None = None
    sheet_frames: int | None = None
    seed: int | None = None
    learning: Learning = field(default_factory=Learning)
    contact_sheet: Path | None = None
    compare: Path | None = None
    overwrite: bool = False

    @property
    def project_folder(self) -> Path:
        """Where the project is."""
        return self.project or default_folder(self.output)

    def settings(self, project: SwapSettings) -> SwapSettings:
        """The settings of this swap: what was asked for, and for the rest what the project says.

        Raises BadInputError for values out of range, and for an engine that is not installed and for a
        codec that the output's suffix cannot hold.
        """
        asked = {name: getattr(self, name) for name in SwapSettings.model_fields}
        given = {name: value for name, value in asked.items() if value is not None}
        try:
            settings = SwapSettings.model_validate(project.model_dump() | given)
        except ValidationError as error:
            raise BadInputError(one_sentence(error)) from error
        choices_of(load_engine(settings.engine), self.learning)
        _check_video(self.output)
        _check_suffix(self.output, CODECS[settings.codec].containers, settings.codec)
        return settings

    def records(self, project: ConsentSettings, folder: Path) -> Records:
        """The consent records of this swap: those that were asked for, or else those of the project.

        Raises BadInputError for one that cannot be read, and ConsentError for one that does not permit this.
        """
        return load_records(self.consent, self.plate_consent, self.plate_reason, project, folder)

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values, for the catalogue."""
        plain: dict[str, Any] = {}
        for name, value in asdict(self).items():
            if isinstance(value, Path | Fraction):
                plain[name] = str(value)
            elif name == "learning":
                plain[name] = self.learning.to_json()
            elif name in ("likeness", "consent", "plate_consent"):
                plain[name] = [str(path) for path in value]
            elif name == "assignments":
                plain[name] = [[track, str(path)] for track, path in self.assignments]
            else:
                plain[name] = value
        return plain


def request_from_json(plain: Mapping[str, Any]) -> SwapRequest:
    """The request of a run out of the catalogue; relative paths are seen from where it was run.

    Raises BadInputError where something is missing or of another kind.
    """
    here = Path(str(plain.get("directory", "")))

    def one(name: str) -> Path | None:
        return None if plain.get(name) is None else here / plain[name]

    def records(name: str) -> tuple[Path, ...]:
        given = plain.get(name) or ()
        return tuple(Path(each) if each == PERFORMERS else here / each for each in given)

    learning = plain.get("learning", {})
    frames, rate = plain.get("frames"), plain.get("rate")
    rest: dict[str, Any] = {name: plain.get(name) for name in SwapSettings.model_fields}
    try:
        return SwapRequest(
            tuple(here / each for each in plain["likeness"]),
            here / plain["plate"],
            here / plain["output"],
            track=plain.get("track"),
            person=one("person"),
            assignments=tuple((int(track), here / each) for track, each in plain.get("assignments", ())),
            frames=None if frames is None else (int(frames[0]), int(frames[1])),
            rate=None if rate is None else Fraction(rate),
            consent=records("consent"),
            plate_consent=records("plate_consent"),
            plate_reason=plain.get("plate_reason"),
            project=one("project"),
            learning=Learning(
                tuple(learning.get("options", {}).items()),
                TrainingTable.model_validate(learning.get("training", {})),
            ),
            contact_sheet=one("contact_sheet"),
            compare=one("compare"),
            overwrite=bool(plain.get("overwrite", False)),
            **rest,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(f"A swap in the catalogue cannot be read ({error}): run it anew.") from error


def parse_frames(text: str) -> tuple[int, int]:
    """`A-B` as (A, B). Raises BadInputError for anything else."""
    match = _FRAMES.fullmatch(text.strip())
    if match is None:
        raise BadInputError(f'--frames wants two frame numbers, as in 100-250, not "{text}".')
    return int(match[1]), int(match[2])


def parse_assignment(text: str) -> tuple[int, Path]:
    """`TRACK=LIKENESS` as (track, path). Raises BadInputError for anything else."""
    match = _MAP.fullmatch(text)
    if match is None:
        raise BadInputError(f'--map wants TRACK=LIKENESS, as in 0=anna.mp4, not "{text}".')
    return int(match[1]), Path(match[2])


def parse_rate(text: str) -> Fraction:
    """Frames per second, as `25`, `23.976` or `24000/1001`. Raises BadInputError for anything else."""
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= 1000:
        raise BadInputError(f'--rate wants frames per second, as in 25 or 24000/1001, not "{text}".')
    return rate


def validate(request: SwapRequest) -> None:
    """Refuse what can be seen to fail, before anything is created.

    Raises BadInputError, ConsentError or OutputError, with one sentence.
    """
    check_casting(request)
    codec = CODECS.get(request.codec or "")
    if request.quality is not None and codec is not None and codec.crf is None:
        raise BadInputError(f"{codec.name} has a fixed quality: leave out --quality.")
    request.records(ConsentSettings(), Path())
    _check_output_file(request, request.output, "the output")
    request.settings(SwapSettings())
    if request.contact_sheet is not None:
        _check_output_file(request, request.contact_sheet, "the contact sheet")
        _check_suffix(request.contact_sheet, (".png",), "A contact sheet")
    if request.compare is not None:
        _check_output_file(request, request.compare, "the comparison")
        _check_suffix(request.compare, CODECS["h264"].containers, "A comparison")


def check_overwrite(request: SwapRequest, project: Project) -> None:
    """Refuse to replace an output that `project` did not make, unless that was asked for.

    To be called before `Project.run`, which notes the output as this project's own. Raises OutputError.
    """
    if request.output.exists() and not request.overwrite and not project.owns(request.output):
        raise OutputError(
            f"{request.output} exists and was not made by this project: "
            "give --overwrite to replace it, or choose another name."
        )


def _read(request: SwapRequest) -> Iterator[Path]:
    """Every file that must not be written to."""
    yield from _inputs(request)
    yield from map(resolved, (*request.consent, *request.plate_consent))


def _inputs(request: Casting) -> Iterator[Path]:
    yield from request.likeness
    yield from (path for _, path in request.assignments)
    yield request.plate
    if request.person is not None:
        yield request.person


def check_casting(request: Casting) -> None:
    """Refuse footage that is not there, and choices of faces that contradict each other: BadInputError."""
    if not request.likeness and not request.assignments:
        raise BadInputError("There is no likeness: give at least one clip or still of the person to be seen.")
    if request.track is not None and request.person is not None:
        raise BadInputError("--track and --person both choose the face: give one of them.")
    tracks = [track for track, _ in request.assignments]
    if len(set(tracks)) < len(tracks):
        raise BadInputError("--map gives one track two likenesses: give each track once.")
    if min([*tracks, request.track or 0]) < 0:
        raise BadInputError("Tracks are numbered from 0: give the number that the last run listed.")
    if request.frames is not None and not 0 <= request.frames[0] <= request.frames[1]:
        raise BadInputError(
            f"--frames {request.frames[0]}-{request.frames[1]} is empty: the first frame comes first, from 0."
        )
    for path in _inputs(request):
        _check_input(path)


def _check_input(path: Path) -> None:
    if not path.exists():
        if not _SEQUENCE.search(path.name):
            raise BadInputError(f"There is no file {path}: check its name and folder.")
        pattern = "*".join(glob.escape(part) for part in _SEQUENCE.split(path.name))
        if not any(path.parent.glob(pattern)):
            raise BadInputError(f"No file is named like {path}: check the folder and the number of digits.")
    elif not os.access(path, os.R_OK):
        raise BadInputError(f"There is no permission to read {path}: change its permissions.")
    elif path.is_dir():
        if not any(path.iterdir()):
            raise BadInputError(f"The folder {path} is empty: give a clip or a folder of pictures.")
    elif path.stat().st_size == 0:
        raise BadInputError(f"{path} is empty (0 bytes): copy or export it again.")


def _check_output_file(request: SwapRequest, path: Path, what: str) -> None:
    if path.is_dir():
        raise BadInputError(f"{path} is a folder: give {what} a file name.")
    if any(_same_file(path, other) for other in _read(request)):
        raise BadInputError(f"{path} is also an input: give {what} another name.")
    others = [p for p in (request.output, request.contact_sheet, request.compare) if p is not None]
    if sum(_same_file(path, other) for other in others) > 1:
        raise BadInputError(f"{path} is asked for twice: give {what} a name of its own.")
    if not path.parent.is_dir():
        raise OutputError(f"There is no folder {path.parent}: make it, or choose another one for {what}.")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"There is no permission to write into {path.parent}: choose another folder.")


def _same_file(path: Path, other: Path) -> bool:
    if path.exists() and other.exists():
        return path.samefile(other)
    return path.resolve() == other.resolve()


def _check_video(output: Path) -> None:
    # Only now, and only where the name is not that of a film: this loads OpenImageIO.
    if output.suffix.lower() in {suffix for codec in CODECS.values() for suffix in codec.containers}:
        return
    from understudy.media.stills import SUFFIXES

    if output.suffix.lower() in SUFFIXES:
        raise BadInputError(
            f"{output} names pictures, and a swap is written as video only: name it .mov with --codec "
            "prores-4444 or .mkv with --codec ffv1, and take that apart in your compositing program."
        )


def _check_suffix(path: Path, suffixes: tuple[str, ...], what: str) -> None:
    if path.suffix.lower() not in suffixes:
        raise BadInputError(
            f'{what} cannot be written to a "{path.suffix}" file ({path}): '
            f"the name has to end in {_either(suffixes)}."
        )


def _either(words: tuple[str, ...]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
