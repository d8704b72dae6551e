"""Graph: nodes and the edges between them a cell, with figures of both; of any size, in no order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from polymodal.modalities._graphs import length_of, packed, unpacked, width_of
from polymodal.modalities._networks import from_json, graph_of, is_network
from polymodal.modalities._paths import resolve
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

_SIDE, _DRAWN = 64, 60  # of the drawing that is shown: pixels, nodes
_FURTHEST = 20.0
_LEAST_SPREAD = 0.05  # of the logarithm of sizes that are all about the same


class GraphStatistics(Statistics):
    """Mean and spread of each figure of a node and of an edge, 0 and 1 for those that are nothing else than 0 and 1.

    `directed` says whether an edge leads one way only; `size_mean` and `size_std` are of log(1 + n) and log(1 + e).
    """

    directed: bool
    size_mean: tuple[float, float]
    size_std: tuple[float, float]
    node_mean: tuple[float, ...]
    node_std: tuple[float, ...]
    edge_mean: tuple[float, ...]
    edge_std: tuple[float, ...]


@MODALITIES.register("graph")
class Graph(Modality):
    """A graph: `{"nodes": [n, F], "edges": [e, 2], "edge_features": [e, G]}`, JSON of it, or one of networkx.

    `nodes` may be their number alone, or left out where each has an edge, and the list of edges stands for a graph of
    nothing else. `edges` name nodes from 0, an edge a row, and `[2, e]` is turned. The figures of networkx are its
    attributes, in the order of their names. JSON comes as text, bytes or the path of a .json. What is listed twice is
    one edge, and without `directed` so are the two ways of one.

    >>> net = {"nodes": 3, "edges": [[0, 1], [1, 0], [1, 2]]}
    >>> cells = Graph().read("net", pd.DataFrame({"net": [net, None]}), None)
    >>> unpacked(cells.samples[0]).edges.tolist(), cells.state.tolist()
    ([[0, 1], [1, 2]], [1, 0])
    """

    kind: ClassVar[str] = "graph"
    reads_files: ClassVar[bool] = True
    encoder: str = "graph"
    directed: bool = False

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        seen = values.dropna().head(100).tolist()
        return "nodes and edges" if seen and all(map(_looks_like_graph, seen)) else None

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        """Samples are `[1 + n + e, C]` float64: how many, the nodes, the edges (see `_graphs`)."""
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        return decode_each(raws, lambda raw: self._decode(raw, files), column=name, rows=frame.index)

    def storable(self, raw: Any, find: Callable[[str], Path]) -> Any:
        if is_network(raw):
            graph = unpacked(graph_of(raw, self.directed))
            nodes = graph.nodes if graph.nodes.shape[1] else len(graph.nodes)
            return {"nodes": nodes, "edges": graph.edges, "edge_features": graph.edge_features}
        return raw if _is_json(raw) else super().storable(raw, find)

    @classmethod
    def statistics_kind(cls) -> type[GraphStatistics]:
        return GraphStatistics

    def measure(self, samples: Sequence[np.ndarray]) -> GraphStatistics:
        return statistics_of(samples, self.directed)

    def prepare(self, sample: np.ndarray, statistics: GraphStatistics) -> np.ndarray:
        """`[1 + n + e, C]` float32: the same, its figures standardised."""
        return standardised(sample, statistics)

    def collate(self, arrays: Sequence[np.ndarray], statistics: GraphStatistics) -> tuple[Tensor, Tensor | None]:
        """`[n, L, C]`: how many, nodes, edges, zero beyond the end, and mask `[n, L]`; no rows after the edges."""
        import torch

        lengths = [length_of(array) for array in arrays]
        width = width_of(len(statistics.node_mean), len(statistics.edge_mean))
        values = np.zeros((len(arrays), max(lengths), width), dtype=np.float32)
        for row, (array, length) in enumerate(zip(arrays, lengths, strict=True)):
            values[row, :length] = array[:length]
        mask = np.arange(max(lengths)) < np.array(lengths)[:, None]
        return torch.from_numpy(values), torch.from_numpy(mask)

    def html(self, sample: np.ndarray) -> str:
        """Nodes on a circle, as far as they are few."""
        graph = unpacked(sample)
        label = f"{len(graph.nodes)} nodes, {len(graph.edges)} edges"
        if len(graph.nodes) > _DRAWN:
            return f'<small class="graph">{label}</small>'
        turns = 2 * math.pi * np.arange(len(graph.nodes)) / len(graph.nodes)
        at = np.column_stack([np.cos(turns), np.sin(turns)]) * (_SIDE / 2 - 4) + _SIDE / 2
        lines = "".join(
            f'<line x1="{one[0]:.1f}" y1="{one[1]:.1f}" x2="{two[0]:.1f}" y2="{two[1]:.1f}" stroke="currentColor" '
            'stroke-width="0.5"/>'
            for one, two in at[graph.edges].tolist()
        )
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in at.tolist())
        box = f'width="{_SIDE}" height="{_SIDE}" viewBox="0 0 {_SIDE} {_SIDE}" role="img"'
        return f'<svg class="graph" {box}><title>{label}</title>{lines}{dots}</svg><small>{label}</small>'

    @classmethod
    def example(cls, random: np.random.Generator) -> dict[str, Any]:
        n = int(random.integers(3, 9))
        edges = [[int(random.integers(node)), node] for node in range(1, n)]  # a tree, and some more
        edges += random.integers(0, n, (int(random.integers(4)), 2)).tolist()
        return {
            "nodes": random.normal(size=(n, 3)).tolist(),
            "edges": edges,
            "edge_features": random.integers(0, 2, (len(edges), 2)).astype(float).tolist(),
        }

    def _decode(self, raw: Any, files: Path | None) -> np.ndarray:
        path = None
        if _is_json(raw):
            raw = from_json(raw)
        elif isinstance(raw, (str, Path)):
            path = str(resolve(str(raw), files))
            if not path.lower().endswith(".json"):
                raise Unreadable("a file of a graph ends in .json", path)
            raw = from_json(Path(path).read_bytes(), path)
        return graph_of(raw, self.directed, path)


def _looks_like_graph(raw: Any) -> bool:
    if isinstance(raw, str):
        return _is_json(raw) and '"nodes"' in raw and '"edges"' in raw
    return is_network(raw) or (isinstance(raw, dict) and {"nodes", "edges"} <= raw.keys())


def _is_json(raw: Any) -> bool:
    """Text of a graph, that is, and no path."""
    return isinstance(raw, (bytes, bytearray)) or (isinstance(raw, str) and raw.lstrip().startswith(("{", "[[")))


def statistics_of(samples: Sequence[np.ndarray], directed: bool) -> GraphStatistics:
    """Of packed graphs, those with the usual number of figures; every graph counts alike, however large."""
    graphs = [unpacked(sample) for sample in samples]
    node_mean, node_std = _spread([graph.nodes for graph in graphs])
    edge_mean, edge_std = _spread([graph.edge_features for graph in graphs if len(graph.edges)])
    size_mean, size_std = sizes_of(samples)
    return GraphStatistics(
        directed=directed,
        size_mean=size_mean,
        size_std=size_std,
        node_mean=node_mean,
        node_std=node_std,
        edge_mean=edge_mean,
        edge_std=edge_std,
    )


def sizes_of(graphs: Sequence[np.ndarray]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Mean and spread of log(1 + n) and log(1 + e) of packed graphs."""
    sizes = np.log1p([graph[0, :2] for graph in graphs] or [np.array([1, 0])])
    (n, e), (n_std, e_std) = sizes.mean(axis=0).tolist(), np.maximum(sizes.std(axis=0), _LEAST_SPREAD).tolist()
    return (n, e), (n_std, e_std)


