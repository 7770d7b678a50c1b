"""The edits of a film in the catalogue: undo, versions, conflicts, and what survives a restart."""

import threading

import numpy as np
import pytest

from understudy.errors import BadInputError
from understudy.project.catalog import Catalog
from understudy.project.journals import ConflictError
from understudy.retouch.canvas import Sheet
from understudy.retouch.edits import Edit, Key, Operation, new_id
from understudy.retouch.patch import Patch
from understudy.retouch.store import EditStore


@pytest.fixture
def opened(tmp_path):
    stores = []

    def open_it(film="film.mp4"):
        catalog = Catalog(tmp_path / "catalog.db")
        stores.append(catalog)
        return EditStore(catalog, tmp_path, tmp_path / film)

    yield open_it
    for catalog in stores:
        catalog.close()


def patch(value=0.5):
    matte = np.full((4, 6), value, np.float32)
    return Patch(Sheet(64, 3, 5, 6, 4), matte, np.zeros((4, 6, 3), np.uint8), np.full((4, 6), 255, np.uint8))


def edit(store, frame=3, **more):
    key = Key(frame=frame, patch=store.patches.keep(patch()))
    given = {"id": new_id(), "operation": Operation.BLUR, "track": 0, "first": 0, "last": 9} | more
    return Edit(keys=(key,), **given)


def test_everything_is_there_after_a_restart(opened):
    store = opened()
    one, two = edit(store), edit(store, 5)
    assert store.read() == (0, (), False, False)
    revision = store.keep(two, store.keep(one, 0))
    changed = one.changed(strength=0.25)
    revision = store.keep(changed, revision)
    again = opened()
    assert again.edits() == (changed, two)
    revision = again.undo(revision)
    assert opened().read() == (revision, (one, two), True, True)
    revision = opened().undo(opened().undo(revision))
    assert opened().read() == (revision, (), False, True)
    with pytest.raises(BadInputError, match="nothing to undo"):
        opened().undo(revision)
    for _ in range(3):
        revision = opened().redo(revision)
    assert opened().read() == (revision, (changed, two), True, False)
    with pytest.raises(BadInputError, match="nothing to do again"):
        opened().redo(revision)
    assert (opened().patches[one.keys[0].patch].matte == np.float32(32768 / 65535)).all()


def test_what_was_undone_is_forgotten_when_something_else_is_done(opened):
    store = opened()
    one, two, three = (edit(store, frame) for frame in (1, 2, 3))
    revision = store.undo(store.keep(two, store.keep(one, 0)))
    revision = store.keep(three, revision)
    assert store.read() == (revision, (one, three), True, False)


def test_a_step_of_several_edits_is_undone_at_once(opened):
    store = opened()
    some = [edit(store, frame) for frame in (1, 2, 3)]
    revision = store.keep(some, 0)
    revision = store.drop([some[0].id, some[2].id], revision)
    assert store.edits() == (some[1],)
    assert store.undo(store.undo(revision)) == 4
    assert store.edits() == ()


def test_a_writer_who_has_not_seen_the_last_change_is_refused(opened):
    one, other = opened(), opened()
    revision = one.keep(edit(one), 0)
    for late in (
        lambda: other.keep(edit(other), 0),
        lambda: other.undo(0),
        lambda: other.redo(0),
        lambda: other.drop(one.edits()[0].id, 0),
    ):
        with pytest.raises(ConflictError, match="changed elsewhere"):
            late()
    assert other.read()[0] == revision
    assert len(other.edits()) == 1


def test_of_writers_at_the_same_time_one_wins(opened):
    stores = [opened() for _ in range(6)]
    edits = [edit(store) for store in stores]
    outcomes = []
    start = threading.Barrier(len(stores))

    def write(store, mine):
        start.wait()
        try:
            outcomes.append(store.keep(mine, 0))
        except ConflictError:
            outcomes.append(None)

    threads = [threading.Thread(target=write, args=pair) for pair in zip(stores, edits, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [1, *[None] * 5]
    assert len(opened().edits()) == 1


def test_versions_are_gone_back_to_and_that_is_undone(opened):
    store = opened()
    one, two = edit(store, 1), edit(store, 2)
    revision = store.keep(one, 0)
    store.name_version("before lunch")
    revision = store.keep(two, store.drop(one.id, revision))
    store.name_version("after")
    assert [version.name for version in opened().versions()] == ["before lunch", "after"]
    revision = opened().restore("before lunch", revision)
    assert store.edits() == (one,)
    store.undo(revision)
    assert store.edits() == (two,)
    store.name_version("before lunch")
    assert [version.state["edits"][0]["id"] for version in store.versions()] == [two.id, two.id]
    with pytest.raises(BadInputError, match="There is no version lunch"):
        store.restore("lunch", store.revision)
    with pytest.raises(BadInputError, match="1 to 200"):
        store.name_version("  ")


def test_films_of_one_project_have_edits_of_their_own(opened):
    one, other = opened("a.mp4"), opened("b.mp4")
    one.keep(edit(one), 0)
    assert other.read() == (0, (), False, False)


def test_an_edit_without_its_patch_is_not_kept(opened):
    store = opened()
    lost = edit(store).changed(keys=[Key(frame=1, patch="ab" * 32)])
    with pytest.raises(BadInputError, match="is missing"):
        store.keep(lost, 0)
    assert store.revision == 0
    kept = edit(store)
    store.patches.folder.joinpath(f"{kept.keys[0].patch}.npz").write_bytes(b"something else")
    with pytest.raises(BadInputError, match="is damaged"):
        opened().keep(kept, 0)


def test_patches_that_nothing_refers_to_are_swept(opened):
    store = opened()
    kept, undone = edit(store), edit(store)
    draft = store.patches.keep(patch(0.25))
    named = edit(store).changed(keys=[Key(frame=1, patch=store.patches.keep(patch(0.75)))])
    revision = store.keep(named, 0)
    store.name_version("named")
    revision = store.undo(store.keep(undone, store.keep(kept, store.undo(revision))))
    assert store.sweep() == 0
    assert store.sweep(older=-5.0) == 1
    left = {path.stem for path in store.patches.folder.iterdir()}
    assert draft not in left
    assert left == {kept.keys[0].patch, named.keys[0].patch}
