"""The catalogue: what is known of the clips of a project, and what was done to them."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, ExceptionContext, create_engine, delete, event, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from understudy.atomic import output_error
from understudy.errors import BadInputError, OutputError
from understudy.project import corrections, coverages, journals, selections
from understudy.project.corrections import Correction
from understudy.project.journals import Journal, Version
from understudy.project.migrations import migrate
from understudy.project.schema import ClipRow, RunRow, SelectionRow, ShotRow, StageRow, TrackRow
from understudy.project.selections import Selection

DONE = "done"
_ROOM = 1 << 20
"""Bytes below which a disk counts as full."""


@dataclass(frozen=True)
class Shot:
    """Frames first..last of a clip, both included."""

    first: int
    last: int


@dataclass(frozen=True)
class Track:
    """One face through shot number `shot` (an index into the clip's shots).

    `faces` counts the frames in which it was found; `missed` are ranges (first, last), both included, in
    which it was not. `person` groups the tracks of one performer; None where that is not known.
    """

    number: int
    shot: int
    first: int
    last: int
    faces: int
    missed: tuple[tuple[int, int], ...] = ()
    person: int | None = None


@dataclass(frozen=True)
class RunStages:
    """A run, what it was to write, and the folders of the stages that it used, relative to the project."""

    number: int
    output: str | None
    folders: frozenset[str]


class Catalog:
    """A project's database. Every method is one transaction; a kill leaves the state before or after it."""

    def __init__(self, path: Path) -> None:
        """Open or create the catalogue at `path` and bring it up to date.

        Raises BadInputError where the file is not a catalogue or was made by a newer Understudy, OutputError
        where the disk is full.
        """
        self._engine = _engine(path)
        try:
            with self._engine.begin() as connection:
                migrate(connection, str(path))
        except DatabaseError as error:
            self.close()
            trouble = disk_trouble(path, error.orig) if isinstance(error.orig, sqlite3.Error) else None
            if trouble is not None:
                raise trouble from error
            raise BadInputError(
                f"{path} cannot be used as a catalogue ({error.orig}): delete it to start anew."
            ) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the file. Closing twice is fine."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """For tables that have a file of their own: what the block does is kept whole or not at all."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    def record_clip(
        self,
        path: Path,
        files: Sequence[Path],
        fingerprint: str,
        *,
        frames: int,
        rate: Fraction,
        width: int,
        height: int,
    ) -> int:
        """Note a clip, and return its id; the same path and content give the same id.

        `path` is what the clip is called, `files` what it consists of: itself, or the pictures of a sequence.
        """
        statuses = [file.stat() for file in files]
        values = {
            "path": str(path.absolute()),
            "fingerprint": fingerprint,
            "size": sum(status.st_size for status in statuses),
            "mtime_ns": max(status.st_mtime_ns for status in statuses),
            "frames": frames,
            "rate": f"{rate.numerator}/{rate.denominator}",
            "width": width,
            "height": height,
        }
        statement = insert(ClipRow).values(values)
        statement = statement.on_conflict_do_update(index_elements=["path", "fingerprint"], set_=values)
        with Session(self._engine) as session, session.begin():
            return session.scalars(statement.returning(ClipRow.id)).one()

    def replace_shots(self, clip: int, shots: Sequence[Shot], tracks: Iterable[Track]) -> None:
        """Set the shots and tracks of a clip, in place of what was known."""
        with Session(self._engine) as session, session.begin():
            session.execute(delete(ShotRow).where(ShotRow.clip == clip))
            rows = [ShotRow(clip=clip, **asdict(shot)) for shot in shots]
            session.add_all(rows)
            session.flush()
            for track in tracks:
                values = asdict(track) | {
                    "shot": rows[track.shot].id,
                    "missed": [list(r) for r in track.missed],
                }
                session.add(TrackRow(clip=clip, **values))

    def clip_at(self, path: Path) -> int | None:
        """The id of the clip that was last noted under a path; None where none was."""
        query = select(ClipRow.id).where(ClipRow.path == str(path.absolute())).order_by(ClipRow.id.desc())
        with Session(self._engine) as session:
            return session.scalars(query.limit(1)).one_or_none()

    def shots(self, clip: int) -> list[Shot]:
        """The shots of a clip, in order."""
        with Session(self._engine) as session:
            rows = session.scalars(select(ShotRow).where(ShotRow.clip == clip).order_by(ShotRow.first))
            return [Shot(row.first, row.last) for row in rows]

    def tracks(self, clip: int) -> list[Track]:
        """The tracks of a clip, by number."""
        with Session(self._engine) as session:
            shots = session.scalars(
                select(ShotRow.id).where(ShotRow.clip == clip).order_by(ShotRow.first)
            ).all()
            rows = session.scalars(select(TrackRow).where(TrackRow.clip == clip).order_by(TrackRow.number))
            return [
                Track(
                    number=row.number,
                    shot=shots.index(row.shot),
                    first=row.first,
                    last=row.last,
                    faces=row.faces,
                    missed=tuple((first, last) for first, last in row.missed),
                    person=row.person,
                )
                for row in rows
            ]

    def start_run(self, command: str, settings: Mapping[str, Any], output: Path | None) -> int:
        """Note that a command starts; return the run's id."""
        row = RunRow(
            command=command,
            settings=dict(settings),
            output=None if output is None else str(output.absolute()),
            started=_now(),
        )
        with Session(self._engine) as session, session.begin():
            session.add(row)
            session.flush()
            return row.id

    def end_run(self, run: int, outcome: str, output_fingerprint: str | None = None) -> None:
        """Note how a run ended: DONE, or what stopped it."""
        values = {"ended": _now(), "outcome": outcome, "output_fingerprint": output_fingerprint}
        with Session(self._engine) as session, session.begin():
            session.execute(update(RunRow).where(RunRow.id == run).values(values))

    def last_run(self, output: Path) -> RunRow | None:
        """The latest run that was to write `output`; None where none was."""
        query = select(RunRow).where(RunRow.output == str(output.absolute())).order_by(RunRow.id.desc())
        with Session(self._engine, expire_on_commit=False) as session:
            return session.scalars(query.limit(1)).one_or_none()

    def finished_runs(self, command: str) -> list[RunRow]:
        """The runs of a command that ended well, in order."""
        query = select(RunRow).where(RunRow.command == command, RunRow.outcome == DONE).order_by(RunRow.id)
        with Session(self._engine, expire_on_commit=False) as session:
            return list(session.scalars(query))

    def last_finished(self) -> int:
        """The number of the last run that ended well; 0 where none did."""
        with Session(self._engine) as session:
            return session.scalar(select(func.max(RunRow.id)).where(RunRow.outcome == DONE)) or 0

    def stages_of(self, run: int) -> list[tuple[str, str]]:
        """Name and folder (relative to the project) of the stages that a run used, in order."""
        query = select(StageRow.name, StageRow.outputs).where(StageRow.run == run).order_by(StageRow.id)
        with Session(self._engine) as session:
            return [(name, outputs) for name, outputs in session.execute(query)]

    def record_stage(
        self, run: int, *, name: str, recipe: str, outputs: str, seconds: float, frames: int, skipped: bool
    ) -> None:
        """Note that `run` used a stage. `outputs` is the folder, relative to the project."""
        row = StageRow(
            run=run,
            name=name,
            recipe=recipe,
            outputs=outputs,
            seconds=seconds,
            frames=frames,
            skipped=skipped,
        )
        with Session(self._engine) as session, session.begin():
            session.add(row)

    def runs(self) -> list[RunStages]:
        """Every run, in order."""
        with Session(self._engine) as session:
            folders: dict[int, set[str]] = {}
            for run, outputs in session.execute(select(StageRow.run, StageRow.outputs)):
                folders.setdefault(run, set()).add(outputs)
            rows = session.execute(select(RunRow.id, RunRow.output).order_by(RunRow.id))
            return [RunStages(number, output, frozenset(folders.get(number, ()))) for number, output in rows]

    def selection(self, fingerprint: str) -> Selection | None:
        """Which faces of the clip with this content are used; None where nobody chose."""
        with Session(self._engine) as session:
            return selections.read(session, fingerprint)

    def replace_selections(self, chosen: Sequence[Selection]) -> None:
        """Set which faces of some clips are used, in place of what was said of them before."""
        with Session(self._engine) as session, session.begin():
            for each in chosen:
                selections.replace(session, each, _now())

    def forget_selections(self, fingerprints: Iterable[str]) -> int:
        """Use all faces of these clips again, as if nobody had chosen; return how many had a choice."""
        statement = delete(SelectionRow).where(SelectionRow.fingerprint.in_(set(fingerprints)))
        with Session(self._engine) as session, session.begin():
            return len(session.scalars(statement.returning(SelectionRow.id)).all())

    def journal(self, output: Path) -> Journal:
        """What was done to the edits of a film."""
        with Session(self._engine) as session:
            return journals.read(session, _known_as(output))

    def add_change(self, output: Path, change: dict[str, Any], revision: int) -> Journal:
        """Note a change of a film's edits. Raises `journals.ConflictError` for another revision."""
        with Session(self._engine) as session, session.begin():
            return journals.append(session, _known_as(output), change, revision, _now())

    def move_cursor(self, output: Path, revision: int, step: Callable[[Journal], int]) -> Journal:
        """Let so many changes of a film's edits count as `step` says; raises as `add_change`, and what it
        raises.
        """
        with Session(self._engine) as session, session.begin():
            return journals.move(session, _known_as(output), revision, step)

    def name_version(self, output: Path, name: str, state: dict[str, Any]) -> None:
        """Keep a state of a film's edits under a name, in place of what had that name."""
        with Session(self._engine) as session, session.begin():
            journals.name_version(session, _known_as(output), name, state, _now())

    def versions(self, output: Path) -> list[Version]:
        """The named states of a film's edits, the oldest first."""
        with Session(self._engine) as session:
            return journals.versions(session, _known_as(output))

    def all_changes(self) -> list[dict[str, Any]]:
        """Every change, and every named state, of the edits of every film."""
        with Session(self._engine) as session:
            return journals.everything(session)

    def corrections(self, fingerprint: str) -> tuple[Correction, ...]:
        """What was put right of the landmarks in the clip with this content, by frame."""
        with Session(self._engine) as session:
            return corrections.read(session, fingerprint)

    def replace_corrections(self, fingerprint: str, chosen: Sequence[Correction]) -> None:
        """Set what is put right of a clip's landmarks, in place of what was there before."""
        with Session(self._engine) as session, session.begin():
            corrections.replace(session, fingerprint, chosen, _now())

    def forget_clips(self, fingerprints: Iterable[str]) -> int:
        """Delete what is known of clips with this content (tracks, chosen faces, what was put right, how
        far they are covered); return their number.
        """
        fingerprints = set(fingerprints)
        self.forget_selections(fingerprints)
        for fingerprint in fingerprints:
            self.replace_corrections(fingerprint, ())
        statement = delete(ClipRow).where(ClipRow.fingerprint.in_(fingerprints))
        with Session(self._engine) as session, session.begin():
            for fingerprint in fingerprints:
                coverages.keep(session, fingerprint, ())
            return len(session.scalars(statement.returning(ClipRow.id)).all())

    def recipes_in_use(self, generations: int = 2) -> set[str]:
        """Recipe hashes used by each output's last `generations` finished runs, and by any run since."""
        age = func.count().filter(RunRow.outcome == DONE)
        newer = age.over(partition_by=RunRow.output, order_by=RunRow.id.desc())
        ranked = select(RunRow.id, RunRow.outcome, newer.label("age")).subquery()
        recent = select(ranked.c.id).where(
            (ranked.c.age < generations) | ((ranked.c.age == generations) & (ranked.c.outcome == DONE))
        )
        with Session(self._engine) as session:
            return set(session.scalars(select(StageRow.recipe).where(StageRow.run.in_(recent))))


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: object) -> None:
        # SQLAlchemy says BEGIN itself: the driver would leave DDL, and so half a migration, outside of it.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "handle_error")
    def tell(context: ExceptionContext) -> None:
        error = context.original_exception
        trouble = disk_trouble(path, error) if isinstance(error, sqlite3.Error) else None
        if trouble is not None:
            raise trouble from error

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def disk_trouble(path: Path, error: sqlite3.Error) -> OutputError | None:
    """What to say where it is the disk that a database at `path` has met; None for errors of another kind.

    On a disk without any room SQLite does not get as far as to find it full: it cannot make its shared
    memory, and calls that an I/O error.
    """
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without what extended codes add
    if code not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return None
    full = code == sqlite3.SQLITE_FULL or shutil.disk_usage(path.parent).free < _ROOM
    number = errno.ENOSPC if full else errno.EIO
    return output_error(path, OSError(number, os.strerror(number)))


def _known_as(output: Path) -> str:
    return str(output.absolute())


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
