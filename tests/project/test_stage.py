"""A stage runs once, goes on where it was stopped, and never takes half a file for a whole one."""

import pytest

from understudy.project.recipe import Recipe
from understudy.project.stage import DONE, Stage, collect_garbage

RECIPE = Recipe("squares", 1, {"chunk": 10})


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path, RECIPE)


def squares(stage, count=3):
    """Write `count` chunks; return how many were still to be made."""
    pending = stage.pending_chunks(count, ".txt")
    for index in pending:
        with stage.writing(stage.chunk(index, ".txt")) as path:
            path.write_text(str(index * index))
    return len(pending)


def never(stage):
    raise AssertionError("the stage was done and yet ran")


def test_a_stage_runs_once(stage, tmp_path):
    record = stage.run(squares)
    assert (record.name, record.frames, record.skipped) == ("squares", 3, False)
    assert [path.read_text() for path in stage.chunks(3, ".txt")] == ["0", "1", "4"]
    again = Stage(tmp_path, RECIPE).run(never)
    assert (again.frames, again.skipped, again.frames_per_second) == (0, True, None)


def test_another_recipe_has_another_folder(stage, tmp_path):
    stage.run(squares)
    other = Stage(tmp_path, Recipe("squares", 2, {"chunk": 10}))
    assert other.run(squares).frames == 3
    assert stage.done


def test_a_stopped_stage_goes_on(stage):
    def stopped(stage):
        squares(stage, 2)
        with stage.writing(stage.chunk(2, ".txt")) as path:
            path.write_text("ha")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage.run(stopped)
    assert not stage.done
    assert stage.run(squares).frames == 1
    assert stage.path("chunk-00002.txt").read_text() == "4"


def test_what_an_encoder_left_half_written_is_cleared(stage):
    stage.folder.mkdir()
    (stage.folder / ".part-chunk-00000.txt").write_text("ha")
    assert stage.run(squares).frames == 3
    assert not list(stage.folder.glob(".part*"))


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("")])
def test_a_damaged_output_is_made_again_and_only_it(stage, damage):
    stage.run(squares)
    damage(stage.path("chunk-00001.txt"))
    assert not stage.done
    assert stage.run(squares).frames == 1
    assert stage.path("chunk-00001.txt").read_text() == "1"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"outputs": 3}', "\x00" * 20])
def test_a_spoilt_mark_is_no_mark(stage, text):
    stage.run(squares)
    stage.path(DONE).write_text(text)
    assert not stage.done
    assert stage.run(squares).frames == 0
    assert stage.done


def test_a_strangers_file_does_not_undo_a_stage(stage):
    stage.run(squares)
    stage.path("Thumbs.db").write_text("x")
    assert stage.done


def test_the_recipe_lies_beside_its_outputs(stage):
    stage.run(squares)
    assert stage.path("recipe.json").read_text() == RECIPE.text + "\n"


def test_garbage_is_what_is_not_kept(tmp_path):
    old, new = Recipe("squares", 1), Recipe("squares", 2)
    for recipe in (old, new):
        Stage(tmp_path, recipe).run(squares)
    deleted = collect_garbage(tmp_path, {new.hash})
    assert deleted == [Stage(tmp_path, old).folder]
    assert list(tmp_path.iterdir()) == [Stage(tmp_path, new).folder]
