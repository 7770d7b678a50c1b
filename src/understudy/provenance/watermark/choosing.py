"""Watermark algorithms by name: ours, and those that other packages bring."""

from __future__ import annotations

from importlib.metadata import entry_points

from understudy.errors import BadInputError
from understudy.provenance.watermark.base import Watermark
from understudy.provenance.watermark.spread import SpreadSpectrum

DEFAULT = "spread"
_GROUP = "understudy.watermarks"


def watermark(name: str = DEFAULT, key: bytes | None = None) -> Watermark:
    """The algorithm `name` with `key`, or with its public key.

    Others are found by the entry-point group `understudy.watermarks`, each a callable that takes the key.
    Raises BadInputError where there is no such algorithm.
    """
    if name == DEFAULT:
        return SpreadSpectrum(key)
    for entry in entry_points(group=_GROUP, name=name):
        made: Watermark = entry.load()(key)
        return made
    raise BadInputError(f"There is no watermark {name!r}; install the package that brings it.")
