"""Faces in order: by a column, or so that what looks alike stands side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.likeness.gallery import NUMBERS, Gallery

Rows = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]

FALLING = ("sharpness", "detail", "size", "expression", "score")
"""Columns of which the highest values come first."""
ALIKE = {
    "similar": "histograms, like beside like",
    "dissimilar": "histograms, the rarest first",
    "pixels": "pictures, like beside like",
}
KEYS = (*NUMBERS, "clip", *ALIKE)
_NEIGHBOURS = 6
_DIMENSIONS = 8
_NEARLY = 0.5
_EQUAL = 1e-4
"""Of the points' spread."""


def ordered(gallery: Gallery, rows: Rows, key: str, *, reverse: bool = False) -> Rows:
    """`rows` by a key of `KEYS`; what is equal stays in the order of the footage, what is unknown ends it."""
    if key == "similar":
        found = rows[beside_alike(_histograms(gallery, rows))]
    elif key == "pixels":
        found = rows[beside_alike(gallery.looks.small[rows].reshape(len(rows), -1))]
    elif key == "dissimilar":
        found = rows[np.argsort(-unlike_all(_histograms(gallery, rows)), kind="stable")]
    else:
        return _by_column(gallery.column(key)[rows], rows, falling=(key in FALLING) != reverse)
    return found[::-1] if reverse else found


def _by_column(values: npt.NDArray[Any], rows: Rows, *, falling: bool) -> Rows:
    if values.dtype.kind == "U":
        values = np.unique(values, return_inverse=True)[1]
    known = np.isfinite(values)
    order = np.argsort(-values[known] if falling else values[known], kind="stable")
    return np.concatenate([rows[known][order], rows[~known]])


def _histograms(gallery: Gallery, rows: Rows) -> npt.NDArray[np.uint8]:
    return gallery.looks.histogram[rows].reshape(len(rows), -1)


def unlike_all(points: npt.NDArray[Any]) -> Array:
    """Sum of the squared distances of each of (N, D) points to all of them, (N,).

    In closed form, n |x|^2 - 2 x S + Q, so that N may be large. Of roots of histograms it is twice the sum of
    Hellinger's (Bhattacharyya's) squared distances.
    """
    values = np.asarray(points, np.float64)
    values = values - values.mean(0) if len(values) else values
    square = (values**2).sum(1)
    return np.asarray(len(values) * square - 2 * values @ values.sum(0) + square.sum())


def beside_alike(points: npt.NDArray[Any]) -> Rows:
    """An order of (N, D) points in which neighbours are alike: along the minimum spanning tree.

    The tree is that of each point's six nearest neighbours, which an index finds in the eight directions in
    which points differ most; O(N log N), where DeepFaceLab's chain of nearest neighbours is O(N^2). Distances
    may be half too long where that saves looking; of made-up faces they are a thousandth. Points that are as
    good as equal are ordered as one and stay as they were among themselves: no index can tell them apart, and
    each would be compared with all of them.
    """
    count = len(points)
    if count < 3:
        return np.arange(count)
    flat = principal(points, _DIMENSIONS)
    place = _as_good_as_equal(flat)
    first = np.unique(place, return_index=True)[1]
    rank = np.empty(len(first), np.int64)
    rank[_along_tree(flat[first])] = np.arange(len(first))
    return np.argsort(rank[place], kind="stable")


def _as_good_as_equal(points: npt.NDArray[np.float32]) -> Rows:
    """Numbers of groups whose (N, D) points differ by next to nothing, by first appearance, (N,)."""
    spread = float(np.sqrt(points.var(0).sum()))
    steps = np.round(points / max(_EQUAL * spread, 1e-6)).astype(np.int64)
    _, first, place = np.unique(steps, axis=0, return_index=True, return_inverse=True)
    number = np.empty(len(first), np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    return np.asarray(number[place.reshape(-1)])


def _along_tree(flat: npt.NDArray[np.float32]) -> Rows:
    """An order of points, (N, d), no two of which are equal."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import minimum_spanning_tree
    from scipy.spatial import cKDTree

    count = len(flat)
    if count < 3:
        return np.arange(count)
    near = min(_NEIGHBOURS + 1, count)
    distance, index = cKDTree(flat).query(flat, k=near, eps=_NEARLY)
    start = np.repeat(np.arange(count), near - 1)
    # Equal points are 0 apart, which a sparse matrix takes for no edge.
    weight = distance[:, 1:].ravel() + 1e-9
    graph = csr_matrix((weight, (start, index[:, 1:].ravel())), shape=(count, count))
    graph = graph.maximum(graph.T)
    graph = _linked(graph, flat)
    return _strung(minimum_spanning_tree(graph), flat)


def principal(points: npt.NDArray[Any], dimensions: int) -> npt.NDArray[np.float32]:
    """(N, D) points along the `dimensions` directions in which they differ most, (N, d).

    An orthogonal projection: no two points are farther apart in it than they are.
    """
    values = np.asarray(points, np.float32)
    mean = values.mean(0)
    sample = values[:: max(1, len(values) // 4000)] - mean
    _, vectors = np.linalg.eigh(np.asarray(sample.T @ sample, np.float64))
    axes = vectors[:, ::-1][:, :dimensions].astype(np.float32)
    return (values - mean) @ axes


def _linked(graph: Any, points: npt.NDArray[np.float32]) -> Any:
    """The same graph with its islands strung together, in the order of where they are."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    islands, of = connected_components(graph, directed=False)
    if islands == 1:
        return graph
    members = np.argsort(of, kind="stable")
    first = members[np.searchsorted(of[members], np.arange(islands))]
    chain = first[np.argsort(points[first, 0], kind="stable")]
    apart = np.linalg.norm(points[chain[1:]] - points[chain[:-1]], axis=1) + 1e-9
    bridge = csr_matrix((apart, (chain[:-1], chain[1:])), shape=graph.shape)
    return graph.maximum(bridge.maximum(bridge.T))


def _strung(tree: Any, points: npt.NDArray[np.float32]) -> Rows:
    """The nodes of a spanning tree in a line, groups unbroken, as in single linkage.

    Shortest edges first, the two groups at the ends of each become one: their lines are joined at those of
    their ends that are nearest.
    """
    edges = tree.tocoo()
    group = list(range(len(points)))
    ends = [(node, node) for node in range(len(points))]
    beside: list[list[int]] = [[] for _ in range(len(points))]

    def root(node: int) -> int:
        while group[node] != node:
            group[node] = group[group[node]]
            node = group[node]
        return node

    first = 0
    for edge in np.argsort(edges.data, kind="stable").tolist():
        one, other = root(int(edges.row[edge])), root(int(edges.col[edge]))
        pairs = [(a, b) for a in (0, 1) for b in (0, 1)]
        gaps = points[[ends[one][a] for a, _ in pairs]] - points[[ends[other][b] for _, b in pairs]]
        a, b = pairs[int((gaps**2).sum(1).argmin())]
        near, far = ends[one][a], ends[other][b]
        beside[near].append(far)
        beside[far].append(near)
        group[other] = one
        ends[one] = (ends[one][1 - a], ends[other][1 - b])
        first = min(ends[one])
    return _followed(beside, first)


def _followed(beside: list[list[int]], first: int) -> Rows:
    found, before = [first], -1
    while len(found) < len(beside):
        onward = next(node for node in beside[found[-1]] if node != before)
        before = found[-1]
        found.append(onward)
    return np.array(found, np.int64)
