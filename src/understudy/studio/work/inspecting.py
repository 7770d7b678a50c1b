"""The job `inspect`: what is wrong with a film, kept in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from understudy.inspection.flaws import Judgement
from understudy.inspection.page import outline
from understudy.pipeline.inspecting import InspectRequest, inspect
from understudy.progress import Progress
from understudy.project import findings
from understudy.project.catalog import Catalog
from understudy.project.fingerprint import fingerprint
from understudy.studio.films import film_of

_LEAST = 0.5
"""Scores below half a flaw are not worth a mark."""


def work(folder: Path, settings: Mapping[str, Any], progress: Progress) -> str:
    """Inspect the film `settings["film"]`."""
    cv2.setNumThreads(1)
    with closing(Catalog(folder / "catalog.db")) as catalog:
        film = film_of(catalog, int(settings["film"]))
        seen = fingerprint(film.path)
        found = inspect(InspectRequest(film.path), progress)
        with catalog.transaction() as session:
            findings.replace(
                session,
                film.key,
                seen,
                frames=found.frames,
                sentences=found.sentences,
                events=[
                    asdict(event)
                    | {
                        "severity": event.severity,
                        "box": _box(found.record.points[event.keyframe], event.region),
                    }
                    for event in found.events
                ],
                curves=curves_of(found.judgements),
            )
    return f"{len(found.events)} flaws in {found.frames} frames."


def _box(points: Any, region: str) -> list[float]:
    if not np.any(points):
        return []
    place = outline(points, region)
    return [round(float(value), 1) for value in (*place.min(0), *place.max(0))]


def curves_of(judgements: Sequence[Judgement]) -> list[findings.Curve]:
    """One curve a flaw, the worst of its regions at each frame; those with nothing on them are left out."""
    scores: dict[str, Any] = {}
    for said in judgements:
        scores[said.flaw.key] = np.fmax(scores.get(said.flaw.key, 0.0), np.nan_to_num(said.score))
    return [
        findings.Curve(name, marks)
        for name, score in scores.items()
        if (marks := tuple((int(f), round(float(score[f]), 2)) for f in np.flatnonzero(score >= _LEAST)))
    ]
