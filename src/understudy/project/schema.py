"""Tables of the catalogue."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, REAL, ForeignKey, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """Base of the catalogue's tables. Frames are counted from 0, ranges include both ends, times are UTC."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dict[str, Any]: JSON,
        list[Any]: JSON,
        list[list[int]]: JSON,
        list[list[float]]: JSON,
        float: REAL,
    }


class ClipRow(Table):
    """A clip with one content: footage that was changed under the same name is another row."""

    __tablename__ = "clips"
    __table_args__ = (UniqueConstraint("path", "fingerprint"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str]
    fingerprint: Mapped[str]
    size: Mapped[int]
    mtime_ns: Mapped[int]
    frames: Mapped[int]
    rate: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]


class ShotRow(Table):
    """Frames between two cuts of a clip."""

    __tablename__ = "shots"
    id: Mapped[int] = mapped_column(primary_key=True)
    clip: Mapped[int] = mapped_column(ForeignKey("clips.id", ondelete="CASCADE"), index=True)
    first: Mapped[int]
    last: Mapped[int]


class TrackRow(Table):
    """One face through one shot. `missed` holds ranges [first, last] of frames without a face."""

    __tablename__ = "tracks"
    __table_args__ = (UniqueConstraint("clip", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    clip: Mapped[int] = mapped_column(ForeignKey("clips.id", ondelete="CASCADE"), index=True)
    shot: Mapped[int] = mapped_column(ForeignKey("shots.id", ondelete="CASCADE"))
    number: Mapped[int]
    first: Mapped[int]
    last: Mapped[int]
    faces: Mapped[int]
    missed: Mapped[list[list[int]]]
    person: Mapped[int | None]


class RunRow(Table):
    """One command at work. `outcome` is None while it runs, and stays None when it was killed."""

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    command: Mapped[str]
    settings: Mapped[dict[str, Any]]
    output: Mapped[str | None]
    started: Mapped[datetime]
    ended: Mapped[datetime | None]
    outcome: Mapped[str | None]
    output_fingerprint: Mapped[str | None]


class StageRow(Table):
    """A stage that a run used; `skipped` where its outputs were already there."""

    __tablename__ = "stages"
    id: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    recipe: Mapped[str]
    outputs: Mapped[str]
    seconds: Mapped[float]
    frames: Mapped[int]
    skipped: Mapped[bool]


class SelectionRow(Table):
    """Which faces of a clip, known by its content, a likeness uses: all but the dropped ones.

    Every `step`-th frame of the file was looked at, and is to be looked at when the faces are used.
    """

    __tablename__ = "selections"
    __table_args__ = (UniqueConstraint("fingerprint"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    path: Mapped[str]
    step: Mapped[int]
    faces: Mapped[int]
    changed: Mapped[datetime]


class DroppedRow(Table):
    """A face that is not used: the frame of its file, its centre in pixels, and why."""

    __tablename__ = "dropped"
    id: Mapped[int] = mapped_column(primary_key=True)
    selection: Mapped[int] = mapped_column(ForeignKey("selections.id", ondelete="CASCADE"), index=True)
    frame: Mapped[int]
    x: Mapped[float]
    y: Mapped[float]
    why: Mapped[str]


class JournalRow(Table):
    """What is told of the edits of one film, known by the path of its file: how often it was changed, and
    how many of its entries count now; those after them were undone, and may be done again.
    """

    __tablename__ = "journals"
    __table_args__ = (UniqueConstraint("output"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    output: Mapped[str]
    revision: Mapped[int]
    cursor: Mapped[int]


class EntryRow(Table):
    """One change of the edits of a film, in order."""

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("journal", "position"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    journal: Mapped[int] = mapped_column(ForeignKey("journals.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    change: Mapped[dict[str, Any]]
    made: Mapped[datetime]


class VersionRow(Table):
    """A named state of the edits of a film."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("journal", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    journal: Mapped[int] = mapped_column(ForeignKey("journals.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    state: Mapped[dict[str, Any]]
    made: Mapped[datetime]


class CorrectionRow(Table):
    """Landmarks of a face in a clip, known by its content, that somebody put right in one frame of the file.

    `moved` holds [index, pixels to the right, pixels down].
    """

    __tablename__ = "corrections"
    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(index=True)
    frame: Mapped[int]
    x: Mapped[float]
    y: Mapped[float]
    reach: Mapped[int]
    moved: Mapped[list[list[float]]]
    changed: Mapped[datetime]


class CoverageRow(Table):
    """How far a likeness covers the plate with one content. `marks` holds [frame, distance]."""

    __tablename__ = "coverages"
    id: Mapped[int] = mapped_column(primary_key=True)
    plate: Mapped[str] = mapped_column(index=True)
    likeness: Mapped[str]
    made: Mapped[datetime]
    summary: Mapped[str]
    needs: Mapped[list[Any]]
    marks: Mapped[list[Any]]


class InspectionRow(Table):
    """What was found in a film with one content. `curves` holds {name, marks: [[frame, score], …]}."""

    __tablename__ = "inspections"
    id: Mapped[int] = mapped_column(primary_key=True)
    film: Mapped[str] = mapped_column(index=True)
    fingerprint: Mapped[str]
    made: Mapped[datetime]
    frames: Mapped[int]
    sentences: Mapped[list[Any]]
    curves: Mapped[list[Any]]


class EventRow(Table):
    """One flaw over some neighbouring frames, as in `inspection.events.Event`.

    `box` is where it is in the keyframe, [x0, y0, x1, y1] in pixels, or empty.
    """

    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    inspection: Mapped[int] = mapped_column(ForeignKey("inspections.id", ondelete="CASCADE"), index=True)
    flaw: Mapped[str]
    region: Mapped[str]
    first: Mapped[int]
    last: Mapped[int]
    keyframe: Mapped[int]
    score: Mapped[float]
    severity: Mapped[str]
    throughout: Mapped[bool]
    words: Mapped[str]
    box: Mapped[list[Any]]


class VerdictRow(Table):
    """What a reviewer says of an event or a shot of a film, and which content of the film was looked at."""

    __tablename__ = "verdicts"
    __table_args__ = (UniqueConstraint("film", "kind", "flaw", "region", "first", "last"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    film: Mapped[str]
    kind: Mapped[str]
    flaw: Mapped[str]
    region: Mapped[str]
    first: Mapped[int]
    last: Mapped[int]
    verdict: Mapped[str]
    fingerprint: Mapped[str]
    changed: Mapped[datetime]
    revision: Mapped[int]


class NoteRow(Table):
    """What somebody wrote at a frame of a film."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    film: Mapped[str] = mapped_column(index=True)
    frame: Mapped[int]
    text: Mapped[str]
    done: Mapped[bool]
    created: Mapped[datetime]
    changed: Mapped[datetime]
    revision: Mapped[int]


class JobRow(Table):
    """Work that waits, runs or has ended. `state` is one of `project.jobs.STATES`."""

    __tablename__ = "jobs"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    settings: Mapped[dict[str, Any]]
    state: Mapped[str]
    created: Mapped[datetime]
    started: Mapped[datetime | None]
    ended: Mapped[datetime | None]
    stage: Mapped[str]
    done: Mapped[int]
    total: Mapped[int | None]
    unit: Mapped[str]
    message: Mapped[str]
