"""Which tracks show the same person, and which show the person of a reference picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.faceset import Faceset, Found, face_sizes
from understudy.faces.people.identity import EMBEDDING_SIZE, SAME_PERSON, Embeddings
from understudy.faces.stretches import stretches
from understudy.geometry import mesh
from understudy.geometry.align import fit_similarity

FACES_PER_TRACK = 6
SAME_PERSON_TRACKS = 0.55
"""Two tracks with mean embeddings nearer than this show one person: means scatter less than single faces."""

_APART = np.inf


@dataclass(frozen=True)
class TrackIdentity:
    """What is known of who a track shows.

    `clip` names the clip (any string), `first`..`last` are its first and last frame, both included;
    `embedding` (128,) is the mean over the track's best faces, on the scale of single embeddings.
    """

    clip: str
    track: int
    first: int
    last: int
    embedding: Embeddings

    def overlaps(self, other: TrackIdentity) -> bool:
        """Whether both are in the picture at the same time: then they are two people."""
        return self.clip == other.clip and self.first <= other.last and other.first <= self.last


def best_faces(
    faces: Faceset,
    sharpness: npt.NDArray[np.floating[Any]] | None = None,
    count: int = FACES_PER_TRACK,
) -> npt.NDArray[np.int64]:
    """The rows of `faces` (one track) that tell best who it is: large, frontal, sharp, spread over the track.

    `sharpness` (N,), any positive unit, counts where it is given. The track is cut into `count` stretches
    and each gives its best face, so that one odd moment does not decide. Interpolated faces are taken only
    where there are no others. Ascending; fewer than `count` rows for a short track.
    """
    if len(faces) == 0:
        return np.zeros(0, np.int64)
    quality = (
        _frontality(faces.landmarks) * np.sqrt(face_sizes(faces.landmarks)) * np.clip(faces.score, 0.05, 1)
    )
    if sharpness is not None:
        quality *= np.sqrt(np.maximum(sharpness, 0))
    seen = np.flatnonzero(faces.found != Found.INTERPOLATED)
    rows = seen if len(seen) else np.arange(len(faces))
    parts = np.array_split(rows, min(count, len(rows)))
    return np.array([part[quality[part].argmax()] for part in parts], np.int64)


def mean_embedding(embeddings: Embeddings) -> Embeddings:
    """The mean (128,) of (N, 128) embeddings without those that stand apart from the rest (N >= 3).

    The mean is put back to the median length of its parts, so that averaging does not bring strangers nearer.
    """
    if len(embeddings) >= 3:
        centre = np.median(embeddings, axis=0)
        distance = np.linalg.norm(embeddings - centre, axis=1)
        embeddings = embeddings[distance <= 1.5 * np.median(distance) + 1e-6]
    mean = embeddings.mean(0)
    length = np.median(np.linalg.norm(embeddings, axis=1))
    return np.asarray(mean * (length / max(float(np.linalg.norm(mean)), 1e-9)), np.float32)


def group(tracks: Sequence[TrackIdentity], threshold: float = SAME_PERSON_TRACKS) -> list[int]:
    """The person number of every track: 0 for the person longest in the picture, then 1, and so on.

    Agglomerative clustering with average linkage: the two nearest groups are joined until none are nearer
    than `threshold`. Groups with tracks that overlap in time are never joined.
    """
    groups = _joined(_pairwise(tracks), threshold)
    groups.sort(key=lambda rows: (-sum(tracks[i].last - tracks[i].first + 1 for i in rows), min(rows)))
    person = {row: number for number, rows in enumerate(groups) for row in rows}
    return [person[i] for i in range(len(tracks))]


def matching(
    reference: Embeddings, tracks: Sequence[TrackIdentity], threshold: float = SAME_PERSON
) -> list[TrackIdentity]:
    """The tracks that show the person with the embedding `reference` (128,), nearest first.

    Of tracks that overlap in time only the nearest is taken, for one person is not in two places. A track
    beyond `threshold` still counts when it is grouped with one that is nearer, as a profile is with its
    frontal shots. Raises BadInputError where nobody matches.
    """
    if not tracks:
        raise BadInputError("There is no face in the plate to compare with the --person image.")
    away = [float(np.linalg.norm(track.embedding - reference)) for track in tracks]
    people = group(tracks)
    wanted = {person for person, distance in zip(people, away, strict=True) if distance <= threshold}
    chosen: list[TrackIdentity] = []
    for i in np.argsort(away, kind="stable"):
        if people[i] in wanted and not any(tracks[i].overlaps(other) for other in chosen):
            chosen.append(tracks[i])
    if not chosen:
        raise BadInputError(
            f"Nobody in the plate looks like the person in the --person image (nearest "
            f"{min(away):.2f}, needed {threshold:.2f}): try another picture of them, or choose with --track."
        )
    return chosen


def identify(clip: str, faces: Faceset, embeddings: Mapping[int, Embeddings]) -> list[TrackIdentity]:
    """One TrackIdentity for every track of `faces` that `embeddings` has faces of, {track: (n, 128)}."""
    spans = {track: faces.frame[rows] for track, rows in faces.by_track()}
    return [
        TrackIdentity(
            clip=clip,
            track=track,
            first=int(spans[track].min()),
            last=int(spans[track].max()),
            embedding=mean_embedding(rows),
        )
        for track, rows in sorted(embeddings.items())
        if len(rows) and track in spans
    ]


def _joined(distance: npt.NDArray[np.float64], threshold: float) -> list[list[int]]:
    """Average linkage of (T, T) distances, which are overwritten: the nearest two groups become one until
    none are nearer than `threshold`.
    """
    groups: list[list[int]] = [[i] for i in range(len(distance))]
    # Each pair counts once. What is joined to a group before it leaves its row and column, at infinity.
    distance[np.tri(len(distance), dtype=bool)] = _APART
    while distance.size:
        a, b = divmod(int(distance.argmin()), len(distance))
        if not distance[a, b] <= threshold:
            break
        one, other = len(groups[a]), len(groups[b])
        # The mean over all pairs is the mean of both groups' means, by size (Lance and Williams 1967).
        mean = (one * _from(distance, a) + other * _from(distance, b)) / (one + other)
        groups[a] += groups[b]
        groups[b] = []
        distance[:a, a], distance[a, a + 1 :] = mean[:a], mean[a + 1 :]
        distance[:b, b] = distance[b, b + 1 :] = distance[a, b] = _APART
    return [group for group in groups if group]


def _from(distance: npt.NDArray[np.float64], row: int) -> npt.NDArray[np.float64]:
    """Distances (T,) of one group from all others, of which only the upper triangle is kept."""
    return np.concatenate([distance[:row, row], distance[row, row:]])


def _pairwise(tracks: Sequence[TrackIdentity]) -> npt.NDArray[np.float64]:
    points = np.array([track.embedding for track in tracks], np.float64).reshape(-1, EMBEDDING_SIZE)
    clip = np.array([track.clip for track in tracks], np.str_)
    first, last = np.array([(track.first, track.last) for track in tracks], np.int64).reshape(-1, 2).T
    distance = np.empty((len(tracks), len(tracks)))
    for i, point in enumerate(points):
        distance[i] = np.linalg.norm(points - point, axis=-1)
        together = (clip == clip[i]) & (first <= last[i]) & (first[i] <= last)
        together[i] = False
        distance[i, together] = _APART
    return distance


def _frontality(landmarks: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """1 for a face that looks into the camera, 0 for a profile or worse: the cosine of its angle to it."""
    stable = list(mesh.STABLE)
    cosine = np.empty(len(landmarks))
    for some in stretches(len(landmarks), landmarks):
        fit = fit_similarity(mesh.canonical_face()[stable], landmarks[some][:, stable].astype(np.float64))
        cosine[some] = fit.rotation[:, 2, 2]
    return np.clip(cosine, 0.0, 1.0)
