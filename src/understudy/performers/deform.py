"""Bending the cage with a few handles: smooth displacement fields and smooth weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from scipy.sparse.linalg import splu

from understudy.performers.cage import MIRROR, Array, Cage, settled

Handles = Mapping[int, tuple[float, float, float]]
"""Landmark -> displacement in cm, in stage space."""


def mirrored(handles: Handles) -> dict[int, tuple[float, float, float]]:
    """The handles and, where it is not given, the same on the other side of the face."""
    out = dict(handles)
    for index, (x, y, z) in handles.items():
        out.setdefault(int(MIRROR[index]), (-x, y, z))
    return out


class Bender:
    """Solves for fields over one cage's vertices.

    Fields minimise |L d|^2 + sum w |d_i - h_i|^2 with L the graph Laplacian: Botsch and Kobbelt's "Real-time
    shape editing using radial basis functions" gives the continuous picture, this is its discrete
    bi-Laplacian.
    """

    def __init__(self, cage: Cage) -> None:
        self.count = cage.count
        ends = cage.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
        ones = np.ones(2 * len(ends))
        rows, columns = np.concatenate([ends, ends[:, ::-1]]).T
        adjacency = sparse.csr_matrix((ones, (rows, columns)), shape=(self.count, self.count))
        adjacency.data[:] = 1.0
        degree = np.asarray(adjacency.sum(1)).ravel()
        laplacian = sparse.identity(self.count) - sparse.diags(1.0 / degree) @ adjacency
        self._bending = (laplacian.T @ laplacian).tocsc()
        self._stretching = (sparse.diags(degree) - adjacency).tocsc()

    def displace(self, handles: Handles, fixed: Iterable[int] = (), weight: float = 30.0) -> Array:
        """The smooth field (N, 3) that follows `handles`, mirrored, and stays still at `fixed`."""
        targets = {int(i): (0.0, 0.0, 0.0) for i in fixed} | mirrored(handles)
        index = np.array(list(targets))
        pull = np.zeros(self.count)
        pull[index] = weight
        right = np.zeros((self.count, 3))
        right[index] = weight * np.array(list(targets.values()))
        return self._solve(self._bending + sparse.diags(pull + 1e-6), right)

    def blend(self, values: Mapping[int, float]) -> npt.NDArray[np.float64]:
        """Smooth weights (N,) in [0, 1] that pass through `values`."""
        index = np.array(list(values))
        pull = np.zeros(self.count)
        pull[index] = 1e4
        right = np.zeros((self.count, 1))
        right[index, 0] = 1e4 * np.array(list(values.values()))
        energy = 0.3 * self._bending + 0.15 * self._stretching + sparse.diags(pull)
        return np.clip(self._solve(energy, right)[:, 0], 0.0, 1.0)

    @staticmethod
    def _solve(matrix: sparse.spmatrix, right: Array) -> Array:
        return settled(splu(matrix.tocsc()).solve(right))
