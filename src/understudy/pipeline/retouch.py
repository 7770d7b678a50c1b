"""`retouch`: the edits of a finished swap applied, and delivered as a film of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
from threadpoolctl import threadpool_limits

from understudy.errors import BadInputError
from understudy.pipeline.attesting import Witness
from understudy.pipeline.request import SwapRequest, check_overwrite, request_from_json, validate
from understudy.pipeline.result import SwapResult
from understudy.pipeline.retouch_scene import RETOUCH
from understudy.pipeline.retouched import Finishing
from understudy.pipeline.retouching import Retouching
from understudy.pipeline.session import Session
from understudy.pipeline.swap import Swap, here
from understudy.progress import Progress, SilentProgress
from understudy.project.fingerprint import fingerprint
from understudy.project.folder import Project
from understudy.provenance.keys import Keyring


@dataclass(frozen=True)
class RetouchRequest:
    """What is to be retouched, and where it is written.

    film       a finished swap, or a project's folder, whose last finished swap is meant
    output     the film with the edits; None: `NAME-retouched` beside it
    project    the film's project where it is not beside the film
    overwrite  whether a file may be replaced that this project did not make
    """

    film: Path
    output: Path | None = None
    project: Path | None = None
    overwrite: bool = False


def retouch(
    request: RetouchRequest, progress: Progress | None = None, keyring: Keyring | None = None
) -> SwapResult:
    """Draw the film anew where edits touch it, and deliver it as the swap was delivered: with sound, times,
    consent records and credentials, and as a marked preview where it was one.

    Run again after it was stopped, it goes on where it was. Raises as `swap`, and BadInputError where there
    are no edits or the film is not as the swap has left it.
    """
    with Retouching.open(request.film, request.project) as desk:
        edits = desk.edits()
        if not edits:
            raise BadInputError(f"{desk.film.name} has no edits: make some, or take some over by --import.")
        desk.engines.check(edits)
        asked = _asked(desk, request)
        validate(asked)
        witness = Witness.ready(keyring)
        cv2.setNumThreads(1)
        finishing = Finishing(desk, edits, witness.keyring)
        with Project(desk.made.project) as project, threadpool_limits(1, user_api="blas"):
            run = project.catalog.last_run(desk.film)
            if run is None or run.output_fingerprint != fingerprint(desk.film):
                raise BadInputError(
                    f"{desk.film.name} is not as the swap has left it: run the swap again, and then this."
                )
            settings = asked.settings(project.settings.swap)
            records = asked.records(project.settings.consent, project.folder)
            check_overwrite(asked, project)
            told = asked.to_json() | settings.model_dump() | here() | dict(finishing.settings)
            with (
                project.run(RETOUCH, told, asked.output) as under_way,
                Session(project, under_way, progress or SilentProgress()) as session,
            ):
                made = Swap(asked, settings, records, session, witness, finishing).result()
            desk.store.sweep()
            return made


def output_of(film: Path) -> Path:
    """Where the retouched film goes unless something else is asked for."""
    return film.with_name(f"{film.stem}-retouched{film.suffix}")


def _asked(desk: Retouching, request: RetouchRequest) -> SwapRequest:
    """The swap once more, to another place."""
    output = request.output or output_of(desk.film)
    if output.absolute() == desk.film.absolute():
        raise BadInputError(
            f"{output.name} is the film that the edits were made on, and is needed: give another --output."
        )
    return replace(
        request_from_json(desk.made.settings),
        output=output,
        project=desk.made.project,
        contact_sheet=None,
        compare=None,
        overwrite=request.overwrite,
    )
