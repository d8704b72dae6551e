"""Neighbourhoods of nodes as hashes, many graphs at once (Weisfeiler & Lehman; Shervashidze et al. 2011)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polymodal.modalities._graphs import Parts

_ROUNDS = 3
_FORM, _FIGURES = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03)  # where the two colourings start
_REACH = 3.0  # figures of nodes are told apart by whole spreads up to here


def neighbourhoods(graphs: Sequence[Parts], directed: bool) -> tuple[np.ndarray, np.ndarray]:
    """The graph and the hash of every node's neighbourhood of 0, 1, 2 and 3 steps, of its form and with its figures.

    >>> path = Parts(np.zeros((3, 0)), np.array([[0, 1], [1, 2]]), np.zeros((2, 0)), np.zeros((0, 4)))
    >>> rows, keys = neighbourhoods([path], directed=False)
    >>> len(keys), len(set(keys.tolist()))  # both ends of the path look alike
    (12, 7)
    """
    sizes = np.array([len(graph.nodes) for graph in graphs])
    starts = np.cumsum(sizes) - sizes
    rows = np.repeat(np.arange(len(graphs)), sizes)
    ends = np.concatenate([graph.edges + start for graph, start in zip(graphs, starts, strict=True)])
    loops = ends[:, 0] == ends[:, 1]
    source = np.concatenate([ends[:, 0], ends[~loops, 1]])
    target = np.concatenate([ends[:, 1], ends[~loops, 0]])
    bare = np.zeros(len(ends), dtype=np.uint64)
    told = np.concatenate([_told(graph.edge_features, len(graph.edges)) for graph in graphs])
    figures = np.concatenate([_told(graph.nodes, len(graph.nodes)) for graph in graphs])
    keys = []
    colourings = [(np.full_like(figures, _FORM), bare)]
    if figures.any() or told.any():
        colourings.append((figures ^ _FIGURES, told))
    for colour, edge in colourings:
        backward = _mixed(edge + np.uint64(1)) if directed else edge
        way = np.concatenate([edge, backward[~loops]])
        keys.append(_mixed(colour))
        for _ in range(_ROUNDS):
            seen = np.zeros_like(colour)
            np.add.at(seen, target, _mixed(colour[source] ^ _mixed(way)))  # a sum knows no order
            colour = _mixed(_mixed(colour) + seen)
            keys.append(colour)
    return np.tile(rows, len(keys)), np.concatenate(keys).view(np.int64)


def _told(figures: np.ndarray, n: int) -> np.ndarray:
    """`[n]` uint64, 0 where all figures are; they are rounded to whole spreads."""
    whole = figures.clip(-_REACH, _REACH).round().astype(np.int64).astype(np.uint64)
    places = _mixed(np.arange(1, figures.shape[1] + 1, dtype=np.uint64))
    return _mixed(whole * places).sum(axis=1, dtype=np.uint64) if figures.shape[1] else np.zeros(n, dtype=np.uint64)


def _mixed(values: np.ndarray) -> np.ndarray:
    """Splitmix64 (Steele et al. 2014) without its step, so that 0 stays 0."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
