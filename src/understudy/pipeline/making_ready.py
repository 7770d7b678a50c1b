"""A finished swap made ready to be looked into: its mattes, its likeness, its settings, other engines.

That needs what the swap's stages find before a frame is rendered, as today's code finds it; what is there is
taken, and the film is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
from threadpoolctl import threadpool_limits

from understudy.pipeline.attesting import Witness
from understudy.pipeline.casting import open_all
from understudy.pipeline.request import request_from_json
from understudy.pipeline.retouch_scene import ready_name
from understudy.pipeline.retouching import Retouching
from understudy.pipeline.session import Session
from understudy.pipeline.standing_in import stand_ins
from understudy.pipeline.swap import Swap, here
from understudy.pipeline.wishing import frames_by_engine
from understudy.progress import Progress, SilentProgress
from understudy.project.folder import Project
from understudy.provenance.keys import Keyring

READY = "ready"


@dataclass(frozen=True)
class ReadyRequest:
    """What is to be looked into.

    film      a finished swap
    project   its project where that is not beside it
    engines   which engines are to be tried, and in which frames (first, last) of the film; those that the
              kept edits name are made ready anyhow
    """

    film: Path
    project: Path | None = None
    engines: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def make_ready(
    request: ReadyRequest, progress: Progress | None = None, keyring: Keyring | None = None
) -> int:
    """Find whatever is missing; returns how many stages were. Stopped, it goes on when it is run again.

    Raises as `swap`, and BadInputError for an engine that has learned nothing for this film.
    """
    with Retouching.open(request.film, request.project) as desk:
        edits, made = desk.edits(), desk.made
        wanted = frames_by_engine(edits, made.engine)
        for name, (first, last) in request.engines.items():
            if name != made.engine:
                wanted[name] = sorted({*wanted.get(name, ()), *range(first, min(last, desk.frames - 1) + 1)})
        desk.engines.check_names(wanted)
    witness = Witness.ready(keyring)
    cv2.setNumThreads(1)
    asked = replace(request_from_json(made.settings), project=made.project)
    with Project(made.project) as project, threadpool_limits(1, user_api="blas"):
        settings = asked.settings(project.settings.swap)
        records = asked.records(project.settings.consent, project.folder)
        told = asked.to_json() | settings.model_dump() | here() | {"stand_ins": sorted(wanted)}
        with (
            project.run(READY, told, ready_name(made.project, made.film)) as run,
            Session(project, run, progress or SilentProgress()) as session,
        ):
            swap = Swap(asked, settings, records, session, witness)
            stand_ins(session, made, swap.rehearsed(open_all(session, asked)), wanted, witness.keyring)
            return sum(not stage.skipped for stage in run.stages)
