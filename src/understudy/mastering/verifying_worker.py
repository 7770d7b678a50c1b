"""The process in which a stranger's file is looked at; started by `verifying`, and by nobody else.

Reads a request from its standard input, limits itself, and answers on its standard output, a line of JSON for
what is known so far and one for everything.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any


def main() -> None:
    """Answer one request."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this ends it
    request = json.load(sys.stdin)
    # Whatever a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def answer(value: dict[str, Any]) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    from understudy.errors import UnderstudyError

    # Ours, and not to be counted; so is what they take when they are loaded.
    from understudy.mastering import screening  # noqa: F401
    from understudy.provenance.verify import inquiry  # noqa: F401
    from understudy.provenance.watermark import choosing  # noqa: F401

    _limit(int(request["memory"]), float(request["seconds"]))
    try:
        _examine(request, answer)
    except MemoryError:
        sys.exit(1)
    except UnderstudyError as error:
        answer({"refused": str(error)})
    except Exception as error:
        if type(error).__module__ == "cv2" and "nsufficient memory" in str(error):
            sys.exit(1)
        answer({"broken": traceback.format_exc()})


def _examine(request: dict[str, Any], answer: Any) -> None:
    from understudy.mastering.screening import Screening
    from understudy.provenance.credentials.registry import Registry
    from understudy.provenance.verify.inquiry import Known, verify
    from understudy.provenance.watermark.choosing import watermark

    report = verify(
        Path(request["path"]),
        Screening,
        watermark(),
        Known(request["anchors"], Registry(Path(request["registry"]))),
        lambda known: answer({"whole": False, "report": known.to_json()}),
    )
    answer({"whole": True, "report": report.to_json()})


def _limit(memory: int, seconds: float) -> None:
    """Take no more than this from now on; where a system knows no such limits, the clock outside remains."""
    try:
        import resource
    except ImportError:
        return
    for kind, amount in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, int(seconds) + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (amount, amount))


if __name__ == "__main__":
    main()
