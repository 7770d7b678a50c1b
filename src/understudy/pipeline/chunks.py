"""Long stages go by chunks of frames: what a kill costs is the chunk in hand."""

from __future__ import annotations

from collections.abc import Iterator

from understudy.pipeline.footage import Footage
from understudy.progress import Task
from understudy.project.stage import Stage


def missing_chunks(
    stage: Stage, footage: Footage, size: int, task: Task, suffix: str = ".npz"
) -> Iterator[tuple[int, range]]:
    """The chunks of `size` frames that are still to be made, in order: their indices and frame numbers.

    Those that are there already are counted as done by `task`.
    """
    count = footage.chunk_count(size)
    missing = set(stage.pending_chunks(count, suffix))
    for index in range(count):
        numbers = footage.chunk(index, size)
        if index in missing:
            yield index, numbers
        else:
            task.advance(len(numbers))
