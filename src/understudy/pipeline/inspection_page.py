"""The pictures of an inspection's page: the worst events' keyframes, read again from the films."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np

from understudy.inspection import page
from understudy.inspection.events import Event
from understudy.media import Clip, open_clip
from understudy.pages import embedded_picture
from understudy.pipeline.inspecting import Inspection
from understudy.pixels import to_bytes

_WORST = 10


def write_report(path: Path, found: Inspection) -> None:
    """Write the page of what was found. Raises OutputError where it cannot be written."""
    with ExitStack() as stack:
        result = stack.enter_context(open_clip(found.films.result))
        plate = None if found.films.plate is None else stack.enter_context(open_clip(found.films.plate))
        shown = [_shown(event, found, result, plate) for event in found.events[:_WORST]]
    page.write_page(
        path,
        title=f"{found.films.result.name}: {len(found.events)} flaws in {found.frames} frames",
        sentences=found.sentences,
        frames=found.frames,
        shown=shown,
        rows=found.events,
        along=page.strips(found.judgements),
    )


def _shown(event: Event, found: Inspection, result: Clip, plate: Clip | None) -> page.Shown:
    points = found.record.points[event.keyframe]
    picture = to_bytes(result.read(event.keyframe).image[..., :3])
    ours = page.marked(page.tile(picture, points), points, event.region)
    if plate is None:
        return page.Shown(event, embedded_picture(ours), None)
    other = to_bytes(plate.read(found.films.begin + event.keyframe).image[..., :3])
    if other.shape != picture.shape:
        size = (picture.shape[1], picture.shape[0])
        other = np.asarray(cv2.resize(other, size, interpolation=cv2.INTER_AREA), np.uint8)
    theirs = page.marked(page.tile(other, points), points, event.region)
    return page.Shown(event, embedded_picture(ours), embedded_picture(theirs))
