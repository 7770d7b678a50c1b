"""Which code makes a stage's output, as one hash: an upgrade must never mix old outputs with new ones."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from functools import cache
from pathlib import Path

_OWN = __name__.partition(".")[0]
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]*))", re.MULTILINE
)
_WORD = re.compile(rb"[\w.]+")
_FOR_TYPES = re.compile(rb"^if TYPE_CHECKING:[^\n]*\n(?:[ \t]+[^\n]*\n|\n)*", re.MULTILINE)
_MADE_BY_PYTHON = ("__pycache__", ".pyc", ".pyo")


@cache
def code_hash(module: str) -> str:
    """64 hex digits that change when the source of `module` changes, or of anything that it imports.

    Imports are followed inside the module's own top-level package and inside this one, those in functions
    too, but not those that only type checkers see; a package stands for its `__init__` and the data files
    beside it. Other distributions do not count.
    Nothing is executed. An edit of a comment counts as
    well: that redoes work now and then, where a number that is raised by hand is forgotten now and then.

    Raises ValueError for a module that is not there.
    """
    seen: dict[str, bytes] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        found = _read(name)
        if found is not None:
            seen[name], imported = found
            within = (_OWN, module.partition(".")[0])
            waiting += [other for other in imported if other.partition(".")[0] in within]
    if module not in seen:
        raise ValueError(f"there is no module {module}")
    digest = hashlib.sha256()
    for name in sorted(seen):
        digest.update(name.encode() + b"\0" + seen[name])
    return digest.hexdigest()


@cache
def _read(module: str) -> tuple[bytes, tuple[str, ...]] | None:
    """Hash and imports of one module; None where the name means something inside a module."""
    place = _place(module)
    if place is None:
        return None
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    data = [path for path in files if path.is_file() and not path.name.endswith(_MADE_BY_PYTHON)]
    if place.is_dir():
        data = [path for path in data if path.suffix != ".py" or path.stem == "__init__"]
    digest = hashlib.sha256()
    imported: set[str] = set(_parents(module))
    for path in data:
        content = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(content).digest())
        if path.suffix == ".py":
            package = module if place.is_dir() else module.rpartition(".")[0]
            imported.update(_imports(content, package))
    return digest.digest(), tuple(imported)


def _place(module: str) -> Path | None:
    """The folder of a package, or the file of a module."""
    top, *inner = module.split(".")
    root = _root(top)
    if root is None or root.is_file():
        return None if inner else root
    place = root.joinpath(*inner)
    if place.is_dir():
        return place
    source = place.with_name(place.name + ".py")
    if source.is_file():
        return source
    # A compiled module: `name.cpython-311-….so`.
    return next(iter(sorted(place.parent.glob(f"{place.name}.*"))), None)


@cache
def _root(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None:
        return None
    folders = list(spec.submodule_search_locations or ())
    return Path(folders[0]) if folders else Path(spec.origin or "")


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _imports(source: bytes, package: str) -> set[str]:
    """Every name that an import statement of `source` may mean as a module; `package` is where it stands."""
    names: set[str] = set()
    for origin, members, plain in _IMPORT.findall(_FOR_TYPES.sub(b"", source)):
        if plain:
            names.update(word.decode() for word in _WORD.findall(plain))
            continue
        base = _absolute(origin.decode(), package)
        names.add(base)
        names.update(f"{base}.{word.decode()}" for word in _WORD.findall(members))
    return names


def _absolute(name: str, package: str) -> str:
    relative = name.lstrip(".")
    ups = len(name) - len(relative)
    if not ups:
        return name
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - ups + 1])
    return f"{base}.{relative}" if relative else base
