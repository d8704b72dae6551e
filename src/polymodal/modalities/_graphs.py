"""A graph as one array: how many, then a row for each node, then a row for each edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HEAD = 4  # figures in the first row: nodes, edges, features of a node, features of an edge
ENDS = 2  # the first figures of an edge: from which node, to which


@dataclass(frozen=True)
class Parts:
    """`nodes [n, F]`, `edges [e, 2]` int64, `edge_features [e, G]`, and whatever rows come after them."""

    nodes: np.ndarray
    edges: np.ndarray
    edge_features: np.ndarray
    rest: np.ndarray


def packed(
    nodes: np.ndarray, edges: np.ndarray, edge_features: np.ndarray, rest: np.ndarray | None = None
) -> np.ndarray:
    """`[1 + n + e + k, C]` of the type of `nodes`, C wide enough for all; `rest` `[k, <= C]` comes last.

    >>> packed(np.zeros((3, 1)), np.array([[0, 2]]), np.zeros((1, 0))).tolist()[0]
    [3.0, 1.0, 1.0, 0.0]
    """
    (n, f), (e, g), k = nodes.shape, edge_features.shape, 0 if rest is None else len(rest)
    array = np.zeros((1 + n + e + k, width_of(f, g)), dtype=nodes.dtype)
    array[0, :HEAD] = n, e, f, g
    array[1 : 1 + n, :f] = nodes
    array[1 + n : 1 + n + e, :ENDS] = edges
    array[1 + n : 1 + n + e, ENDS : ENDS + g] = edge_features
    if rest is not None:
        array[1 + n + e :, : rest.shape[1]] = rest
    return array


def unpacked(array: np.ndarray) -> Parts:
    """What `packed` put together."""
    n, e, f, g = (int(one) for one in array[0, :HEAD])
    edges = array[1 + n : 1 + n + e]
    return Parts(array[1 : 1 + n, :f], edges[:, :ENDS].astype(np.int64), edges[:, ENDS : ENDS + g], array[1 + n + e :])


def width_of(n_node_features: int, n_edge_features: int) -> int:
    """C, the figures of a row."""
    return max(HEAD, n_node_features, ENDS + n_edge_features)


def length_of(array: np.ndarray) -> int:
    """Rows up to the last edge."""
    return 1 + int(array[0, 0]) + int(array[0, 1])
