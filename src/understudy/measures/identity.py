"""Whose face the result shows, from embeddings that were computed elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Embeddings = npt.NDArray[np.floating[Any]]


def identity_distance(embeddings: Embeddings, reference: Embeddings) -> npt.NDArray[np.float64]:
    """Euclidean distance of each embedding (T, D) to the mean of the reference's (N, D), (T,).

    For dlib's network 0.6 is the border between one person and two. Trap: pose and expression move an
    embedding too; compare only distances of the same frames.
    """
    return np.linalg.norm(np.asarray(embeddings, np.float64) - reference.mean(0, dtype=np.float64), axis=-1)


def identity_margin(result: Embeddings, likeness: Embeddings, plate: Embeddings) -> npt.NDArray[np.float64]:
    """How much nearer each result (T, D) is to the likeness (N, D) than to the plate performer (M, D), (T,).

    Above 0 where the face is the likeness's; target: median above 0. The network that judges must not be one
    that an engine was trained with.
    """
    return identity_distance(result, plate) - identity_distance(result, likeness)
