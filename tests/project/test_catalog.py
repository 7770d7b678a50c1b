"""The catalogue: migrations, what it keeps, and which recipes are in use."""

import os
import sqlite3
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DatabaseError

from understudy.errors import BadInputError, OutputError
from understudy.project import corrections, coverages, selections
from understudy.project.beside import NOT_YET, read_beside
from understudy.project.catalog import DONE, Catalog, Shot, Track, disk_trouble
from understudy.project.corrections import Correction, Moved
from understudy.project.migrations import MIGRATIONS, VERSION
from understudy.project.schema import Table
from understudy.project.selections import Dropped, Selection

OUT = Path("out.mp4")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "catalog.db"


@pytest.fixture
def catalog(path):
    catalog = Catalog(path)
    yield catalog
    catalog.close()


@pytest.fixture
def clip(catalog, tmp_path):
    file = tmp_path / "plate.mov"
    file.write_bytes(b"1234")
    return catalog.record_clip(file, [file], "ab", frames=48, rate=Fraction(24), width=640, height=360)


def schema(connection):
    """The tables as comparable values."""
    found = inspect(connection)
    return {
        table: {
            "columns": sorted(
                (c["name"], str(c["type"]), c["nullable"], c["primary_key"]) for c in found.get_columns(table)
            ),
            "keys": sorted(
                tuple(key)[2:] for key in connection.execute(text(f"PRAGMA foreign_key_list({table})"))
            ),
            "unique": sorted(u["column_names"] for u in found.get_unique_constraints(table)),
            "indexes": sorted((i["name"], i["column_names"]) for i in found.get_indexes(table)),
        }
        for table in found.get_table_names()
    }


def test_migrations_lead_to_the_tables_that_the_code_knows(catalog, path, tmp_path):
    fresh = create_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    Table.metadata.create_all(fresh)
    with create_engine(f"sqlite:///{path}").connect() as migrated, fresh.connect() as declared:
        assert schema(migrated) == schema(declared)


def test_it_is_in_wal_mode_at_the_present_version(catalog, path):
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_an_older_catalogue_takes_the_missing_steps_and_keeps_its_rows(path, tmp_path, monkeypatch):
    Catalog(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO clips VALUES (1, 'a.mov', 'ab', 1, 2, 3, '24/1', 4, 5)")
    monkeypatch.setattr(
        "understudy.project.migrations.MIGRATIONS", (*MIGRATIONS, "ALTER TABLE clips ADD note VARCHAR")
    )
    monkeypatch.setattr("understudy.project.migrations.VERSION", VERSION + 1)
    Catalog(path).close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT path, note FROM clips").fetchall() == [("a.mov", None)]
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)


def test_a_step_that_fails_leaves_the_catalogue_as_it_was(path, monkeypatch):
    monkeypatch.setattr("understudy.project.migrations.MIGRATIONS", ("CREATE TABLE a (b INTEGER); NONSENSE",))
    with pytest.raises(BadInputError, match="cannot be used"):
        Catalog(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_a_newer_catalogue_is_refused_in_one_sentence(path):
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(BadInputError, match=r"made by a newer Understudy .*: update Understudy"):
        Catalog(path)


def test_something_else_is_refused_in_one_sentence(path):
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(BadInputError, match="cannot be used as a catalogue"):
        Catalog(path)


def test_a_clip_is_one_row_per_content(catalog, tmp_path, clip):
    def record(fingerprint):
        file = tmp_path / "plate.mov"
        return catalog.record_clip(
            file, [file], fingerprint, frames=48, rate=Fraction(24), width=640, height=360
        )

    assert record("ab") == clip
    assert record("cd") != clip


def test_a_sequence_is_as_large_as_its_pictures_and_as_new_as_the_newest(catalog, path, tmp_path):
    files = [tmp_path / f"{index}.png" for index in range(3)]
    for index, file in enumerate(files):
        file.write_bytes(b"x" * 10)
        os.utime(file, ns=(0, index))
    catalog.record_clip(tmp_path / "#.png", files, "ab", frames=3, rate=Fraction(24), width=4, height=4)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT size, mtime_ns FROM clips").fetchall() == [(30, 2)]


def test_shots_and_tracks_come_back_and_are_replaced(catalog, clip):
    shots = [Shot(0, 19), Shot(20, 47)]
    tracks = [
        Track(number=0, shot=0, first=0, last=19, faces=18, missed=((3, 4),), person=0),
        Track(number=1, shot=1, first=22, last=47, faces=26),
    ]
    catalog.replace_shots(clip, shots, tracks)
    assert catalog.shots(clip) == shots
    assert catalog.tracks(clip) == tracks
    catalog.replace_shots(clip, shots[:1], tracks[:1])
    assert catalog.shots(clip) == shots[:1]
    assert catalog.tracks(clip) == tracks[:1]


def test_a_failed_replacement_changes_nothing(catalog, clip):
    catalog.replace_shots(clip, [Shot(0, 47)], [])
    with pytest.raises(IndexError):
        catalog.replace_shots(clip, [Shot(0, 9)], [Track(number=0, shot=1, first=0, last=9, faces=10)])
    assert catalog.shots(clip) == [Shot(0, 47)]


def run(catalog, recipe, outcome=DONE, output=OUT):
    number = catalog.start_run("swap", {}, output)
    catalog.record_stage(
        number, name="faces", recipe=recipe, outputs="stages/x", seconds=1.0, frames=1, skipped=False
    )
    if outcome:
        catalog.end_run(number, outcome)


@pytest.mark.parametrize(
    ("runs", "used"),
    [
        (["a"], {"a"}),
        (["a", "b"], {"a", "b"}),
        (["a", "b", "c"], {"b", "c"}),
        (["a", "b", "c killed"], {"a", "b", "c"}),
        (["a", "b killed", "c", "d"], {"c", "d"}),
        (["a", "b", "c failed", "d"], {"b", "c", "d"}),
    ],
)
def test_recipes_of_the_last_two_finished_runs_are_in_use(catalog, runs, used):
    for entry in runs:
        recipe, _, fate = entry.partition(" ")
        run(catalog, recipe, {"": DONE, "failed": "BadInputError: no face", "killed": None}[fate])
    assert catalog.recipes_in_use() == used


def test_outputs_do_not_push_out_each_others_recipes(catalog):
    for recipe in "abc":
        run(catalog, recipe, output=Path(f"{recipe}.mp4"))
    assert catalog.recipes_in_use() == {"a", "b", "c"}


def test_the_last_run_of_an_output(catalog):
    assert catalog.last_run(OUT) is None
    number = catalog.start_run("swap", {"blend": "poisson"}, OUT)
    catalog.start_run("swap", {}, Path("other.mp4"))
    assert catalog.last_run(OUT).settings == {"blend": "poisson"}
    assert catalog.last_run(OUT).outcome is None
    catalog.end_run(number, DONE, "ff")
    assert (catalog.last_run(OUT).outcome, catalog.last_run(OUT).output_fingerprint) == (DONE, "ff")


def test_a_full_disk_is_told(tmp_path):
    catalog = Catalog(tmp_path / "catalog.db")
    with catalog._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutputError, match=r"catalog\.db: the disk is full; free some space"):
        catalog.start_run("swap", {"name": "x" * 100_000}, None)
    catalog.close()


