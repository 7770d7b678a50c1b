"""Engines that stand in for a swap's own over a range of frames.

What they need lies in stages of its own, made when the film is drawn or made ready, and is never learned
here: an engine that learns stands in with what the project has trained for the same likeness, plate and
tracks. Light and grain are measured by windows of the plate, so that a second of film does not cost an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from understudy.engines.base import Engine, engine
from understudy.errors import BadInputError
from understudy.pipeline import matching
from understudy.pipeline.cast import Part
from understudy.pipeline.casting import Cast, cast_all
from understudy.pipeline.consenting import Permission
from understudy.pipeline.footage import Footage
from understudy.pipeline.learning import Learning, choices_of
from understudy.pipeline.matching import Match, Matches
from understudy.pipeline.preparing import Method, pupils, ready_part, together
from understudy.pipeline.rendering import Portrayal
from understudy.pipeline.request import request_from_json
from understudy.pipeline.retouch_scene import Swapped
from understudy.pipeline.session import Session
from understudy.pipeline.swap import Rehearsal
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


class StandIn:
    """An engine ready to draw all roles, in those windows of the plate that were asked for.

    digest   names what it draws with
    sha256   of its trained models; None where there is none
    """

    def __init__(self, session: Session, name: str, cast: Cast, taught: Taught) -> None:
        """Make the engine `name` ready; `cast` has to be looked at as closely as it needs.

        Raises BadInputError where it has learned nothing for a role, and as the stages do.
        """
        maker, self._session, self._name = engine(name), session, name
        ready = [
            ready_part(session, taught(maker, pupil), pupil)
            for pupil in pupils(session, cast.plate, cast.roles)
        ]
        prepared = together(ready)
        self._plate = cast.plate.footage
        self.digest, self.sha256 = prepared.digest, prepared.model_sha256
        self._matches = _Windows(self._plate, prepared.parts)
        self.portrayal = Portrayal(prepared.parts, self._matches)

    def measure(self, frames: Iterable[int]) -> None:
        """Have light and grain measured around some frames of the plate, unless they are."""
        plate = self._plate
        wanted = {(frame - plate.first) // WINDOW for frame in frames if frame in plate.numbers}
        for window in sorted(wanted - self._matches.measured.keys()):
            self._matches.measured[window] = self._measured(window)

    def _measured(self, window: int) -> Matches:
        plate, parts = self._plate, self.portrayal.parts
        begin = plate.first + window * WINDOW
        seen = replace(
            plate, first=max(plate.first, begin - _REACH), stop=min(plate.stop, begin + WINDOW + _REACH)
        )
        parameters = {"first": seen.first, "stop": seen.stop}
        stage = self._session.stage(
            Recipe("match", code_hash(matching.__name__), parameters, {"parts": self.digest}),
            f"light and grain by {self._name}",
            len(seen),
            lambda stage, task: matching.measure(stage, seen, parts, task),
        )
        return matching.matches(stage, seen, parts)


def stand_ins(
    session: Session,
    made: Swapped,
    rehearsal: Rehearsal,
    wanted: Mapping[str, Sequence[int]],
    keyring: Keyring,
) -> dict[str, StandIn]:
    """The engines that are wanted in some frames of a film, by name, made ready by leave of the records."""
    found = {}
    for name, frames in wanted.items():
        learns = engine(name).learns
        cast = rehearsal.cast
        if learns != engine(made.engine).learns:
            asked = request_from_json(made.settings)
            cast = cast_all(session, asked, rehearsal.opened, rehearsal.permission, learns=learns)
        found[name] = StandIn(session, name, cast, taught_by_leave(session, rehearsal.permission, keyring))
        found[name].measure(frame + made.begin for frame in frames)
    return found


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


class _Windows:
    """What faces take on, by the windows that their frames are in; implements `Matches`."""

    def __init__(self, plate: Footage, parts: Sequence[Part]) -> None:
        self._plate, self._parts = plate, parts
        self.measured: dict[int, Matches] = {}

    def __getitem__(self, place: tuple[int, int]) -> Match:
        part, row = place
        frame = int(self._parts[part].faces.frame[row])
        found = self.measured.get((frame - self._plate.first) // WINDOW)
        if found is None:
            raise BadInputError(f"Frame {frame} of the plate was not made ready for this engine.")
        return found[place]
