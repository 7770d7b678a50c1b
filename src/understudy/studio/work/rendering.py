"""The job `render`: a film made anew, with the settings of its last swap and what was changed of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from understudy.pipeline.request import request_from_json
from understudy.pipeline.swap import swap
from understudy.progress import Progress


def work(folder: Path, settings: Mapping[str, Any], progress: Progress) -> str:
    """Swap as `settings["request"]` says."""
    request = request_from_json({**settings["request"], "project": str(folder)})
    result = swap(request, progress)
    return f"{result.faces_swapped} faces replaced in {result.frames} frames."
