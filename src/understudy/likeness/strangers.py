"""Somebody else in a likeness: who each face shows, told from some of the faces, and said in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from understudy.faces.people.grouping import TrackIdentity, group, mean_embedding
from understudy.faces.people.identity import SAME_PERSON, Embeddings
from understudy.likeness.gallery import Gallery

Rows = npt.NDArray[np.int64]

_TURNED = 35.0
"""Degrees of yaw from which on an embedding says too little of who it is."""


@dataclass(frozen=True)
class Seen:
    """Faces that the network looked at: rows of a gallery, ascending, and their embeddings (M, 128)."""

    rows: Rows
    embeddings: Embeddings


def to_look_at(
    clip: npt.NDArray[np.int32], track: npt.NDArray[np.int32], frontal: npt.NDArray[np.float64], most: int
) -> Rows:
    """Rows, ascending, whose faces tell who is who: about `most`, evenly spread over each track.

    Each stretch of a track gives the face that is turned least (`frontal`, higher is better); every track
    gives three at least, as far as it has them.
    """
    order = np.lexsort((track, clip))
    ends = np.flatnonzero(np.diff(clip[order]) | np.diff(track[order])) + 1
    chosen: list[int] = []
    for rows in np.split(order, ends) if len(order) else ():
        wanted = max(3, round(most * len(rows) / len(order)))
        chosen += [
            int(part[frontal[part].argmax()])
            for part in np.array_split(rows, min(wanted, len(rows)))
            if len(part)
        ]
    return np.array(sorted(chosen), np.int64)


def told_apart(gallery: Gallery, seen: Seen) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Person and identity of every face, as in `gallery.WORDS`, (N,) each.

    People are groups of tracks (`faces.people.grouping.group`); a face's identity is that of the nearest face
    of its track that was looked at.
    """
    count = len(gallery)
    person, identity = np.full(count, -1, np.int64), np.full(count, np.nan)
    if not len(seen.rows):
        return person, identity
    tracks, members = _tracks(gallery, seen)
    for rows, number in zip(members, group(tracks), strict=True):
        person[rows] = number
    main = person[seen.rows] == 0
    centre = mean_embedding(seen.embeddings[main])
    apart = np.linalg.norm(seen.embeddings - centre, axis=1)
    for rows in members:
        mine = np.flatnonzero(np.isin(seen.rows, rows))
        nearest = np.abs(gallery.frame[rows][:, None] - gallery.frame[seen.rows[mine]][None]).argmin(1)
        identity[rows] = apart[mine][nearest]
    return person, identity


def _tracks(gallery: Gallery, seen: Seen) -> tuple[list[TrackIdentity], list[Rows]]:
    """Who each track shows, and its rows."""
    order = np.lexsort((gallery.frame, gallery.track, gallery.clip))
    ends = np.flatnonzero(np.diff(gallery.clip[order]) | np.diff(gallery.track[order])) + 1
    tracks, members = [], []
    for rows in np.split(order, ends):
        mine = np.isin(seen.rows, rows)
        if not mine.any():
            continue
        clip, frames = int(gallery.clip[rows[0]]), gallery.frame[rows]
        embedding = mean_embedding(seen.embeddings[mine])
        number = int(gallery.track[rows[0]])
        tracks.append(TrackIdentity(str(clip), number, int(frames[0]), int(frames[-1]), embedding))
        members.append(rows)
    return tracks, members


def strangers(gallery: Gallery) -> Rows:
    """Faces that show somebody else than the person seen most, ascending.

    All of a track of another person; and, in a track of the right one, runs of faces beyond the border
    between two people that are more than an odd moment: the median of three neighbours counts, and heads that
    are turned far away do not.
    """
    other = gallery.person > 0
    sure = np.abs(gallery.traits.yaw) < _TURNED
    for clip in range(len(gallery.clips)):
        for track in np.unique(gallery.track[gallery.clip == clip]):
            rows = np.flatnonzero((gallery.clip == clip) & (gallery.track == track) & sure)
            values = gallery.identity[rows]
            # each face repeats what was told of one that was looked at: neighbours are the next of those
            begins = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
            told = values[begins]
            if len(told) < 3:
                continue
            around = np.stack([np.roll(told, 1), told, np.roll(told, -1)])
            around[0, 0], around[2, -1] = told[0], told[-1]
            steady = np.repeat(np.median(around, axis=0), np.diff(begins, append=len(values)))
            other[rows] |= steady > SAME_PERSON
    return np.flatnonzero(other)


def sentences(gallery: Gallery, rows: Rows) -> list[str]:
    """Who does not belong, by clip and frames: one sentence a clip."""
    said = []
    for clip, name in enumerate(gallery.clips):
        mine = rows[gallery.clip[rows] == clip]
        if not len(mine):
            continue
        frames = np.unique(gallery.frame[mine])
        every = np.unique(gallery.frame[gallery.clip == clip])
        away = float(np.nanmedian(gallery.identity[mine]))
        said.append(
            f"{name} shows somebody else in {_where(frames, every)}: {away:.2f} from the person seen most "
            f"(one person is below {SAME_PERSON:.2f})."
        )
    return said


def _where(frames: npt.NDArray[np.int64], every: npt.NDArray[np.int64]) -> str:
    """Frames as ranges, where neighbours are neighbours among all frames that were looked at."""
    places = np.searchsorted(every, frames)
    parts = np.split(frames, np.flatnonzero(np.diff(places) > 1) + 1)
    words = [str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts]
    return _listed(words)


def _listed(words: Sequence[str]) -> str:
    if len(words) == 1:
        return f"frame {words[0]}" if "-" not in words[0] else f"frames {words[0]}"
    shown = ", ".join(words[:4])
    return f"frames {shown}" + (f" and {len(words) - 4} more stretches" if len(words) > 4 else "")
