"""What `train` is asked for, and what can be told about it before a picture is decoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from understudy.engines.base import Engine, engine
from understudy.errors import BadInputError
from understudy.pipeline.learning import Learning, choices_of
from understudy.pipeline.records import PERFORMERS, Records, load_records
from understudy.pipeline.request import check_casting
from understudy.project.settings import ConsentSettings, Settings, TrainingTable


@dataclass(frozen=True)
class TrainRequest:
    """One training. Options that are not given are as `project.toml` says, and else as the engine wants them.

    likeness, plate, track, person, assignments, frames, rate, consent, plate_consent, plate_reason
                see `request.SwapRequest`; a swap that is asked for with the same ones uses what was trained
    project     the project's folder, where the training is kept
    engine      which engine; None: as `project.toml` says
    learning    its options, and how it is trained
    resume      go on with a training, and refuse where there is none yet
    """

    likeness: tuple[Path, ...]
    plate: Path
    project: Path
    engine: str | None = None
    learning: Learning = field(default_factory=Learning)
    track: int | None = None
    person: Path | None = None
    assignments: tuple[tuple[int, Path], ...] = ()
    frames: tuple[int, int] | None = None
    rate: Fraction | None = None
    consent: tuple[Path, ...] = ()
    plate_consent: tuple[Path, ...] = ()
    plate_reason: str | None = None
    resume: bool = False

    def maker(self, project: Settings) -> Engine:
        """The engine that is to learn. Raises BadInputError where it does not learn."""
        maker = engine(self.engine or project.swap.engine)
        if not maker.learns:
            raise BadInputError(f"The engine {maker.name} does not learn: choose another --engine to train.")
        return maker

    def records(self, project: ConsentSettings, folder: Path) -> Records:
        """As `SwapRequest.records`."""
        return load_records(self.consent, self.plate_consent, self.plate_reason, project, folder)

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values, for the catalogue."""
        return {
            "likeness": [str(path) for path in self.likeness],
            "plate": str(self.plate),
            "engine": self.engine,
            "learning": self.learning.to_json(),
            "track": self.track,
            "person": None if self.person is None else str(self.person),
            "assignments": [[track, str(path)] for track, path in self.assignments],
            "frames": self.frames,
            "rate": None if self.rate is None else str(self.rate),
            "consent": [str(path) for path in self.consent],
            "plate_consent": [str(path) for path in self.plate_consent],
            "plate_reason": self.plate_reason,
        }


def train_request_from_json(plain: Mapping[str, Any], project: Path) -> TrainRequest:
    """The request of a run (a training, or a swap) out of the catalogue of `project`; relative paths are seen
    from where it was run.

    Raises BadInputError where something is missing or of another kind.
    """
    here = Path(str(plain.get("directory", "")))

    def records(name: str) -> tuple[Path, ...]:
        given = plain.get(name) or ()
        return tuple(Path(each) if each == PERFORMERS else here / each for each in given)

    try:
        learning = plain.get("learning") or {}
        frames, rate, person = plain.get("frames"), plain.get("rate"), plain.get("person")
        return TrainRequest(
            tuple(here / each for each in plain["likeness"]),
            here / plain["plate"],
            project,
            engine=plain.get("engine"),
            learning=Learning(
                tuple(learning.get("options", {}).items()),
                TrainingTable.model_validate(learning.get("training", {})),
            ),
            track=plain.get("track"),
            person=None if person is None else here / person,
            assignments=tuple((int(track), here / each) for track, each in plain.get("assignments") or ()),
            frames=None if frames is None else (int(frames[0]), int(frames[1])),
            rate=None if rate is None else Fraction(rate),
            consent=records("consent"),
            plate_consent=records("plate_consent"),
            plate_reason=plain.get("plate_reason"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(
            f"The catalogue has a training that cannot be read ({error}): run it anew."
        ) from error


def validate(request: TrainRequest) -> None:
    """Refuse what can be seen to fail, before anything is created.

    Raises BadInputError, ConsentError or OutputError, with one sentence.
    """
    check_casting(request)
    request.records(ConsentSettings(), Path())
    if request.engine is not None:
        choices_of(request.maker(Settings()), request.learning)
