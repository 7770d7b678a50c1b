"""By which consent a model file was trained, without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from understudy.errors import BadInputError
from understudy.provenance.strict_json import strict_json

SUFFIX = ".safetensors"
_LARGEST_HEADER = 64 << 20


def metadata_of(path: Path) -> Mapping[str, str]:
    """The metadata in the header of a safetensors file: 8 bytes of its length, and JSON.

    Raises BadInputError where the file cannot be read or is none.
    """
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if not 2 <= size <= _LARGEST_HEADER:
                raise ValueError("its header is of no such size")
            header = strict_json(file.read(size).rstrip(b" "), _LARGEST_HEADER)
    except OSError as error:
        raise BadInputError(f"Cannot read {path}: {error.strerror or error}.") from error
    except ValueError as error:
        raise BadInputError(f"{path.name} is not a model in safetensors form: {error}.") from error
    found = header.get("__metadata__", {}) if isinstance(header, dict) else {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise BadInputError(f"{path.name} is not a model in safetensors form: its metadata are not text.")
    return found
