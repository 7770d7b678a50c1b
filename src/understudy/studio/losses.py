"""The losses of trainings as curves, read from `losses.jsonl` as it grows."""

from __future__ import annotations

import json
import threading
from array import array
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_FOLLOWED = 8
_LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class Curves:
    """Means over stretches of steps, whose middles are `steps` (M,); values (M,) by name, NaN for none."""

    steps: npt.NDArray[np.float64]
    values: Mapping[str, npt.NDArray[np.float64]]
    last: int


class _Log:
    """One log, as far as it was read."""

    def __init__(self) -> None:
        self.end, self.steps = 0, array("q")
        self.values: dict[str, array[float]] = {}

    def add(self, line: Mapping[str, Any]) -> None:
        """Add a step. Raises ValueError where it does not follow the last one."""
        step = int(line["step"])
        if self.steps and step <= self.steps[-1]:
            raise ValueError("a step that was there")
        told = {f"loss {name}": value for name, value in line["totals"].items()}
        told |= {f"part {name}": value for name, value in line["parts"].items()}
        told["rate"] = line["rate"]
        for name in told.keys() - self.values.keys():
            self.values[name] = array("d", [np.nan] * len(self.steps))
        self.steps.append(step)
        for name, kept in self.values.items():
            kept.append(float(told.get(name, np.nan)))


class Losses:
    """Follows the logs of some trainings; for several threads."""

    def __init__(self) -> None:
        self._logs: OrderedDict[Path, _Log] = OrderedDict()
        self._lock = threading.Lock()

    def curves(self, folder: Path, points: int = 400) -> Curves:
        """The losses of the training in `folder`, at most `points` of each."""
        with self._lock:
            log = self._followed(folder / "losses.jsonl")
            return _reduced(log, points)

    def _followed(self, path: Path) -> _Log:
        log = self._logs.pop(path, None) or _Log()
        try:
            # A training that was rolled back has cut its log, and may have written on since.
            if path.stat().st_size < log.end:
                log = _Log()
            _read_on(path, log)
        except (ValueError, KeyError, TypeError, AttributeError):
            log = _Log()
            _read_whole(path, log)
        except OSError:
            log = _Log()
        self._logs[path] = log
        while len(self._logs) > _FOLLOWED:
            self._logs.popitem(last=False)
        return log


def _read_on(path: Path, log: _Log) -> None:
    with path.open("rb") as file:
        file.seek(log.end)
        while (line := file.readline(_LONGEST_LINE)).endswith(b"\n"):
            log.add(json.loads(line))
            log.end += len(line)


def _read_whole(path: Path, log: _Log) -> None:
    """As far as it can be read."""
    try:
        _read_on(path, log)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return


def _reduced(log: _Log, points: int) -> Curves:
    steps = np.array(log.steps, np.float64)
    count = len(steps)
    if not count:
        return Curves(np.zeros(0), {}, 0)
    begins = np.unique(np.linspace(0, count, min(points, count), endpoint=False).astype(np.int64))
    lengths = np.diff(begins, append=count)

    def means(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        known = np.isfinite(values)
        counts = np.add.reduceat(known.astype(np.int64), begins)
        sums = np.add.reduceat(np.where(known, values, 0.0), begins)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    middles = np.add.reduceat(steps, begins) / lengths
    return Curves(middles, {name: means(np.array(kept)) for name, kept in log.values.items()}, int(steps[-1]))
