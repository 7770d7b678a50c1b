"""Footage as consent records speak of it, and records made in one step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from understudy.errors import BadInputError
from understudy.media import open_clip
from understudy.progress import Progress, SilentProgress
from understudy.provenance.consent.drafting import declared, unsigned
from understudy.provenance.consent.kinds import Kind
from understudy.provenance.consent.material import digest_files, of_files
from understudy.provenance.consent.reading import write
from understudy.provenance.consent.record import FileMaterial, Material
from understudy.provenance.consent.signing import sign
from understudy.provenance.keys import Keyring

_NOT_IN_NAMES = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))


def files_of(path: Path) -> tuple[Path, ...]:
    """The files of a clip, in the order of its frames: one, or those of an image sequence.

    Raises BadInputError where there is none.
    """
    from understudy.media.sequences import is_pattern

    if path.is_dir() or (not path.exists() and is_pattern(path)):
        with open_clip(path) as clip:
            return clip.files
    if not path.exists():
        raise BadInputError(f"There is no file {path}: check its name and folder.")
    return (path,)


def hashed(path: Path, progress: Progress | None = None, *, reference_face: bool = False) -> FileMaterial:
    """A clip as material of a record. `reference_face`: it is a picture to compare faces with.

    Raises BadInputError where it cannot be read.
    """
    files = files_of(path)
    size = sum(file.stat().st_size for file in files)
    with (progress or SilentProgress()).stage(f"hash {path.name}", size, "bytes") as task:
        digest = digest_files(files, task.advance)
    return of_files(path.name.translate(_NOT_IN_NAMES), digest, reference_face)


def declare(
    kind: Kind,
    subject: str,
    reference: str,
    footage: Sequence[Path],
    path: Path,
    *,
    declarant: str,
    keyring: Keyring | None = None,
    material: Sequence[Material] = (),
    **more: Any,
) -> Path:
    """Declare footage to be of a kind that nobody living grants or that is only measured; returns `path`.

    The record that is written there is signed with one's own key: whoever calls this makes the declaration.
    `material` is added to that of `footage`; `more` are fields of `drafting.Draft`. Raises BadInputError,
    ConsentError and OutputError.
    """
    everything = [*(hashed(each) for each in footage), *material]
    record = unsigned(declared(kind, subject, declarant, reference, everything, **more))
    write(path, sign(record, (keyring or Keyring()).signing_key(), "declarant", declarant))
    return path
