"""The numbered steps that bring an older catalogue up to the tables of `schema`."""

from __future__ import annotations

from sqlalchemy import Connection, text

from understudy.errors import BadInputError

MIGRATIONS = (
    """
    CREATE TABLE clips (
        id INTEGER NOT NULL PRIMARY KEY,
        path VARCHAR NOT NULL,
        fingerprint VARCHAR NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        frames INTEGER NOT NULL,
        rate VARCHAR NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        UNIQUE (path, fingerprint)
    );
    CREATE TABLE shots (
        id INTEGER NOT NULL PRIMARY KEY,
        clip INTEGER NOT NULL REFERENCES clips (id) ON DELETE CASCADE,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL
    );
    CREATE INDEX ix_shots_clip ON shots (clip);
    CREATE TABLE tracks (
        id INTEGER NOT NULL PRIMARY KEY,
        clip INTEGER NOT NULL REFERENCES clips (id) ON DELETE CASCADE,
        shot INTEGER NOT NULL REFERENCES shots (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        faces INTEGER NOT NULL,
        missed JSON NOT NULL,
        person INTEGER,
        UNIQUE (clip, number)
    );
    CREATE INDEX ix_tracks_clip ON tracks (clip);
    CREATE TABLE runs (
        id INTEGER NOT NULL PRIMARY KEY,
        command VARCHAR NOT NULL,
        settings JSON NOT NULL,
        output VARCHAR,
        started DATETIME NOT NULL,
        ended DATETIME,
        outcome VARCHAR,
        output_fingerprint VARCHAR
    );
    CREATE TABLE stages (
        id INTEGER NOT NULL PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        name VARCHAR NOT NULL,
        recipe VARCHAR NOT NULL,
        outputs VARCHAR NOT NULL,
        seconds REAL NOT NULL,
        frames INTEGER NOT NULL,
        skipped BOOLEAN NOT NULL
    );
    CREATE INDEX ix_stages_run ON stages (run)
    """,
    """
    CREATE TABLE selections (
        id INTEGER NOT NULL PRIMARY KEY,
        fingerprint VARCHAR NOT NULL,
        path VARCHAR NOT NULL,
        step INTEGER NOT NULL,
        faces INTEGER NOT NULL,
        changed DATETIME NOT NULL,
        UNIQUE (fingerprint)
    );
    CREATE TABLE dropped (
        id INTEGER NOT NULL PRIMARY KEY,
        selection INTEGER NOT NULL REFERENCES selections (id) ON DELETE CASCADE,
        frame INTEGER NOT NULL,
        x REAL NOT NULL,
        y REAL NOT NULL,
        why VARCHAR NOT NULL
    );
    CREATE INDEX ix_dropped_selection ON dropped (selection)
    """,
    """
    CREATE TABLE journals (
        id INTEGER NOT NULL PRIMARY KEY,
        output VARCHAR NOT NULL,
        revision INTEGER NOT NULL,
        cursor INTEGER NOT NULL,
        UNIQUE (output)
    );
    CREATE TABLE entries (
        id INTEGER NOT NULL PRIMARY KEY,
        journal INTEGER NOT NULL REFERENCES journals (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        change JSON NOT NULL,
        made DATETIME NOT NULL,
        UNIQUE (journal, position)
    );
    CREATE INDEX ix_entries_journal ON entries (journal);
    CREATE TABLE versions (
        id INTEGER NOT NULL PRIMARY KEY,
        journal INTEGER NOT NULL REFERENCES journals (id) ON DELETE CASCADE,
        name VARCHAR NOT NULL,
        state JSON NOT NULL,
        made DATETIME NOT NULL,
        UNIQUE (journal, name)
    );
    CREATE INDEX ix_versions_journal ON versions (journal)
    """,
    """
    CREATE TABLE corrections (
        id INTEGER NOT NULL PRIMARY KEY,
        fingerprint VARCHAR NOT NULL,
        frame INTEGER NOT NULL,
        x REAL NOT NULL,
        y REAL NOT NULL,
        reach INTEGER NOT NULL,
        moved JSON NOT NULL,
        changed DATETIME NOT NULL
    );
    CREATE INDEX ix_corrections_fingerprint ON corrections (fingerprint)
    """,
    """
    CREATE TABLE inspections (
        id INTEGER NOT NULL PRIMARY KEY,
        film VARCHAR NOT NULL,
        fingerprint VARCHAR NOT NULL,
        made DATETIME NOT NULL,
        frames INTEGER NOT NULL,
        sentences JSON NOT NULL,
        curves JSON NOT NULL
    );
    CREATE INDEX ix_inspections_film ON inspections (film);
    CREATE TABLE events (
        id INTEGER NOT NULL PRIMARY KEY,
        inspection INTEGER NOT NULL REFERENCES inspections (id) ON DELETE CASCADE,
        flaw VARCHAR NOT NULL,
        region VARCHAR NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        keyframe INTEGER NOT NULL,
        score REAL NOT NULL,
        severity VARCHAR NOT NULL,
        throughout BOOLEAN NOT NULL,
        words VARCHAR NOT NULL,
        box JSON NOT NULL
    );
    CREATE INDEX ix_events_inspection ON events (inspection);
    CREATE TABLE verdicts (
        id INTEGER NOT NULL PRIMARY KEY,
        film VARCHAR NOT NULL,
        kind VARCHAR NOT NULL,
        flaw VARCHAR NOT NULL,
        region VARCHAR NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        verdict VARCHAR NOT NULL,
        fingerprint VARCHAR NOT NULL,
        changed DATETIME NOT NULL,
        revision INTEGER NOT NULL,
        UNIQUE (film, kind, flaw, region, first, last)
    );
    CREATE TABLE notes (
        id INTEGER NOT NULL PRIMARY KEY,
        film VARCHAR NOT NULL,
        frame INTEGER NOT NULL,
        text VARCHAR NOT NULL,
        done BOOLEAN NOT NULL,
        created DATETIME NOT NULL,
        changed DATETIME NOT NULL,
        revision INTEGER NOT NULL
    );
    CREATE INDEX ix_notes_film ON notes (film);
    CREATE TABLE jobs (
        id INTEGER NOT NULL PRIMARY KEY,
        kind VARCHAR NOT NULL,
        title VARCHAR NOT NULL,
        settings JSON NOT NULL,
        state VARCHAR NOT NULL,
        created DATETIME NOT NULL,
        started DATETIME,
        ended DATETIME,
        stage VARCHAR NOT NULL,
        done INTEGER NOT NULL,
        total INTEGER,
        unit VARCHAR NOT NULL,
        message VARCHAR NOT NULL
    )
    """,
    """
    CREATE TABLE coverages (
        id INTEGER NOT NULL PRIMARY KEY,
        plate VARCHAR NOT NULL,
        likeness VARCHAR NOT NULL,
        made DATETIME NOT NULL,
        summary VARCHAR NOT NULL,
        needs JSON NOT NULL,
        marks JSON NOT NULL
    );
    CREATE INDEX ix_coverages_plate ON coverages (plate)
    """,
)
"""Step k takes version k to k + 1. A step that has been released is never edited; a change is a new step."""

VERSION = len(MIGRATIONS)


def migrate(connection: Connection, place: str) -> None:
    """Bring the catalogue at `place` up to VERSION, inside the caller's transaction.

    Raises BadInputError for a catalogue that a newer Understudy made.
    """
    version: int = connection.execute(text("PRAGMA user_version")).scalar_one()
    if version > VERSION:
        raise BadInputError(
            f"{place} was made by a newer Understudy (catalogue version {version}, this one knows {VERSION}):"
            " update Understudy, or give another --project folder."
        )
    for step in MIGRATIONS[version:]:
        for statement in step.split(";"):
            connection.execute(text(statement))
    connection.execute(text(f"PRAGMA user_version = {VERSION}"))
