"""Mattes drawn over faces as polygons, and the learned matte that is trained on them; part of Faces."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from understudy.mattes.labels import MOST_POINTS, MOST_POLYGONS
from understudy.studio.desk import AtDesk
from understudy.studio.labelling import Drawn, draw, drawn_on, forget
from understudy.studio.sources import source_of
from understudy.studio.views.jobs import Job
from understudy.training.budget import parse_budget

router = APIRouter(prefix="/faces", tags=["mattes"])

Number = Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]
Corners = Annotated[list[tuple[Number, Number]], Field(min_length=3, max_length=MOST_POINTS)]
Polygons = Annotated[list[Corners], Field(max_length=MOST_POLYGONS)]


class MatteState(BaseModel):
    """What of a face is to be replaced, as polygons in frame pixels: without `include` all of it, less what
    is excluded. `labelled`: the learned matte is trained on this face; `faces`: on how many of this plate.
    """

    include: list[list[tuple[float, float]]]
    exclude: list[list[tuple[float, float]]]
    painted: bool
    labelled: bool
    revision: str
    faces: int


class MatteDrawn(BaseModel):
    """Polygons to be kept; `seen` is the revision that was looked at."""

    include: Polygons = []
    exclude: Polygons = []
    seen: Annotated[str, Field(max_length=64)]


class MatteTraining(BaseModel):
    """For how long the matte is to learn."""

    budget: Annotated[str, StringConstraints(max_length=40)] = "10m"


@router.get("/{source}/rows/{row}/matte")
def read_matte(source: str, row: int, desk: AtDesk) -> MatteState:
    """What is drawn on a face."""
    kept, _ = desk.galleries.file(source_of(desk.catalog, source))
    return _told(drawn_on(desk.folder, kept, row))


@router.put("/{source}/rows/{row}/matte")
def draw_matte(source: str, row: int, matte: MatteDrawn, desk: AtDesk) -> MatteState:
    """Keep what is drawn on a face. It is on the disk when this answers."""
    kept, _ = desk.galleries.file(source_of(desk.catalog, source))
    include, exclude = (tuple(map(tuple, each)) for each in (matte.include, matte.exclude))
    made = draw(desk.folder, kept, row, include, exclude, matte.seen)
    desk.changed()
    return _told(made)


@router.delete("/{source}/rows/{row}/matte")
def forget_matte(
    source: str, row: int, desk: AtDesk, seen: Annotated[str, Query(max_length=64)]
) -> MatteState:
    """Take a face out of the labels."""
    kept, _ = desk.galleries.file(source_of(desk.catalog, source))
    made = forget(desk.folder, kept, row, seen)
    desk.changed()
    return _told(made)


@router.post("/{source}/matte", status_code=202)
def train_matte(source: str, wish: MatteTraining, desk: AtDesk) -> Job:
    """Let the project's matte learn from what was drawn."""
    one = source_of(desk.catalog, source)
    parse_budget(wish.budget)
    settings = {"source": one.key, "budget": wish.budget}
    return Job.model_validate(desk.queue.add("matte", f"Learn the matte of {one.name}"[:200], settings))


def _told(drawn: Drawn) -> MatteState:
    return MatteState(**vars(drawn))
