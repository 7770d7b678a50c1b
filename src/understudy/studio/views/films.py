"""Films: what is known of them, their frames, and the proxy that is played."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from understudy.studio.desk import AtDesk, Desk
from understudy.studio.films import Film, UnknownError
from understudy.studio.pictures import (
    AskedCut,
    Bytes,
    encode,
    likeness_frame,
    matte_frame,
    plate_frame,
    result_frame,
)
from understudy.studio.views.jobs import Job
from understudy.studio.work.proxying import proxy_path

router = APIRouter(prefix="/films", tags=["films"])

Layer = Literal["result", "retouched", "plate", "likeness", "matte"]


class Span(BaseModel):
    """Frames first..last of the film, both included."""

    first: int
    last: int


class Track(BaseModel):
    """One face through one shot; `missed` are frames in which it was not found."""

    number: int
    first: int
    last: int
    missed: list[Span]


class FilmState(BaseModel):
    """A film as the viewer and the timeline need it. `print` names its content, `edits` what the layer
    `retouched` shows; `lacks` says why likeness and matte are not among its layers, where they could be.
    """

    number: int
    name: str
    plate: str | None
    frames: int
    rate: float
    width: int
    height: int
    bits: int
    timecode: str | None
    print: str
    edits: str
    layers: list[Layer]
    lacks: str | None
    shots: list[Span]
    tracks: list[Track]
    proxy: bool


class Ready(BaseModel):
    """Which engines are to be tried, and over which frames; what the kept edits name is made ready anyhow."""

    engines: Annotated[dict[str, Span], Field(max_length=16)] = {}


@router.get("/{film}")
def read_film(film: int, desk: AtDesk) -> FilmState:
    """What is known of a film."""
    one = desk.film(film)
    info = desk.reels.clip(one.path).info
    shots, tracks = _seen(desk, one, info.frame_count)
    print_ = desk.prints.of(one.path)
    lacks = None if one.plate is None or not one.plate.exists() else desk.opened.lacks(one)
    return FilmState(
        number=one.number,
        name=one.path.name,
        plate=None if one.plate is None else one.plate.name,
        frames=info.frame_count,
        rate=float(info.rate),
        width=info.width,
        height=info.height,
        bits=info.bit_depth,
        timecode=info.timecode,
        print=print_[:16],
        edits=_edits(desk, one),
        layers=_layers(desk, one),
        lacks=lacks,
        shots=shots,
        tracks=tracks,
        proxy=proxy_path(desk.folder, one, print_).is_file(),
    )


@router.get("/{film}/frames/{frame}/{layer}", response_class=Response)
def read_frame(
    film: int,
    frame: int,
    layer: Layer,
    desk: AtDesk,
    cut: AskedCut,
) -> Response:
    """One exact frame, or a part of it: a JPEG of high quality, or a PNG where it is to be lossless."""
    picture = _layer(desk, desk.film(film), frame, layer)
    found = encode(picture, cut)
    # The address has the film's print in it, so that a film that was rendered anew has other addresses.
    return Response(found.data, media_type=found.kind, headers={"cache-control": "private, max-age=600"})


@router.get("/{film}/proxy", response_class=FileResponse)
def read_proxy(film: int, desk: AtDesk) -> FileResponse:
    """The small film to be played: result above plate, every frame a keyframe."""
    one = desk.film(film)
    path = proxy_path(desk.folder, one, desk.prints.of(one.path))
    if not path.is_file():
        raise UnknownError("There is no proxy of this film yet: make it first.")
    return FileResponse(path, media_type="video/mp4", headers={"cache-control": "no-store"})


@router.post("/{film}/proxy", status_code=202)
def make_proxy(film: int, desk: AtDesk) -> Job:
    """Let the proxy be made."""
    one = desk.film(film)
    row = desk.queue.add("proxy", f"Proxy of {one.path.name}", {"film": film})
    return Job.model_validate(row)


@router.post("/{film}/ready", status_code=202)
def make_ready(film: int, wanted: Ready, desk: AtDesk) -> Job:
    """Let whatever is missing be found that mattes, the likeness, settings and engines are shown with."""
    one = desk.film(film)
    engines = {name: [span.first, span.last] for name, span in wanted.engines.items()}
    if not one.retouched:
        desk.opened.retouching(one).engines.check_names(engines)
    settings = {"film": film, "engines": engines}
    row = desk.queue.add("ready", f"Make {one.path.name} ready to be looked into", settings)
    return Job.model_validate(row)


def _edits(desk: Desk, film: Film) -> str:
    """The revision of its edits, and whether all of them can be seen."""
    if not desk.opened.has_retouching(film):
        return ""
    retouching = desk.opened.retouching(film)
    state = retouching.state()
    return f"{state.revision}{'-lacking' if retouching.lacks(state.edits) else ''}"


def _layers(desk: Desk, film: Film) -> list[Layer]:
    """What can be shown of a film; `retouched` only where somebody has retouched it."""
    found: list[Layer] = ["result"]
    if desk.opened.has_retouching(film) and desk.opened.retouching(film).edits():
        found.append("retouched")
    if film.plate is not None and film.plate.exists():
        found.append("plate")
        if desk.opened.lacks(film) is None:
            found += ["likeness", "matte"]
    return found


def _layer(desk: Desk, film: Film, frame: int, layer: Layer) -> Bytes:
    if not 0 <= frame < desk.reels.clip(film.path).info.frame_count:
        raise UnknownError("The film has no such frame.")
    if layer == "plate":
        return plate_frame(desk.reels, film, frame)
    if layer == "retouched":
        return desk.opened.retouching(film).repaired_frame(frame)
    if layer == "likeness":
        return likeness_frame(desk.opened.swap(film), film, desk.reels, frame)
    if layer == "matte":
        return matte_frame(desk.opened.swap(film), film, desk.reels, frame)
    return result_frame(desk.reels, film, frame)


def film_spans(desk: Desk, film: Film) -> list[Span]:
    """The shots of a film."""
    return _seen(desk, film, desk.reels.clip(film.path).info.frame_count)[0]


def _seen(desk: Desk, film: Film, frames: int) -> tuple[list[Span], list[Track]]:
    """Shots and tracks of the plate, as frames of the film."""
    clip = None if film.plate is None else desk.catalog.clip_at(film.plate)
    if clip is None:
        return [Span(first=0, last=frames - 1)], []

    def span(first: int, last: int) -> Span | None:
        first, last = max(0, first - film.begin), min(frames - 1, last - film.begin)
        return Span(first=first, last=last) if first <= last else None

    shots = [found for shot in desk.catalog.shots(clip) if (found := span(shot.first, shot.last))]
    tracks = []
    for track in desk.catalog.tracks(clip):
        where = span(track.first, track.last)
        if where is not None:
            missed = [found for first, last in track.missed if (found := span(first, last))]
            tracks.append(Track(number=track.number, first=where.first, last=where.last, missed=missed))
    return shots or [Span(first=0, last=frames - 1)], tracks
