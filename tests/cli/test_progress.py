"""Progress on a terminal and in a log."""

import io
import re

from rich.console import Console

from understudy.cli.progress import shown_progress


def shown(terminal, quiet=False):
    """What a stage of 40 frames, one of unknown length and a warning look like."""
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None)
    with shown_progress(console, quiet) as progress:
        with progress.stage("faces", 40) as task:
            for _ in range(10):
                task.advance(4)
        with progress.stage("encode", None, "packets") as task:
            task.advance(7)
        progress.warn("frame 3 is [dark]")
    return console.file.getvalue()


def test_a_terminal_gets_bars_with_counts_and_speed():
    text = shown(terminal=True)
    assert re.search(r"faces .*40/40.* frames/s", text)
    assert re.search(r"encode .*7/7", text)
    assert "Warning: frame 3 is [dark]" in text


def test_a_log_gets_one_line_a_stage():
    lines = shown(terminal=False).splitlines()
    assert len(lines) == 3
    assert re.fullmatch(r"faces: 40 frames in \d+\.\d s, \d+\.\d frames/s", lines[0])
    assert lines[1].startswith("encode: 7 packets in ")
    assert lines[2] == "Warning: frame 3 is [dark]"


def test_quiet_leaves_warnings():
    assert shown(terminal=True, quiet=True) == "Warning: frame 3 is [dark]\n"


def test_a_stage_that_fails_says_nothing_about_its_end():
    console = Console(file=io.StringIO(), force_terminal=False)
    try:
        with shown_progress(console, quiet=False) as progress, progress.stage("faces", 2):
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert console.file.getvalue() == ""
