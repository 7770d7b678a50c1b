"""Where an engine that learns works. Apart from `base`, which engines that do not learn stand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from understudy.engines.choices import Choices
from understudy.errors import BadInputError
from understudy.geometry.framing import Framing
from understudy.progress import Progress, SilentProgress
from understudy.training.faces import PromotedFaces, TrainingFaces
from understudy.training.settings import TrainingSettings

if TYPE_CHECKING:
    # torch takes seconds to import
    from understudy.training.crew import Crew
    from understudy.training.learner import Learner
    from understudy.training.loop import Outcome

Part = Literal["likeness", "plate"]
"""Whose faces: the person to be seen, or who is replaced."""


@dataclass(frozen=True)
class Workshop:
    """Where an engine that learns works: what it may use, and where it keeps what it has learned.

    folder     for the checkpoints of this training; one that was stopped, or that is to go on, is found there
    settings   of the training: budget, device, batch …
    choices    the engine's options
    material   makes the faces to learn from; use `faces`
    notes      go into every checkpoint: by which consent records it is trained
    permit     asked at the start and every hour; raises where training is no longer permitted
    crew       the processes that train together; None: those that `settings` ask for
    repaired   makes the faces that somebody has repaired in a film of this plate; use `promoted`
    """

    folder: Path
    settings: TrainingSettings
    choices: Choices
    material: Callable[[Part, int, Framing], TrainingFaces] = field(repr=False)
    progress: Progress = field(default_factory=SilentProgress, repr=False)
    notes: Mapping[str, str] = field(default_factory=dict)
    permit: Callable[[], None] | None = field(default=None, repr=False)
    crew: Crew | None = field(default=None, repr=False)
    repaired: Callable[[int, Framing], PromotedFaces] | None = field(default=None, repr=False)

    def train(self, learner: Learner) -> Outcome:
        """Train until the budget is spent, going on from what is in the folder: `training.loop.train`."""
        from understudy.training.loop import train

        return train(learner, self.folder, self.settings, self.progress, self.notes, self.crew, self.permit)

    def promoted(self, size: int, framing: Framing = Framing.FACE) -> PromotedFaces | None:
        """The repaired faces, cut out as `faces` are; None where there is none. Raises BadInputError."""
        found = None if self.repaired is None else self.repaired(size, framing)
        return found if found is not None and len(found) else None

    def faces(self, part: Part, size: int, framing: Framing = Framing.FACE, least: int = 1) -> TrainingFaces:
        """The faces of the likeness or of the plate, cut out `size` pixels wide (64 to 640), made on demand.

        Their `row` counts in the faces that `fit` was given. Rows that teach nothing, such as interpolated
        ones, are left out, and of very many some. Raises BadInputError where there are fewer than `least`.
        """
        faces = self.material(part, size, framing)
        if len(faces) < least:
            raise BadInputError(
                f"The {part} has {_count(len(faces))} to learn from, and at least {least} are needed: "
                f"give {'more' if part == 'likeness' else 'longer'} footage, or use --engine warp."
            )
        return faces


def _count(faces: int) -> str:
    return "1 face" if faces == 1 else f"{faces} faces"
