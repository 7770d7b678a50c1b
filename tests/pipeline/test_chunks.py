"""Only what is missing is made, and what is there counts as done."""

from pathlib import Path
from types import SimpleNamespace

from understudy.pipeline.chunks import missing_chunks
from understudy.pipeline.footage import Footage
from understudy.project.recipe import Recipe
from understudy.project.stage import Stage


class Count:
    done = 0

    def advance(self, count: int = 1) -> None:
        self.done += count


def test_chunks_that_are_there_are_passed_over(tmp_path: Path) -> None:
    stage = Stage(tmp_path, Recipe("render", 1, {}, {}))
    stage.folder.mkdir()
    for index in (1, 3):
        stage.path(stage.chunk(index, ".mkv")).touch()
    stage.path(stage.chunk(0)).touch()  # of another kind
    footage = Footage(SimpleNamespace(), first=10, stop=45, digest="")
    task = Count()
    chunks = missing_chunks(stage, footage, 10, task, ".mkv")
    assert next(chunks) == (0, range(10, 20))
    assert task.done == 0
    assert next(chunks) == (2, range(30, 40))
    assert task.done == 10
    assert list(chunks) == []
    assert task.done == 15
