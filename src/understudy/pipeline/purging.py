"""Deleting all that a project holds of a person's face, at the end of a term, and saying so in its log.

What a project keeps of faces lies in `stages/` (faces, embeddings, crops, flow, rendered pieces), and in
model files, which name the consent records that they were trained by. Stages go by runs: one stays only if it
is known to be somebody else's, since a run that used others' footage alone used it, and none that used the
person's. Whatever goes too far can be made again. Films that were finished, records and the log stay.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from understudy.atomic import is_part, output_error
from understudy.errors import BadInputError, UnderstudyError
from understudy.progress import Progress, SilentProgress
from understudy.project.catalog import RunStages
from understudy.project.folder import Project
from understudy.project.stage import RECIPE
from understudy.provenance.audit.entry import Deed, RecordUsed
from understudy.provenance.audit.log import note
from understudy.provenance.consent.material import Digest, speaks_of
from understudy.provenance.consent.models import SUFFIX, metadata_of
from understudy.provenance.consent.reading import read_record
from understudy.provenance.consent.record import Record
from understudy.provenance.consent.signing import digest
from understudy.provenance.consent.warrant import consents_of
from understudy.provenance.keys import Keyring

_KEPT = {
    "project.toml", "catalog.db", "catalog.db-wal", "catalog.db-shm", "lock", "consent", "stages",
    "audit.jsonl", "audit.lock",
}  # fmt: skip
"""What a project holds that shows nobody, and its stages, which are looked at one by one."""
_TRAININGS, _ABOUT = "training", "training.json"
"""The folder with a project's trainings, and the file in each that says on which records it stands."""
_STUDIO = "studio"
"""What the studio keeps to be quick (faces, thumbnails, small films) can be made again, of others too."""
_A_LINE = 500
_TELLING = ("material-", "take-")
Owner = Literal["mine", "other", "unknown"]
"""Of the person whose faces are to go; of somebody else, by a record; or of nobody that is known."""


@dataclass(frozen=True)
class Deleted:
    """A folder or file that is gone: how many files and bytes it held, and one hash over all of them."""

    path: str
    files: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Purged:
    """What was deleted, and what was not.

    deleted    everything that is gone
    unclear    files of which nothing says whose they are; they are still there
    films      what runs with that person have written: films made within a term may stay
    forgotten  how many clips the catalogue does not know any more
    """

    deleted: tuple[Deleted, ...] = field(repr=False)
    unclear: tuple[str, ...]
    films: tuple[str, ...]
    forgotten: int

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "deleted": [vars(one) for one in self.deleted],
            "unclear": list(self.unclear),
            "films": list(self.films),
            "forgotten_clips": self.forgotten,
        }


def purge(
    folder: Path,
    subject: str | None,
    progress: Progress | None = None,
    keyring: Keyring | None = None,
) -> Purged:
    """Delete what the project in `folder` holds of the faces of `subject`, or of everybody for None.

    `subject` is the name in consent records, or the id or hash of one. The log first tells what is to go,
    then that it is gone; run again after it was stopped, this goes on.

    Raises BadInputError where there is no such project, another process works in it, or no record in it
    speaks of `subject`; OutputError where something cannot be deleted.
    """
    if not (folder / "catalog.db").is_file():
        raise BadInputError(f"There is no project in {folder}: give a project's folder, or a film of one.")
    with Project(folder) as project:
        return _Purge(project, subject, progress or SilentProgress(), keyring or Keyring()).done()


