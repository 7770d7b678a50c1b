"""MediaPipe's notes stay away from the user; errors do not."""

import os
import sys
import threading

import numpy as np
import pytest

from understudy.faces.finding.quiet import quiet_start
from understudy.faces.finding.reading import FaceReader
from understudy.faces.occlusion.hands import HandFinder

NOTES = b"""INFO: Created TensorFlow Lite XNNPACK delegate for CPU.
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
W0000 00:00:1795378219.991368   27027 inference_feedback_manager.cc:114] Feedback manager
I0000 00:00:1795378219.991368   27027 gl_context.cc:369] GL version
"""


def test_notes_are_dropped_and_errors_are_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    before, after = b"E0000 00:00:1795378219.9 graph.cc:1] no model\n", b"Traceback\n  INFO: no note"
    with quiet_start():
        os.write(2, before + NOTES + after)
    assert capfd.readouterr().err.encode() == before + after


def test_what_was_written_before_an_exception_is_not_lost(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        os.write(2, b"F0000 check failed\n")
        raise RuntimeError

    with pytest.raises(RuntimeError), quiet_start():
        fail()
    print("after", file=sys.stderr, flush=True)
    assert capfd.readouterr().err == "F0000 check failed\nafter\n"


def test_threads_take_turns(capfd: pytest.CaptureFixture[str]) -> None:
    def start(name: int) -> None:
        for _ in range(20):
            with quiet_start():
                os.write(2, NOTES + b"error %d\n" % name)

    threads = [threading.Thread(target=start, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = capfd.readouterr().err.splitlines()
    assert sorted(lines) == sorted(f"error {name}" for name in range(4) for _ in range(20))


def test_nothing_is_said_from_start_to_end(capfd: pytest.CaptureFixture[str]) -> None:
    picture = np.zeros((128, 128, 3), np.uint8)
    with FaceReader() as reader, HandFinder() as hands:
        assert reader.read(picture) == []
        assert np.isnan(hands.find(picture)).all()
    assert capfd.readouterr().err == ""
