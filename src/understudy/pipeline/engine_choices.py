"""Which engines can draw a range of a finished swap, and what the others lack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from understudy.engines.base import engine, engine_names
from understudy.errors import BadInputError, ConsentError, UnderstudyError
from understudy.media import open_clip
from understudy.pipeline.request import request_from_json
from understudy.pipeline.retouch_scene import Swapped
from understudy.pipeline.trained import Played, trained_for, untrained
from understudy.pipeline.workshops import any_training
from understudy.project.fingerprint import fingerprint
from understudy.retouch.edits import Edit


@dataclass(frozen=True)
class EngineChoice:
    """An engine, and what it lacks to draw a range of a film, as one sentence; None: nothing.

    own   whether the film was drawn by it
    """

    name: str
    own: bool
    lacks: str | None


class EngineChoices:
    """The engines that may draw ranges of a finished swap of `frames` frames."""

    def __init__(self, made: Swapped, frames: int, is_preview: bool) -> None:
        self.made, self._frames, self._is_preview = made, frames, is_preview

    def all(self) -> tuple[EngineChoice, ...]:
        """Every engine that is installed, the swap's own first."""
        names = sorted(engine_names(), key=lambda name: (name != self.made.engine, name))
        return tuple(EngineChoice(name, name == self.made.engine, self._lacks(name)) for name in names)

    def check(self, edits: Sequence[Edit]) -> None:
        """Raise BadInputError where an edit's engine has learned nothing for this film, or is not installed,
        and ConsentError where it learns and nobody has agreed.
        """
        self.check_names(edit.engine for edit in edits if edit.engine is not None)

    def check_names(self, names: Iterable[str]) -> None:
        """The same of engines by name."""
        for name in dict.fromkeys(names):
            if name != self.made.engine:
                self._check(name)

    def _lacks(self, name: str) -> str | None:
        try:
            if name != self.made.engine:
                self._check(name)
        except UnderstudyError as error:
            return str(error)
        return None

    def _check(self, name: str) -> None:
        maker = engine(name)
        if not maker.learns:
            return
        if self._is_preview:
            raise ConsentError(
                f"{self.made.film.name} is a preview, since nobody has agreed: {name}, which learns from "
                "faces, does not draw it."
            )
        for role in self._roles:
            if trained_for(self.made.project, maker, role) is None:
                raise untrained(maker, role.tracks, any_training(self.made.project, maker))

    @cached_property
    def _roles(self) -> tuple[Played, ...]:
        return tuple(self._played())

    def _played(self) -> Iterator[Played]:
        made, begin = self.made, self.made.begin
        asked = request_from_json(made.settings)
        assigned = dict(asked.assignments)
        found = [*made.stages("plan"), *made.stages("learn")]
        if not found:
            raise BadInputError(f"{made.project} lacks what the swap planned: run the swap again.")
        for stage in found:
            tracks = tuple(int(track) for track in stage.recipe.parameters["tracks"])
            clips = (assigned[tracks[0]],) if tracks[0] in assigned else asked.likeness
            likeness = {path.name: _digest(path) for path in clips}
            yield Played(likeness, (made.plate_digest, begin, begin + self._frames), tracks)


def _digest(path: Path) -> str:
    with open_clip(path) as clip:
        return fingerprint(*clip.files)