class _Purge:
    def __init__(self, project: Project, subject: str | None, progress: Progress, keyring: Keyring) -> None:
        self._project, self._folder = project, project.folder
        self._progress, self._keyring = progress, keyring
        self._records = _records(self._folder)
        self._mine = self._records if subject is None else _of(self._records, subject, self._folder)
        self._everybody = subject is None
        self._stages = sorted((self._folder / "stages").iterdir())
        self._footage = {_clip_of(stage) for stage in self._stages if self._owner(stage) == "mine"} - {""}

    def done(self) -> Purged:
        stages, films = self._going_stages()
        models, unclear = self._models()
        going = _outermost([*stages, *models, *_leftovers(self._folder)])
        # What tells whose footage is whose goes last, so that a purge that was stopped can go on.
        going.sort(key=lambda path: path.name.startswith(_TELLING))
        deleted = self._delete(going)
        forgotten = self._project.catalog.forget_clips(self._footage)
        details = {
            "everybody": self._everybody,
            "deleted": len(deleted),
            "files": sum(one.files for one in deleted),
            "bytes": sum(one.bytes for one in deleted),
            "still_there": [one.path for one in deleted if (self._folder / one.path).exists()],
            "unclear": unclear[:_A_LINE],
            "forgotten_clips": forgotten,
        }
        note(self._folder, Deed("purge", records=self._used(), details=details), self._keyring)
        return Purged(tuple(deleted), tuple(unclear), tuple(films), forgotten)

    # --- what there is

    def _going_stages(self) -> tuple[list[Path], list[str]]:
        """Stages that are not known to be somebody else's, and the films of runs that used the person's."""
        mine, others, films = set[str](), set[str](), set[str]()
        for run in self._project.catalog.runs():
            whose = self._whose(run)
            if whose == "mine":
                mine |= run.folders
                films |= {run.output} if run.output and Path(run.output).exists() else set()
            elif whose == "other":
                others |= run.folders
        kept = {self._folder / name for name in others - mine}
        return [path for path in self._stages if path not in kept], sorted(films)

    def _whose(self, run: RunStages) -> Owner:
        """Whose footage a run used; of previews, nobody's is known."""
        stages = [self._folder / name for name in run.folders]
        if self._everybody or self._footage & set(map(_clip_of, stages)):
            return "mine"
        owners: dict[str, set[Owner]] = {}
        for stage in stages:
            owner = self._owner(stage)
            if owner is not None:
                owners.setdefault(_clip_of(stage), set()).add(owner)
        # No record names a performer's take by its content: there, another stage tells whose it is.
        return "other" if owners and all("other" in found for found in owners.values()) else "unknown"

    def _owner(self, stage: Path) -> Owner | None:
        """Whose footage a stage tells of; None for a stage that tells nothing of that."""
        kind = stage.name.rpartition("-")[0]
        if kind == "take" and _json(stage / "verdict.json") is True:
            found = [_json(stage / RECIPE).get("parameters", {}).get("record")]
        elif kind == "material":
            found = self._speaking_of(_json(stage / "sha256.json"))
        else:
            return None
        known = [sha for sha in found if sha in self._records]
        if any(sha in self._mine for sha in known):
            return "mine"
        return "other" if known else "unknown"

    def _speaking_of(self, content: Any) -> list[str]:
        try:
            return [sha for sha, record in self._records.items() if speaks_of(record, Digest(**content))]
        except TypeError:
            return []

    def _models(self) -> tuple[list[Path], list[str]]:
        """Model files and checkpoints of the person's, and what nothing is known of."""
        going, unclear = [], []
        for path in sorted(self._folder.iterdir()):
            if path.name in _KEPT or is_part(path):
                continue
            if self._everybody or path.name == _STUDIO:
                going.append(path)
                continue
            if path.name == _TRAININGS and path.is_dir() and not path.is_symlink():
                for training in sorted(path.iterdir()):
                    taught = self._taught(training)
                    if taught:
                        going.append(training)
                    elif taught is None:
                        unclear.append(str(training.relative_to(self._folder)))
                continue
            files = [path] if path.is_file() or path.is_symlink() else sorted(path.rglob("*"))
            for file in files:
                if file.suffix == SUFFIX and self._trained(file):
                    checkpoint = (file.parent / "state.json").exists()
                    going += [file.parent] if checkpoint else [file, *_beside(file)]
                elif file.suffix == SUFFIX and self._trained(file) is None:
                    unclear.append(str(file.relative_to(self._folder)))
        return going, unclear

    def _taught(self, training: Path) -> bool | None:
        """Whether a training stands on a record of the person's; None where nothing says on which.

        All of it goes then: its previews show faces as well.
        """
        about = _json(training / _ABOUT)
        told = set[str]()
        with suppress(TypeError, KeyError):
            told = {str(ground["sha256"]) for ground in about["warrant"]["grounds"]}
        models = [self._trained(file) for file in training.rglob(f"*{SUFFIX}")]
        if told & self._mine.keys() or True in models:
            return True
        return False if told or False in models else None

    def _trained(self, file: Path) -> bool | None:
        """Whether a model was trained by a record of the person's; None where it names no record."""
        try:
            told = consents_of(metadata_of(file))
        except UnderstudyError:
            return None
        return any(one.sha256 in self._mine for one in told) if told else None

    def _used(self) -> tuple[RecordUsed, ...]:
        return tuple(
            RecordUsed(
                part=record.payload.use.parts[0], id=record.payload.id, sha256=sha, kind=record.payload.kind
            )
            for sha, record in sorted(self._mine.items())
        )

    # --- gone

    def _delete(self, going: Sequence[Path]) -> list[Deleted]:
        with self._progress.stage("look through", len(going), "folders") as task:
            listed = []
            for path in going:
                listed.append(_listing(path, self._folder))
                task.advance()
        for first in range(0, len(listed), _A_LINE):
            some = [vars(one) for one in listed[first : first + _A_LINE]]
            details = {"to_delete": some, "everybody": self._everybody}
            note(self._folder, Deed("purge-begun", records=self._used(), details=details), self._keyring)
        with self._progress.stage("delete", len(going), "folders") as task:
            for path in going:
                _remove(path)
                task.advance()
        return listed


