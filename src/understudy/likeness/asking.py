"""Which faces of a gallery are meant: by a condition, whom they show, how alike they are, how good."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from understudy.likeness.best import best
from understudy.likeness.duplicates import duplicates
from understudy.likeness.gallery import NUMBERS, TEXTS, Gallery
from understudy.likeness.strangers import strangers
from understudy.likeness.where import holds, parse

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Asked:
    """Faces that fit all of this.

    where       condition on faces, see `likeness.where`
    everything  dropped faces are looked at, too
    strangers   only faces of somebody else
    alike       only near-duplicates: of faces that differ by less than this (see `duplicates`), all but one
    best        only so many, with an even cover of pose and expression
    """

    where: str | None = None
    everything: bool = False
    strangers: bool = False
    alike: float | None = None
    best: int | None = None


def asked_for(gallery: Gallery, asked: Asked, odd: Rows | None = None) -> Rows:
    """The faces that fit, ascending. `odd`: the strangers, where they are known already.

    Raises BadInputError for a condition that cannot be understood.
    """
    rows = np.arange(len(gallery)) if asked.everything else np.flatnonzero(gallery.kept)
    if asked.where is not None:
        condition = parse(asked.where, NUMBERS, TEXTS)
        rows = rows[holds(condition, gallery.columns())[rows]]
    if asked.strangers:
        rows = np.intersect1d(rows, strangers(gallery) if odd is None else odd)
    if asked.alike is not None:
        rows = duplicates(gallery, rows, asked.alike)
    if asked.best is not None:
        rows = best(gallery, rows, asked.best)
    return rows
