"""Answers that come line by line, as soon as each is there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator

import anyio
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool


async def streamed(lines: Generator[str]) -> AsyncIterator[str]:
    """Lines that are made in threads, until the browser has heard enough.

    Then the work is ended here. Left to Python's collector, it would be waited for in whichever thread
    collects, and that may hold what the work is waiting for.
    """
    try:
        async for line in iterate_in_threadpool(lines):
            yield line
    finally:
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(lines.close)
