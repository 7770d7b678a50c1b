"""Lines that are not listened to any more."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Generator

from understudy.studio.streaming import streamed


def test_work_nobody_listens_to_is_ended_at_once_and_not_by_the_collector() -> None:
    ended: list[int] = []

    def lines() -> Generator[str]:
        try:
            for number in range(1000):
                yield f"{number}"
        finally:
            ended.append(threading.get_ident())

    async def listener() -> list[str]:
        answer = streamed(lines())
        heard = [await anext(answer), await anext(answer)]
        task = asyncio.ensure_future(anext(answer))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert len(ended) == 1
        return heard

    gc.disable()
    try:
        assert asyncio.run(listener()) == ["0", "1"]
    finally:
        gc.enable()
    assert ended[0] != threading.get_ident()
