"""Graphs as they are given: dicts, JSON, objects such as those of networkx; checked, and brought to one form."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from polymodal.modalities._graphs import ENDS, packed
from polymodal.modalities._numbers import shown
from polymodal.schema.cells import Unreadable

_LISTS = (list, tuple, np.ndarray)
_KEYS = ("nodes", "edges", "edge_features")
_LARGEST = 1e15  # beyond it squares, summed over the nodes, lose what they are about
_MOST = 1_000_000  # nodes and edges of one graph
_EXPECTED = (
    "a graph is expected (a list of edges, {'nodes': [n, F], 'edges': [e, 2]}, JSON of it, or an object with nodes and "
    "edges)"
)


def is_network(raw: Any) -> bool:
    """Whether it has nodes and edges as a graph of networkx has, without asking for the package."""
    return all(callable(getattr(raw, name, None)) for name in ("nodes", "edges", "is_directed"))


def from_json(text: str | bytes | bytearray, path: str | None = None) -> Any:
    """Raises Unreadable for what is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not readable as JSON: {error}", path) from error


def graph_of(raw: Any, directed: bool, path: str | None = None) -> np.ndarray:
    """A packed graph, float64, its edges sorted, each once. Raises Unreadable that says what is wrong with it."""
    if isinstance(raw, _LISTS):
        raw = {"edges": raw}
    if is_network(raw):
        nodes, edges, features = _parts_of_network(raw)
    elif isinstance(raw, dict) and any(raw.get(key) is not None for key in ("nodes", "edges")):
        unknown = sorted(str(key) for key in raw if key not in _KEYS)
        if unknown:
            raise Unreadable(f"a graph has {', '.join(_KEYS)}; {', '.join(unknown)} came too", path)
        nodes, edges, features = (raw.get(key) for key in _KEYS)
        if nodes is None:
            nodes = _named(edges, path)
    else:
        keys = f" with {', '.join(map(str, raw)) or 'nothing'}" if isinstance(raw, dict) else ""
        raise Unreadable(f"{_EXPECTED}, {type(raw).__name__}{keys} came", path)
    is_count = isinstance(nodes, (int, np.integer)) and not isinstance(nodes, bool)
    n = int(nodes) if is_count else len(_figures(nodes, "nodes", path))
    if n < 1:
        raise Unreadable("a graph of no nodes", path)
    ends = _ends(edges, n, path)
    if n + len(ends) > _MOST:
        raise Unreadable(f"{n:,} nodes and {len(ends):,} edges are over the limit of {_MOST:,}", path)
    figures = np.zeros((n, 0)) if is_count else _figures(nodes, "nodes", path)
    weights = np.zeros((len(ends), 0)) if features is None else _figures(features, "edge_features", path)
    if len(weights) != len(ends):
        raise Unreadable(f"{len(ends)} edges came with {len(weights)} rows of edge_features", path)
    if not directed:
        ends = np.sort(ends, axis=1)
    once = np.unique(np.concatenate([ends, weights], axis=1), axis=0) if len(ends) else np.zeros((0, ENDS))
    return packed(figures, once[:, :ENDS], once[:, ENDS:])


def _named(edges: Any, path: str | None) -> int:
    """How many nodes edges speak of, from 0 to the last one."""
    found = _figures(edges, "edges", path)
    return 1 + int(found.max()) if found.size else 0


def _ends(edges: Any, n: int, path: str | None) -> np.ndarray:
    """`[e, 2]`, an edge a row; an array of two long rows, as PyTorch Geometric has it, is turned."""
    found = np.zeros((0, ENDS)) if edges is None else _figures(edges, "edges", path)
    if not found.size:
        return np.zeros((0, ENDS))
    if found.shape[1] != ENDS and len(found) == ENDS:
        found = found.T
    if found.shape[1] != ENDS:
        raise Unreadable(f"edges are [e, 2] or [2, e], {list(found.shape)} came", path)
    if (found != found.round()).any():
        raise Unreadable("edges name nodes by whole numbers from 0", path)
    beyond = ((found < 0) | (found >= n)).any(axis=1)
    if beyond.any():
        first = tuple(int(one) for one in found[beyond][0])
        raise Unreadable(f"{int(beyond.sum())} edges, such as {first}, name nodes beyond 0 to {n - 1}", path)
    return found


def _figures(raw: Any, what: str, path: str | None) -> np.ndarray:
    """`[k, F]` float64, a new array; one figure each may come as a flat list."""
    try:
        array = np.asarray(raw)
        if array.dtype == object:  # lists of arrays, as Arrow gives lists of lists back, or gaps
            if not isinstance(raw, _LISTS):
                raise TypeError
            rows = [row if isinstance(row, _LISTS) else [row] for row in raw]
            array = np.array([[np.nan if one is None else one for one in row] for row in rows], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(f"{what} are rows of numbers, all equally long; {shown(raw)} came", path) from None
    if array.dtype.kind not in "biuf" or array.ndim not in (1, 2):
        raise Unreadable(f"{what} are rows of numbers; {array.dtype} of shape {list(array.shape)} came", path)
    array = array.astype(np.float64)
    broken = ~(np.abs(array) <= _LARGEST)
    if broken.any():
        raise Unreadable(f"{int(broken.sum())} figures of {what} are NaN, infinite or beyond {_LARGEST:g}", path)
    return array if array.ndim == 2 else array[:, None]


def _parts_of_network(raw: Any) -> tuple[Any, Any, Any]:
    nodes, edges = list(raw.nodes(data=True)), list(raw.edges(data=True))
    place = {name: position for position, (name, _) in enumerate(nodes)}
    of_nodes = _attributes([attributes for _, attributes in nodes], "node")
    of_edges = _attributes([attributes for *_, attributes in edges], "edge")
    ends = [[place[one], place[other]] for one, other, *_ in edges]
    return (of_nodes if of_nodes.size else len(nodes)), ends, (of_edges if of_edges.size else None)


def _attributes(given: list[dict[Any, Any]], what: str) -> np.ndarray:
    """`[k, F]`: every attribute that any has, by name."""
    names = sorted({name for one in given for name in one}, key=str)
    found = np.zeros((len(given), len(names)))
    for row, one in enumerate(given):
        for position, name in enumerate(names):
            if name not in one:
                raise Unreadable(f"attribute {name!r} is missing from {what} {row}, others have it")
            try:
                found[row, position] = float(one[name])
            except (TypeError, ValueError, OverflowError):
                raise Unreadable(
                    f"attribute {name!r} of {what} {row} is no number: {shown(one[name])}; leave it out or encode it"
                ) from None
    return found