def standardised(sample: np.ndarray, statistics: GraphStatistics) -> np.ndarray:
    """A packed graph as float32. Raises Unreadable when it has other figures than were learnt."""
    graph = unpacked(sample)
    n_node, n_edge = len(statistics.node_mean), len(statistics.edge_mean)
    if graph.nodes.shape[1] != n_node:
        raise Unreadable(f"nodes of {n_node} figures were learnt, {graph.nodes.shape[1]} came")
    features = graph.edge_features if len(graph.edges) else np.zeros((0, n_edge))
    if features.shape[1] != n_edge:
        raise Unreadable(f"edges of {n_edge} figures were learnt, {features.shape[1]} came")
    nodes = ((graph.nodes - statistics.node_mean) / statistics.node_std).clip(-_FURTHEST, _FURTHEST)
    features = ((features - statistics.edge_mean) / statistics.edge_std).clip(-_FURTHEST, _FURTHEST)
    return packed(nodes.astype(np.float32), graph.edges, features)


def _spread(tables: Sequence[np.ndarray]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    widths = [table.shape[1] for table in tables]
    width = max(set(widths), key=widths.count) if widths else 0
    usual = [table for table in tables if table.shape[1] == width]
    if not width:
        return (), ()
    mean = np.mean([table.mean(axis=0) for table in usual], axis=0)
    std = np.sqrt(np.mean([((table - mean) ** 2).mean(axis=0) for table in usual], axis=0))
    std = np.where(std > 1e-9 * np.abs(mean).max(initial=1e-3), std, 1.0)
    is_flag = np.array([all(np.isin(table[:, column], (0.0, 1.0)).all() for table in usual) for column in range(width)])
    return tuple(np.where(is_flag, 0.0, mean).tolist()), tuple(np.where(is_flag, 1.0, std).tolist())
