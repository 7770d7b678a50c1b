"""Footage by its content: what a record speaks of, and whether a file is it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from understudy.errors import BadInputError
from understudy.provenance.consent.record import FileMaterial, Record

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Digest:
    """The content of a clip.

    Of one file, `sha256` is its plain SHA-256, which any tool can check. Of a sequence of files it is the
    SHA-256 of their SHA-256s (64 hex digits and a line feed each), in the order of the frames.
    """

    sha256: str
    bytes: int
    files: int


def digest_files(paths: Sequence[Path], advance: Callable[[int], None] = lambda _: None) -> Digest:
    """The digest of a clip's files, read as a stream; `advance` is told the bytes read.

    Raises BadInputError where a file cannot be read or is empty.
    """
    found = [_digest_file(path, advance) for path in paths]
    total = sum(size for _, size in found)
    if not total:
        raise BadInputError(f"{paths[0]} is empty (0 bytes): copy or export it again.")
    if len(found) == 1:
        return Digest(found[0][0], total, 1)
    both = hashlib.sha256("".join(f"{sha256}\n" for sha256, _ in found).encode())
    return Digest(both.hexdigest(), total, len(found))


def of_files(label: str, digest: Digest, shows_reference_face: bool = False) -> FileMaterial:
    """`digest` as it stands in a record."""
    return FileMaterial(
        type="file",
        label=label,
        shows="reference-face" if shows_reference_face else "footage",
        sha256=digest.sha256,
        bytes=digest.bytes,
        files=digest.files,
    )


def speaks_of(record: Record, digest: Digest) -> bool:
    """Whether the record names this content."""
    return any(
        isinstance(item, FileMaterial)
        and (item.sha256, item.bytes, item.files) == (digest.sha256, digest.bytes, digest.files)
        for item in record.payload.material
    )


def reference_face(record: Record, near: Sequence[Path]) -> Path | None:
    """The file among `near` that is the record's picture of the subject's face; None where there is none."""
    wanted = {
        (item.sha256, item.bytes)
        for item in record.payload.material
        if isinstance(item, FileMaterial) and item.shows == "reference-face"
    }
    sizes = {size for _, size in wanted}
    for path in near:
        if path.is_file() and path.stat().st_size in sizes:
            found = digest_files([path])
            if (found.sha256, found.bytes) in wanted:
                return path
    return None


def _digest_file(path: Path, advance: Callable[[int], None]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
                advance(len(block))
    except OSError as error:
        raise BadInputError(f"Cannot read {path}: {error.strerror or error}.") from error
    return digest.hexdigest(), size
