"""What an edit carries: small pictures in canonical face space, kept as files that are named by their
content.
"""

from __future__ import annotations

import hashlib
import io
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from understudy.atomic import replacing
from understudy.errors import BadInputError
from understudy.parallel import PARSING
from understudy.retouch.canvas import VERTEX_COUNT, Sheet

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

MOST_TEXELS = 4096
MOST_BYTES = 256 << 20
"""Of one patch's arrays, unpacked."""
MOST_CHANGE = 8.0
"""Of a logarithm: more is no colour."""
_KINDS = {
    "sheet": np.dtype(np.int32),
    "matte": np.dtype(np.uint16),
    "base": np.dtype(np.uint8),
    "seen": np.dtype(np.uint8),
    "change": np.dtype(np.float16),
    "offsets": np.dtype(np.float32),
}


@dataclass(frozen=True)
class Patch:
    """A rectangle of the canonical face at one keyframe.

    sheet    where it lies
    matte    (h, w) float32 in [0, 1]: where the edit is
    base     (h, w, 3) uint8: what the film showed there at the keyframe, with surroundings to know it again
             by
    seen     (h, w) uint8: 255 where `base` was in the picture
    change   (h, w, 3) float32: logarithm of the repaired colour over the film's (`painting.logarithm`), the
             matte counted in, so 0 where that is 0; None where nothing is painted
    offsets  (VERTEX_COUNT, 2) float32: how far the mesh moves, in eye distances along the upright face's x
             and y; None unless the edit is a nudge
    """

    sheet: Sheet
    matte: Floats = field(repr=False)
    base: Bytes = field(repr=False)
    seen: Bytes = field(repr=False)
    change: Floats | None = field(default=None, repr=False)
    offsets: Floats | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        fault = _fault(self)
        if fault is not None:
            raise ValueError(fault)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """As arrays by name, to be kept."""
        sheet = self.sheet
        found: dict[str, npt.NDArray[Any]] = {
            "sheet": np.array([sheet.size, sheet.x0, sheet.y0, sheet.width, sheet.height], np.int32),
            "matte": np.round(np.asarray(self.matte, np.float64) * 65535).astype(np.uint16),
            "base": self.base,
            "seen": self.seen,
        }
        if self.change is not None:
            found["change"] = self.change.astype(np.float16)
        if self.offsets is not None:
            found["offsets"] = self.offsets.astype(np.float32)
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Patch:
        """From arrays that are not trusted. Raises ValueError."""
        for name in ("sheet", "matte", "base", "seen"):
            if name not in arrays:
                raise ValueError(f"{name} is missing")
        for name, array in arrays.items():
            if name not in _KINDS or array.dtype != _KINDS[name]:
                raise ValueError(f"{name} is of the wrong type")
        if arrays["sheet"].shape != (5,):
            raise ValueError("sheet is not five numbers")
        change, offsets = arrays.get("change"), arrays.get("offsets")
        return cls(
            Sheet(*(int(number) for number in arrays["sheet"])),
            (arrays["matte"] / np.float32(65535)).astype(np.float32),
            np.asarray(arrays["base"]),
            np.asarray(arrays["seen"]),
            None if change is None else change.astype(np.float32),
            None if offsets is None else np.asarray(offsets),
        )


def _fault(patch: Patch) -> str | None:
    sheet = patch.sheet
    if (
        not 1 <= sheet.size <= MOST_TEXELS
        or min(sheet.x0, sheet.y0) < 0
        or min(sheet.width, sheet.height) < 1
    ):
        return "its place is not on a face"
    if sheet.x0 + sheet.width > sheet.size or sheet.y0 + sheet.height > sheet.size:
        return "it reaches beyond the face"
    shape = (sheet.height, sheet.width)
    wanted = {"matte": shape, "seen": shape, "base": (*shape, 3)}
    if patch.change is not None:
        wanted["change"] = (*shape, 3)
    if patch.offsets is not None:
        wanted["offsets"] = (VERTEX_COUNT, 2)
    for name, size in wanted.items():
        array = getattr(patch, name)
        if array.shape != size:
            return f"{name} has the wrong size"
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            return f"{name} is not finite"
    if not (patch.matte >= 0).all() or not (patch.matte <= 1).all():
        return "matte is outside 0 to 1"
    if patch.change is not None and float(np.abs(patch.change).max()) > MOST_CHANGE:
        return "change is beyond any colour"
    if patch.offsets is not None and float(np.abs(patch.offsets).max()) > 1:
        return "offsets are larger than a face"
    return None


