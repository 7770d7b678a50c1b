"""What a project knows of a film that was made in it: which footage, which engine, which settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.errors import BadInputError
from understudy.project.catalog import DONE
from understudy.project.fingerprint import fingerprint
from understudy.project.folder import Project, default_folder
from understudy.provenance.audit.log import told_of
from understudy.provenance.consent.material import digest_files

_PLACES = {
    "output", "project", "contact_sheet", "sheet_frames", "compare", "overwrite", "consent", "plate_consent",
    "plate_reason", "film",
}  # fmt: skip
"""Settings that say where files lie, or who agreed, and not what the film shows."""
_FOOTAGE = {"plate", "likeness", "assignments", "person"}
"""Settings that name footage: such names are often names of people, and hashes tell more."""


def decisive(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run that decide what the film shows, without names of footage."""
    return {name: value for name, value in settings.items() if name not in _PLACES | _FOOTAGE}


def engines_of(settings: Mapping[str, Any]) -> str:
    """The engines that drew a film: the swap's, and those that stood in over a range of a retouched one."""
    return ", ".join(map(str, (settings.get("engine") or "warp", *settings.get("stand_ins", ()))))


@dataclass(frozen=True)
class Origin:
    """A finished film and what it was made of.

    settings      those of the run, from the catalogue
    sha256        of the film
    model_sha256  of the trained model, as the project's log has it; None where there was none
    """

    film: Path
    plate: Path
    likeness: tuple[Path, ...]
    engine: str
    settings: dict[str, Any] = field(repr=False)
    sha256: str
    model_sha256: str | None = None

    @property
    def settings_sha256(self) -> str:
        """SHA-256 of the settings that decide what the film shows; names of footage are left out."""
        return sha256_of(decisive(self.settings))


def sha256_of(settings: Mapping[str, Any]) -> str:
    """SHA-256 of settings, JSON values, as sorted JSON without spaces."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def origin_of(film: Path, project: Path | None = None) -> Origin:
    """What the project in the folder `project`, `film.understudy` unless given, knows of `film`.

    Raises BadInputError where it did not make that film, or the film was changed since.
    """
    folder = project or default_folder(film)
    if not film.is_file():
        raise BadInputError(f"{film} does not exist; check the path.")
    if not (folder / "catalog.db").is_file():
        raise BadInputError(
            f"No project at {folder} has made {film.name}: name its folder with --project, or swap anew."
        )
    with Project(folder) as opened:
        run = opened.catalog.last_run(film)
    if run is None or run.outcome != DONE:
        raise BadInputError(f"The project {folder} has not finished {film.name}: run the swap again.")
    if run.output_fingerprint != fingerprint(film):
        raise BadInputError(
            f"{film.name} is not as the project {folder} left it: master what the swap has written."
        )
    settings = dict(run.settings)
    assigned = [Path(path) for _, path in settings.get("assignments") or []]
    likeness = tuple(dict.fromkeys([*map(Path, settings.get("likeness") or []), *assigned]))
    sha256 = digest_files([film]).sha256
    line = told_of(folder, sha256)
    return Origin(
        film,
        Path(settings["plate"]),
        likeness,
        engines_of(settings),
        settings,
        sha256,
        None if line is None else line.model_sha256,
    )
