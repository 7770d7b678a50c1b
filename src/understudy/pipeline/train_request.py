"""What `train` is asked for, and what can be told about it before a picture is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from understudy.engines.base import Engine, engine
from understudy.errors import BadInputError
from understudy.pipeline.learning import Learning, choices_of
from understudy.pipeline.records import Records, load_records
from understudy.pipeline.request import check_casting
from understudy.project.settings import ConsentSettings, Settings


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


def validate(request: TrainRequest) -> None:
    """Refuse what can be seen to fail, before anything is created.

    Raises BadInputError, ConsentError or OutputError, with one sentence.
    """
    check_casting(request)
    request.records(ConsentSettings(), Path())
    if request.engine is not None:
        choices_of(request.maker(Settings()), request.learning)
