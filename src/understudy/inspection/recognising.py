"""Whether the finished film's face stays one person's, by a network that tells people apart.

The network takes 80 ms a face: it is asked about a few usual frames of each shot, and the worst frame of
every stretch in which the face looks otherwise than usual (`curves.unlike`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects, label

from understudy.faces.people.grouping import mean_embedding
from understudy.faces.people.identity import EMBEDDING_SIZE, embed
from understudy.inspection.curves import unlike
from understudy.inspection.record import Record
from understudy.inspection.usual import calmed, spread
from understudy.media.frame import Image

Array = npt.NDArray[Any]
PictureOf = Callable[[int], Image]
"""A frame of the result (H, W, 3 or 4) by its number."""
Embed = Callable[[Image, Array], Array]

_USUAL = 7
_MOST = 8
"""Usual frames, and conspicuous stretches at most, that the network sees of a shot."""
_CONSPICUOUS = 2.5
"""Robust standard deviations of the shot's own looks."""
_LEAST = 1.5
"""Code values."""


def recognised(record: Record, picture_of: PictureOf, network: Embed = embed) -> Record:
    """The record with a column `stranger`: distance of the face from the shot's own, 0.6 is somebody else.

    NaN where the network was not asked. Raises BadInputError where the extra `identity` is not installed.
    """
    column = np.full(record.frames, np.nan)
    look = unlike(record)
    for shot in record.shots():
        known = np.flatnonzero(np.isfinite(look[shot])) + shot.start
        if len(known) < _USUAL:
            continue
        calm = calmed(look[shot], 3)
        level = float(np.nanmedian(calm))
        odd = calm - level > max(_LEAST, _CONSPICUOUS * spread(calm))
        usual = [n for n in known if not odd[n - shot.start]]
        picks = [usual[i] for i in np.linspace(0, len(usual) - 1, _USUAL).astype(int)] if usual else []
        seen = {n: network(picture_of(n), record.points[n]) for n in dict.fromkeys(picks)}
        if not seen:
            continue
        centre = mean_embedding(np.array(list(seen.values())).reshape(-1, EMBEDDING_SIZE))
        column[shot.start : shot.stop][~odd] = 0.0
        for n, embedding in seen.items():
            column[n] = float(np.linalg.norm(embedding - centre))
        usually = float(np.median([column[n] for n in seen]))
        column[shot.start : shot.stop][~odd & np.isfinite(look[shot])] = usually
        for first, last in _worst_runs(np.where(odd, calm, 0.0)):
            worst = shot.start + first + int(np.argmax(calm[first : last + 1]))
            away = float(np.linalg.norm(network(picture_of(worst), record.points[worst]) - centre))
            column[shot.start + first : shot.start + last + 1] = away
    return replace(record, columns=record.columns | {"stranger": column})


def _worst_runs(score: Array) -> list[tuple[int, int]]:
    """Stretches (first, last) above 0, the `_MOST` with the highest peaks."""
    marked, _ = label(score > 0)
    runs = [(span[0].start, span[0].stop - 1) for span in find_objects(marked)]
    return sorted(runs, key=lambda run: -float(score[run[0] : run[1] + 1].max()))[:_MOST]