def _records(folder: Path) -> dict[str, Record]:
    """The records that the project holds, by their hash; of damaged ones nothing is known."""
    found = {}
    for path in sorted((folder / "consent").glob("*.consent.json")):
        with suppress(UnderstudyError):
            record = read_record(path)
            found[digest(record.payload)] = record
    return found


def _of(records: dict[str, Record], subject: str, folder: Path) -> dict[str, Record]:
    wanted = _plain(subject)
    found = {
        sha: record
        for sha, record in records.items()
        if wanted in (_plain(record.payload.subject.name), record.payload.id, sha)
    }
    if not found:
        names = ", ".join(sorted({record.payload.subject.name for record in records.values()})) or "nobody"
        raise BadInputError(
            f"No record in {folder} speaks of {subject}, only of {names}: give that name, or --everybody."
        )
    return found


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()


def _leftovers(folder: Path) -> list[Path]:
    """What killed processes have left under temporary names."""
    return [path for path in folder.rglob("*") if is_part(path) and not path.is_symlink()]


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Each path once, and none that lies in another."""
    chosen = sorted(set(paths))
    return [path for path in chosen if not any(parent in chosen for parent in path.parents)]


def _beside(file: Path) -> list[Path]:
    return [path for path in (file.with_suffix(".json"),) if path.exists()]


def _listing(path: Path, folder: Path) -> Deleted:
    """What is about to be deleted. Links are not followed."""
    files = [path] if not path.is_dir() or path.is_symlink() else sorted(path.rglob("*"))
    total, count, whole = 0, 0, hashlib.sha256()
    for file in files:
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as data:
                content = hashlib.file_digest(data, "sha256").hexdigest()
            size = file.stat().st_size
            whole.update(f"{file.relative_to(folder)} {size} {content}\n".encode(errors="replace"))
            total, count = total + size, count + 1
    name = str(path.relative_to(folder)).encode(errors="replace").decode()
    return Deleted(name, count, total, whole.hexdigest())


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise output_error(path, error) from error


def _clip_of(stage: Path) -> str:
    """The fingerprint of the clip that a stage was made from; empty where it was made from something else."""
    recipe = _json(stage / RECIPE)
    return str(recipe.get("inputs", {}).get("clip", "")) if isinstance(recipe, dict) else ""


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
