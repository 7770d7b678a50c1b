"""The job `train`: an engine learns until its budget is spent or it is stopped. It can be gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from understudy.pipeline.train import train
from understudy.pipeline.train_request import train_request_from_json
from understudy.progress import Progress


def work(folder: Path, settings: Mapping[str, Any], progress: Progress) -> str:
    """Train as `settings["request"]` says."""
    result = train(train_request_from_json(settings["request"], folder), progress)
    words = []
    for each in result.trained:
        score = "" if each.score is None else f", held-out score {each.score:.4g}"
        words.append(f"{each.steps} steps{score}")
    return "; ".join(words) + "."