def packed(patch: Patch) -> bytes:
    """The patch as one .npz file; the same patch always gives the same bytes."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in patch.arrays().items():
            entry = zipfile.ZipInfo(f"{name}.npy")  # with a fixed date
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = io.BytesIO()
            npy.write_array(content, np.ascontiguousarray(array), allow_pickle=False)  # type: ignore[no-untyped-call]
            archive.writestr(entry, content.getvalue(), compresslevel=1)
    return sink.getvalue()


def unpacked(content: bytes, name: str) -> Patch:
    """A patch from bytes that are not trusted: nothing is unpickled, nothing grows beyond `MOST_BYTES`.

    Raises BadInputError, which calls it `name`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > 8 or sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise ValueError("it is too large")
            return Patch.from_arrays(
                {entry.filename.removesuffix(".npy"): _array(archive, entry) for entry in entries}
            )
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadInputError(f"{name} is no patch of an edit ({error}): export the edits again.") from error
    except Exception as error:  # zlib.error, and what else a damaged file may raise in the depths
        raise BadInputError(f"{name} is damaged: export the edits again.") from error


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> npt.NDArray[Any]:
    with archive.open(entry) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError("it is too large")
    with PARSING:
        return _parsed(io.BytesIO(content), len(content))


def _parsed(stream: io.BytesIO, length: int) -> npt.NDArray[Any]:
    if npy.read_magic(stream) != (1, 0):  # type: ignore[no-untyped-call]
        raise ValueError("it was written otherwise")
    shape, _, dtype = npy.read_array_header_1_0(stream)  # type: ignore[no-untyped-call]
    if dtype.hasobject or int(np.prod(shape, dtype=object)) * dtype.itemsize != length - stream.tell():
        raise ValueError("an array is not as long as it says")
    stream.seek(0)
    found: npt.NDArray[Any] = npy.read_array(stream, allow_pickle=False)  # type: ignore[no-untyped-call]
    return found


class Patches:
    """The patches of a project, in one folder, each named by the SHA-256 of its file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, Patch] = {}

    def keep(self, patch: Patch) -> str:
        """Write a patch where it is not there yet; return its hash. Raises OutputError."""
        digest = self.keep_file(packed(patch))
        # As it will be read the next time, to the bit: halves are not floats.
        self._remember(digest, Patch.from_arrays(patch.arrays()))
        return digest

    def keep_file(self, content: bytes) -> str:
        """Write a packed patch; return its hash. Raises OutputError."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(path, alone=False) as part:
                part.write_bytes(content)
        else:
            path.touch()  # somebody wants it now, see `sweep`
        return digest

    def read_file(self, digest: str) -> bytes:
        """A packed patch. Raises BadInputError where it is missing, or not what its name says."""
        try:
            content = self._path(digest).read_bytes()
        except OSError as error:
            raise BadInputError(f"A patch of an edit ({digest[:12]}) is missing: drop the edit.") from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise BadInputError(f"A patch of an edit ({digest[:12]}) is damaged: drop the edit.")
        return content

    def __getitem__(self, digest: str) -> Patch:
        found = self._read.get(digest)
        if found is None:
            found = unpacked(self.read_file(digest), digest[:12])
            self._remember(digest, found)
        return found

    def sweep(self, needed: frozenset[str], older: float) -> int:
        """Delete patches that nothing refers to and nobody has made for so many seconds; return how many."""
        least = time.time() - older
        unused = [path for path in self.folder.glob("*.npz") if path.stem not in needed]
        unused = [path for path in unused if path.stat().st_mtime < least]
        for path in unused:
            path.unlink(missing_ok=True)
        return len(unused)

    def _remember(self, digest: str, patch: Patch) -> None:
        while len(self._read) >= 64:
            self._read.pop(next(iter(self._read)), None)
        self._read[digest] = patch

    def _path(self, digest: str) -> Path:
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise BadInputError("A patch is named by the hash of its content.")
        return self.folder / f"{digest}.npz"