@pytest.mark.parametrize(
    ("free", "said"), [(0, "the disk is full; free some space"), (1 << 40, "Input/output error")]
)
def test_an_io_error_is_the_disks_and_not_the_catalogues(path, monkeypatch, free, said):
    # what SQLite says on a file system without any room, tried by hand on one
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    assert said in str(disk_trouble(path, error))
    monkeypatch.setattr("understudy.project.catalog.migrate", lambda *_: fail_with(error))
    with pytest.raises(OutputError, match=said):
        Catalog(path)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    assert disk_trouble(path, error) is None


def fail_with(error):
    raise DatabaseError("", None, error)


DIGEST = "cd" * 32


def test_selections_are_kept_by_content_and_replaced(catalog):
    blurred, double = Dropped(3, 10.5, 20.25, "blurred"), Dropped(7, 1.0, 2.0, "near-duplicate")
    first = Selection(DIGEST, "anna.mp4", 2, 9, (blurred, double))
    assert catalog.selection(DIGEST) is None
    catalog.replace_selections([first])
    assert catalog.selection(DIGEST) == first
    second = Selection(DIGEST, "anna2.mp4", 2, 9, (double,))
    catalog.replace_selections([second])
    assert catalog.selection(DIGEST) == second
    assert len({first.digest, second.digest, Selection(DIGEST, "", 1, 9, (double,)).digest}) == 3
    assert second.digest == Selection(DIGEST, "x", 2, 8, (Dropped(7, 1.0, 2.0, "other words"),)).digest
    assert catalog.forget_selections([DIGEST, "none"]) == 1
    assert catalog.selection(DIGEST) is None


def test_a_clip_that_is_forgotten_takes_its_selection_along(catalog, clip, path):
    catalog.replace_selections([Selection("ab", "plate.mov", 1, 1, (Dropped(0, 1.0, 1.0, "x"),))])
    assert catalog.forget_clips(["ab"]) == 1
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM dropped").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM selections").fetchone() == (0,)


def _selection_of(digest):
    return lambda session: selections.read(session, digest)


def test_corrections_are_kept_by_content_and_replaced(catalog, clip, path):
    late = Correction(9, 10.5, 20.0, (Moved(61, -1.5, 2.0), Moved(473, 0.25, 0.0)), reach=3)
    early = Correction(2, 11.0, 20.0, (Moved(13, 0.0, 1.0),))
    assert catalog.corrections("ab") == ()
    catalog.replace_corrections("ab", [late, early])
    assert catalog.corrections("ab") == (early, late)
    assert read_beside(path, lambda session: corrections.read(session, "ab")) == (early, late)
    assert corrections.digest_of([late, early]) == corrections.digest_of([early, late])
    assert corrections.digest_of([late]) != corrections.digest_of([early])
    catalog.replace_corrections("ab", [late])
    assert catalog.corrections("ab") == (late,)
    with catalog.transaction() as session:
        coverages.keep(session, "ab", [coverages.Told("anna", "All of it is covered.", (), ((1, 0.5),))])
    catalog.forget_clips(["ab"])
    assert catalog.corrections("ab") == ()
    with catalog.transaction() as session:
        assert coverages.of(session, "ab") == []


def test_selections_are_read_beside_the_process_that_holds_the_project(catalog, path, tmp_path):
    chosen = Selection(DIGEST, "anna.mp4", 1, 2, (Dropped(0, 1.0, 1.0, "x"),))
    catalog.replace_selections([chosen])
    assert read_beside(path, _selection_of(DIGEST)) == chosen
    assert read_beside(path, _selection_of("none")) is None
    assert read_beside(tmp_path / "none.db", _selection_of(DIGEST)) is NOT_YET
    assert not (tmp_path / "none.db").exists()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION - 1}")
    assert read_beside(path, _selection_of(DIGEST)) is NOT_YET
