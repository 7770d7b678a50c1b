"""`verify` for files from strangers: in a process of its own that may take only so much memory and time.

Libraries that read films and pictures are large and written in languages that trust memory. A file that
makes one of them crash, or ask for all there is, ends that process and nothing else; what was known by then
is told. Answers come back as JSON: a process that was taken over could say something wrong, and no more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from understudy.errors import BadInputError
from understudy.provenance.verify.finding import Finding, Report

_COMMAND = (sys.executable, "-m", "understudy.mastering.verifying_worker")
_LONGEST_ANSWER = 16 << 20
_BYTES_A_SECOND = 20 << 20


@dataclass(frozen=True)
class Limits:
    """What one file may take.

    memory    bytes of address space; a 4096x2160 film takes 1.5 GiB, a still of 100 megapixels 2.5
    seconds   of computing, on top of a second for each 20 MiB of the file, which has to be read as a whole
    patience  how many seconds may pass for each of those, on a machine that has other work too
    """

    memory: int = 4 << 30
    seconds: float = 120.0
    patience: float = 5.0

    def computing(self, size: int) -> float:
        """Seconds for a file of `size` bytes."""
        return self.seconds + size / _BYTES_A_SECOND


def verify_guarded(path: Path, anchors: str, registry: Path, limits: Limits = Limits()) -> Report:
    """What `inquiry.verify` says of the file at `path`, with everything by default; see there.

    `anchors` are root certificates as PEM, `registry` is a folder. Where the file takes more than `limits`
    allow while its pictures are looked at, the rest is told. Raises BadInputError where it does so before,
    and where it cannot be read.
    """
    size = path.stat().st_size if path.is_file() else 0
    seconds = limits.computing(size)
    request = {
        "path": str(path),
        "anchors": anchors,
        "registry": str(registry),
        "memory": limits.memory,
        "seconds": seconds,
    }
    bounds = f"{limits.memory >> 20} MiB in {seconds:.0f} s"
    known: Report | None = None
    for answer in _answers(request, seconds * limits.patience):
        if "refused" in answer:
            raise BadInputError(str(answer["refused"]))
        if "broken" in answer:
            raise RuntimeError(str(answer["broken"]))
        known = Report.from_json(answer.get("report"), path)
        if answer.get("whole") is True:
            return known
    if known is None:
        raise BadInputError(
            f"{path.name} cannot be looked at with {bounds}: it is damaged, or made to do harm."
        )
    sentence = f"No mark could be looked for with {bounds}: the pictures are damaged, or made to do harm."
    return replace(known, findings=(*known.findings, Finding("watermark", "open", sentence)))


def _answers(request: dict[str, Any], seconds: float) -> Iterator[dict[str, Any]]:
    """What the worker says, until it ends, is ended, or says too much."""
    process = subprocess.Popen(
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Each thread's own pool of memory counts as if it were full.
        env=os.environ | {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    clock = threading.Timer(seconds, process.kill)
    clock.daemon = True
    clock.start()
    try:
        _send(process.stdin, request)
        left = _LONGEST_ANSWER
        while left > 0 and (line := process.stdout.readline(left)).endswith(b"\n"):
            left -= len(line)
            answer = _parsed(line)
            if answer is None:
                return
            yield answer
    finally:
        clock.cancel()
        process.kill()
        process.stdout.close()
        process.wait()


def _parsed(line: bytes) -> dict[str, Any] | None:
    with suppress(ValueError, RecursionError):
        answer = json.loads(line)
        if isinstance(answer, dict):
            return answer
    return None


def _send(pipe: IO[bytes], request: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):  # it has ended already, which its silence tells
        pipe.write(json.dumps(request).encode())
        pipe.close()
