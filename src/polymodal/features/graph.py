"""Graphs by their size, their degrees, and the neighbourhoods of their nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix, hstack, triu
from scipy.sparse.csgraph import connected_components

from polymodal.features._features import Features
from polymodal.features._kept import Kept, Row
from polymodal.features._ranks import normal_ranks, rank_knots
from polymodal.features._reduction import principal_directions
from polymodal.features._tfidf import vocabulary, weighed
from polymodal.features._weisfeiler_lehman import neighbourhoods
from polymodal.modalities._graphs import Parts, unpacked
from polymodal.modalities.graph import GraphStatistics
from polymodal.registry import FEATURES

_KEPT: Kept[Row] = Kept()
_DIRECTIONS = 64
_FEW = 20  # graphs up to which a neighbourhood of one alone has a column
_MOST_FIGURES = 72  # for trees
_DEGREES = (0, 1, 2, 3, 4, 5, 7, 10, 16, 32)  # where the steps of the histogram begin
_FIGURES = 0.3  # of the length of the counted neighbourhoods


@FEATURES.register("graph")
@dataclass(frozen=True)
class GraphFeatures(Features):
    """Wide: neighbourhoods of the nodes, hashed and counted (Shervashidze et al. 2011), and the ranks of some figures.

    The figures: nodes, edges, components, cycles, triangles, mean, spread and shares of degrees, and mean and spread of
    what nodes and edges carry. Compact: the figures (up to 72 of them), and 64 directions of the neighbourhoods.
    `keys` are the sorted hashes that have a column, `idf` their weights, `directions [W, k]`, `knots [q, C]` quantiles.
    """

    kinds: ClassVar[tuple[str, ...]] = ("graph",)

    keys: np.ndarray
    idf: np.ndarray
    directions: np.ndarray
    knots: np.ndarray
    directed: bool

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: GraphStatistics, seed: int) -> Self:
        figures, rows, keys = _told(arrays, statistics.directed)
        found = vocabulary(rows, keys, len(arrays), 1 if len(arrays) <= _FEW else 2)
        bare = cls(*found, np.zeros((0, 0), dtype=np.float32), rank_knots(figures), statistics.directed)
        matrix = weighed(rows, keys, len(arrays), *found)
        return replace(bare, directions=principal_directions(matrix, _DIRECTIONS, seed))

    @property
    def n_counted(self) -> int:
        """The first columns of the wide matrix, which count neighbourhoods."""
        return len(self.keys)

    def wide(self, arrays: Sequence[np.ndarray]) -> csr_matrix:
        figures, rows, keys = _told(arrays, self.directed)
        matrix = weighed(rows, keys, len(arrays), self.keys, self.idf)
        ranks = csr_matrix(_FIGURES * normal_ranks(figures, self.knots))
        return csr_matrix(hstack([matrix, ranks]), dtype=np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        figures, rows, keys = _told(arrays, self.directed)
        directed = weighed(rows, keys, len(arrays), self.keys, self.idf) @ self.directions
        return np.concatenate([figures[:, :_MOST_FIGURES], directed], axis=1).astype(np.float32)


def _told(arrays: Sequence[np.ndarray], directed: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The figures of each graph `[n, C]`, and the graph and the hash of each neighbourhood."""

    def compute(some: list[np.ndarray]) -> list[Row]:
        graphs = [unpacked(array) for array in some]
        rows, keys = neighbourhoods(graphs, directed)
        keys = keys[np.argsort(rows, kind="stable")]
        ends = np.cumsum(np.bincount(rows, minlength=len(graphs)))[:-1]
        return list(zip([described(graph) for graph in graphs], np.split(keys, ends), strict=True))

    figures, keys = zip(*_KEPT.of(arrays, compute, directed), strict=True)
    return np.stack(figures), np.repeat(np.arange(len(arrays)), [len(some) for some in keys]), np.concatenate(keys)


def described(graph: Parts) -> np.ndarray:
    """`[22 + 2 F + G]` figures of one graph; all but three of them look at an edge as leading both ways."""
    n, between = len(graph.nodes), graph.edges[graph.edges[:, 0] != graph.edges[:, 1]]
    ways = np.concatenate([between, between[:, ::-1]])
    beside = csr_matrix((np.ones(len(ways)), (ways[:, 0], ways[:, 1])), shape=(n, n))
    beside.data[:] = 1.0
    degree = np.diff(beside.indptr)
    links = int(degree.sum()) // 2
    components, _ = connected_components(beside, directed=False)
    pairs = float((degree * (degree - 1.0)).sum()) / 2
    shares = np.bincount(np.searchsorted(_DEGREES, degree, side="right") - 1, minlength=len(_DEGREES)) / n
    out_degree, in_degree = (np.bincount(between[:, end], minlength=n) for end in (0, 1))
    there = set(map(tuple, between.tolist()))
    figures = [
        np.log(n),
        np.log1p(links),
        np.log(components),
        np.log1p(links - n + components),
        np.log1p(triangles := _triangles(beside, degree)),
        3 * triangles / pairs if pairs else 0.0,
        degree.mean(),
        degree.std(),
        np.log1p(degree.max()),
        (in_degree == 0).mean(),
        (out_degree == 0).mean(),
        np.mean([(two, one) in there for one, two in there]) if there else 0.0,
    ]
    carried = graph.edge_features if len(graph.edges) else np.zeros((1, graph.edge_features.shape[1]))
    return np.concatenate([figures, shares, graph.nodes.mean(axis=0), carried.mean(axis=0), graph.nodes.std(axis=0)])


def _triangles(beside: csr_matrix, degree: np.ndarray) -> float:
    """Each edge led to the node of the larger degree, so that none leads to many (Chiba & Nishizeki 1985)."""
    order = np.argsort(degree, kind="stable")
    upward = csr_matrix(triu(beside[order][:, order]))
    return float((upward @ upward).multiply(upward).sum())
