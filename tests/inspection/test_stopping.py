"""An inspection that is stopped leaves nothing behind that looks like one."""

from __future__ import annotations

import signal
import time
from functools import partial
from pathlib import Path

import pytest

from tests.forked import Command


def slow_after_four(mark: Path) -> None:
    """From the fifth frame on it takes its time, and says so by a file."""
    from understudy.inspection import watching

    quick = watching.look_at

    def slow(reader, index, result, plate):  # type: ignore[no-untyped-def]
        if index >= 4:
            mark.touch()
            time.sleep(0.3)
        return quick(reader, index, result, plate)

    watching.look_at = slow


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_stopped_inspection_leaves_nothing_half_written(
    number: signal.Signals, code: int, films: Path, tmp_path: Path
) -> None:
    out, said = tmp_path / "out", tmp_path / "said"
    out.mkdir()
    said.mkdir()
    mark = said / "reached"
    words = ["inspect", "--result", films / "missed.mp4", "--plate", films / "plate.mp4"]
    words += ["--report", out / "page.html", "--json", out / "found.json"]
    command = Command.start(said, [*map(str, words)], partial(slow_after_four, mark))
    command.until(mark.exists)
    assert command.runs, command.said.read_text()
    command.send(number)
    assert command.ended() == code
    assert list(out.iterdir()) == []
    assert command.told.read_text() == ""
    if number is signal.SIGINT:
        assert "Stopped; nothing was written" in command.said.read_text()
