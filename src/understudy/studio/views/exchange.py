"""Edits that come and go: as files, to other faces, as frames that were repaired in another program."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from understudy.errors import BadInputError
from understudy.retouch.promoting import MOST_WEIGHT, WEIGHT
from understudy.studio.desk import AtDesk
from understudy.studio.films import UnknownError
from understudy.studio.uploads import File, read_picture
from understudy.studio.views.retouch import Draft, RetouchState, Seen, changed, drafted

router = APIRouter(prefix="/films/{film}/retouch", tags=["exchange"])

TrackNumber = Annotated[int, Field(ge=0, le=100_000)]


class Copying(Seen):
    """Edits to be copied to another face."""

    ids: Annotated[list[str], Field(min_length=1, max_length=1000)]
    track: TrackNumber


class Promotion(BaseModel):
    """A repaired frame to be learned from, as if it were so many faces."""

    frame: Annotated[int, Field(ge=0)]
    weight: Annotated[float, Field(gt=0, le=MOST_WEIGHT, allow_inf_nan=False)] = WEIGHT


class Promoted(BaseModel):
    """What became of it, in words."""

    sentence: str


@router.get("/export", response_class=Response)
def export_edits(film: int, desk: AtDesk) -> Response:
    """All edits that are kept, as one file."""
    one = desk.film(film)
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        path = Path(folder) / "edits.zip"
        desk.opened.retouching(one).export(path)
        content = path.read_bytes()
    return Response(content, media_type="application/zip", headers={"cache-control": "no-store"})


@router.post("/import")
def import_edits(
    film: int,
    desk: AtDesk,
    content: File,
    revision: Annotated[int, Query(ge=0)],
    track: Annotated[TrackNumber | None, Query()] = None,
) -> RetouchState:
    """Keep the edits of an exported file, for a track where one is given. One step for undo."""
    retouching = desk.opened.retouching(desk.film(film))
    retouching.keep(retouching.received(io.BytesIO(content), "The file", track), revision)
    return changed(desk, retouching)


@router.post("/copy")
def copy_edits(film: int, copying: Copying, desk: AtDesk) -> RetouchState:
    """Copy edits to another track of the same person. One step for undo."""
    retouching = desk.opened.retouching(desk.film(film))
    wanted = set(copying.ids)
    edits = [edit for edit in retouching.edits() if edit.id in wanted]
    if len(edits) < len(wanted):
        raise UnknownError("An edit that was to be copied is not there any more: look at them again.")
    if any(edit.track == copying.track for edit in edits):
        raise BadInputError(f"That edit is of track {copying.track} already: choose another track.")
    retouching.keep(retouching.copied(edits, copying.track), copying.revision)
    return changed(desk, retouching)


@router.post("/frames/{frame}/repaired")
def take_repaired(
    film: int, frame: int, desk: AtDesk, content: File, onto: Annotated[int | None, Query()] = None
) -> Draft:
    """A frame that was repaired in another program, as a PNG, becomes a draft, or one more keyframe of the
    draft with the number `onto`.
    """
    one = desk.film(film)
    retouching = desk.opened.retouching(one)
    if not 0 <= frame < retouching.frames:
        raise UnknownError(f"The film has frames 0 to {retouching.frames - 1}.")
    before = None if onto is None else desk.drafts.get(one, onto)
    picture = read_picture(content, retouching.width, retouching.height)
    return drafted(desk, one, retouching.repaired_as(frame, picture, onto=before))


@router.post("/promote")
def promote_frame(film: int, promotion: Promotion, desk: AtDesk) -> Promoted:
    """Let the engine `guided` learn from a repaired frame."""
    one = desk.film(film)
    desk.opened.retouching(one).promote(promotion.frame, promotion.weight)
    return Promoted(sentence=f"Trainings of guided learn from frame {promotion.frame} of {one.path.name}.")
