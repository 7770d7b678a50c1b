"""Trained models in a project's log: when one was begun, made, or left the project, and by which consent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from understudy.provenance.audit.entry import Deed, Entry
from understudy.provenance.audit.log import note, used, written
from understudy.provenance.consent.warrant import Warrant
from understudy.provenance.keys import Keyring

What = Literal["train-begun", "train-resumed", "train", "export-model"]
"""A training begins, goes on, or has ended with a model; a model leaves the project."""


def note_model(
    project: Path,
    what: What,
    warrant: Warrant,
    *,
    engine: str,
    settings: Mapping[str, Any],
    model: Path | None = None,
    keyring: Keyring | None = None,
) -> Entry:
    """Add a line about a model to the log of the project in the folder `project`; see `log.note`.

    `settings` are JSON values without names of footage; `model` is the file that came of it, which is hashed.
    Whether it is allowed is not asked here: `warrant.demand` does. Raises OutputError and BadInputError.
    """
    file = None if model is None else written(model)
    deed = Deed(
        what,
        records=tuple(used(held, part) for part, held in warrant.records()),
        engine=engine,
        model_sha256=None if file is None else file.sha256,
        settings=settings,
        outputs=() if file is None else (file,),
        details={"plate_reason": warrant.plate_reason},
    )
    return note(project, deed, keyring)
