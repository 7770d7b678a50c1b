"""Engines that stand in for a swap's own over a range of frames.

What they need lies in stages of its own, made when the film is drawn or made ready, and is never learned
here: an engine that learns stands in with what the project has trained for the same likeness, plate and
tracks. Light and grain are measured by windows of the plate, so that a second of film does not cost an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from understudy.engines.base import Engine, engine
from understudy.errors import BadInputError
from understudy.pipeline import matching
from understudy.pipeline.cast import Part
from understudy.pipeline.casting import Cast
from understudy.pipeline.consenting import Permission
from understudy.pipeline.footage import Footage
from understudy.pipeline.learning import Learning, choices_of
from understudy.pipeline.matching import Match, Matches
from understudy.pipeline.preparing import Method, pupils, ready_part, together
from understudy.pipeline.rendering import Portrayal
from understudy.pipeline.session import Session
from understudy.pipeline.trained import Played, trained_for, untrained
from understudy.pipeline.workshops import Pupil, Tuition, any_training, crew_for, enrol
from understudy.project.code import code_hash
from understudy.project.recipe import Recipe
from understudy.project.settings import TrainingTable
from understudy.provenance.keys import Keyring

WINDOW = 480
"""Frames whose light and grain are measured at once."""
_REACH = 48
"""Frames beyond a window that have a say in it: as far as light and grain are pooled (`matching`)."""

Taught = Callable[[Engine, Pupil], Method]
"""How an engine draws a role, with what it has learned by now."""


@dataclass(frozen=True)
class StandIn:
    """An engine ready to draw all roles in some windows of the plate.

    digest   names what went into it
    sha256   of its trained models; None where there is none
    """

    portrayal: Portrayal = field(repr=False)
    digest: str
    sha256: str | None


def stand_in(session: Session, name: str, cast: Cast, taught: Taught, frames: Iterable[int]) -> StandIn:
    """Make the engine `name` ready for some frames of the plate; `cast` as closely looked at as it needs.

    Raises BadInputError where it has learned nothing for a role, and as the stages do.
    """
    maker, plate = engine(name), cast.plate.footage
    ready = [
        ready_part(session, taught(maker, pupil), pupil) for pupil in pupils(session, cast.plate, cast.roles)
    ]
    prepared = together(ready)
    windows = sorted({(frame - plate.first) // WINDOW for frame in frames if frame in plate.numbers})
    measured = {
        window: _measured(session, plate, prepared.parts, prepared.digest, window, name) for window in windows
    }
    matches = _Windows(plate, prepared.parts, measured)
    return StandIn(Portrayal(prepared.parts, matches), prepared.digest, prepared.model_sha256)


def taught_by_leave(session: Session, permission: Permission, keyring: Keyring) -> Taught:
    """For work that the consent records permit: ConsentError where an engine that has learned is not."""

    def taught(maker: Engine, pupil: Pupil) -> Method:
        def enrolled(choices: Method, asked: TrainingTable) -> Tuition:
            return enrol(session.project, maker, choices.choices, asked, permission, keyring)

        return _method(session, maker, pupil, enrolled)

    return taught


def taught_before(session: Session) -> Taught:
    """For looking at what was drawn by leave before: nothing is written, and nothing learned."""

    def taught(maker: Engine, pupil: Pupil) -> Method:
        def followed(choices: Method, asked: TrainingTable) -> Tuition:
            crew = crew_for(choices.choices, asked, session.project.settings.training)
            return Tuition(choices.choices, asked, crew, None)

        return _method(session, maker, pupil, followed)

    return taught


def _method(
    session: Session, maker: Engine, pupil: Pupil, tuition: Callable[[Method, TrainingTable], Tuition]
) -> Method:
    if not maker.learns:
        return Method(maker, choices_of(maker, Learning(), session.project.settings.engines))
    folder = session.project.folder
    found = trained_for(folder, maker, played_by(pupil))
    if found is None:
        raise untrained(maker, pupil.tracks, any_training(folder, maker))
    method = Method(maker, found.choices)
    # Exactly so many steps as there are: nothing is learned now, whatever budget the project has.
    return replace(method, tuition=tuition(method, TrainingTable(steps=found.steps)))


def played_by(pupil: Pupil) -> Played:
    """A role as trainings know it."""
    plate = pupil.plate
    clips = {clip.info.path.name: clip.digest for clip in pupil.likeness.clips}
    return Played(clips, (plate.digest, plate.first, plate.stop), tuple(pupil.tracks))


# --- light and grain


def _measured(
    session: Session, plate: Footage, parts: Sequence[Part], digest: str, window: int, name: str
) -> Matches:
    begin = plate.first + window * WINDOW
    seen = replace(
        plate, first=max(plate.first, begin - _REACH), stop=min(plate.stop, begin + WINDOW + _REACH)
    )
    recipe = Recipe(
        "match",
        code_hash(matching.__name__),
        {"first": seen.first, "stop": seen.stop},
        {"parts": digest},
    )
    stage = session.stage(
        recipe,
        f"light and grain by {name}",
        len(seen),
        lambda stage, task: matching.measure(stage, seen, parts, task),
    )
    return matching.matches(stage, seen, parts)


class _Windows:
    """What faces take on, by the windows that their frames are in; implements `Matches`."""

    def __init__(self, plate: Footage, parts: Sequence[Part], measured: Mapping[int, Matches]) -> None:
        self._plate, self._parts, self._measured = plate, parts, measured

    def __getitem__(self, place: tuple[int, int]) -> Match:
        part, row = place
        frame = int(self._parts[part].faces.frame[row])
        found = self._measured.get((frame - self._plate.first) // WINDOW)
        if found is None:
            raise BadInputError(f"Frame {frame} of the plate was not made ready for this engine.")
        return found[place]
