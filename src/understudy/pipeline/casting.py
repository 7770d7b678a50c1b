"""Who plays whom: footage opened, looked at, and cast. What `swap` and `train` begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from understudy.errors import BadInputError
from understudy.pipeline import people
from understudy.pipeline.asked import Casting
from understudy.pipeline.consenting import Permission
from understudy.pipeline.footage import Footage
from understudy.pipeline.result import as_ranges
from understudy.pipeline.roles import Role, cast_roles
from understudy.pipeline.session import Session
from understudy.pipeline.strangers import refuse_strangers
from understudy.pipeline.studies import Likeness, Studied, grouped, identities, study, study_likeness
from understudy.project.catalog import Shot, Track


@dataclass(frozen=True)
class Opened:
    """The footage of a request: the plate, and the likeness's clips by path."""

    plate: Footage
    likeness: Mapping[Path, Footage]


@dataclass(frozen=True)
class Cast:
    """A plate that was looked at, and the roles in it with the likeness that plays each."""

    plate: Studied
    roles: tuple[tuple[Role, Likeness], ...] = field(repr=False)


def open_all(session: Session, asked: Casting) -> Opened:
    """Open everything that is asked for. Raises BadInputError for what cannot be used."""
    plate = session.open(asked.plate, asked.frames, asked.rate)
    sources = (*asked.likeness, *(path for _, path in asked.assignments))
    return Opened(plate, {path: session.open(path) for path in sources})


def cast_all(
    session: Session, asked: Casting, opened: Opened, permission: Permission, *, learns: bool = False
) -> Cast:
    """Look at the plate, find the roles, look at their likenesses; `learns`: as closely as training needs.

    Raises BadInputError where there is no face, and ConsentError where a likeness shows strangers.
    """
    cast = looked_at(session, asked, opened, learns=learns)
    refuse_strangers(session, permission, {id(each): each for _, each in cast.roles}.values())
    return cast


def looked_at(session: Session, asked: Casting, opened: Opened, *, learns: bool = False) -> Cast:
    """As `cast_all`, whoever the likenesses show: for what was allowed before."""
    plate = study(session, opened.plate, "plate")
    if not len(plate.analysis.faces):
        raise BadInputError(
            f"No face was found in the plate {opened.plate.info.path.name}: give another plate."
        )
    _catalogue(session, plate)
    roles = _roles(session, asked, plate)
    wanted = dict.fromkeys(role.likeness for role in roles)
    likenesses = {
        paths: study_likeness(session, [opened.likeness[path] for path in paths], learns=learns)
        for paths in wanted
    }
    return Cast(plate, tuple((role, likenesses[role.likeness]) for role in roles))


def _roles(session: Session, asked: Casting, plate: Studied) -> list[Role]:
    if asked.person is not None:
        tracks = people.tracks_of_person(asked.person, identities(session, plate))
        return [Role(tracks, asked.likeness)]
    return cast_roles(asked, plate.analysis, grouped(session, plate))


def _catalogue(session: Session, plate: Studied) -> None:
    catalog, info = session.project.catalog, plate.footage.info
    if catalog is None:
        return
    clip = catalog.record_clip(
        info.path,
        plate.footage.clip.files,
        plate.footage.digest,
        frames=info.frame_count,
        rate=info.rate,
        width=info.width,
        height=info.height,
    )
    found = plate.analysis
    tracks = [
        Track(
            number=number,
            shot=found.shot_of(number),
            first=found.span_of(number)[0],
            last=found.span_of(number)[1],
            faces=len(found.rows_of(number)),
            missed=as_ranges(found.missed.get(number, ())),
        )
        for number in found.track_numbers
    ]
    catalog.replace_shots(clip, [Shot(first, last) for first, last in found.shots], tracks)
