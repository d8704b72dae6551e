"""Graphs: what they are read from, what is one edge, what is refused and with which words."""

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.modalities._graphs import length_of, packed, unpacked
from polymodal.modalities.graph import Graph
from polymodal.schema.cells import State

NET = {"nodes": [[1.0, 0.0], [2.0, 1.0], [4.0, 0.0]], "edges": [[0, 1], [1, 2]], "edge_features": [5.0, 7.0]}


def read(cells: list[object], files: Path | None = None, **settings: bool):
    return Graph(**settings).read("x", pd.DataFrame({"x": pd.Series(cells, dtype=object)}), files)


def as_networkx() -> nx.Graph:
    graph = nx.Graph()
    for name, (b, c) in zip("uvw", NET["nodes"], strict=True):
        graph.add_node(name, b=b, c=c)
    graph.add_edge("v", "u", weight=5)
    graph.add_edge("v", "w", weight=7)
    return graph


def test_dicts_arrays_json_files_and_networkx_are_one(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_text(json.dumps(NET))
    arrays = {key: np.array(value, dtype=np.float32) for key, value in NET.items()}
    turned = {**NET, "edges": np.array([[0, 2, 2], [1, 1, 1]]), "edge_features": [5, 7, 7]}  # [2, e], some twice
    nested = {**NET, "nodes": np.empty(3, dtype=object)}  # as Arrow gives lists of lists back
    nested["nodes"][:] = [np.array(row) for row in NET["nodes"]]
    stored = Graph().storable(as_networkx(), Path)
    text = json.dumps(NET)
    given = [NET, arrays, turned, nested, text, text.encode(), "net.json", as_networkx(), stored]
    for sample in read(given, tmp_path).samples:
        graph = unpacked(sample)
        np.testing.assert_array_equal(graph.nodes, NET["nodes"])
        np.testing.assert_array_equal(graph.edges, NET["edges"])
        np.testing.assert_array_equal(graph.edge_features, [[5], [7]])


def test_both_ways_are_one_edge_unless_directed() -> None:
    net = {"nodes": 3, "edges": [[2, 0], [0, 1], [1, 0], [0, 1], [1, 1]]}
    assert unpacked(read([net]).samples[0]).edges.tolist() == [[0, 1], [0, 2], [1, 1]]
    assert unpacked(read([net], directed=True).samples[0]).edges.tolist() == [[0, 1], [1, 0], [1, 1], [2, 0]]


def test_two_edges_of_other_figures_are_two() -> None:
    net = {"nodes": 2, "edges": [[0, 1], [1, 0]], "edge_features": [[1.0], [2.0]]}
    assert unpacked(read([net]).samples[0]).edge_features.ravel().tolist() == [1, 2]


def test_nodes_without_edges_are_a_graph() -> None:
    for edges in ([], None, np.zeros((0, 2)), np.zeros((2, 0))):
        assert len(unpacked(read([{"nodes": [1, 2], "edges": edges}]).samples[0]).edges) == 0


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ({"nodes": [], "edges": []}, "a graph of no nodes"),
        ({"nodes": 0}, "a graph of no nodes"),
        ({"edge": [[0, 1]]}, "dict with edge came"),
        ({"nodes": 2, "edges": [[0, 2], [0, 1]]}, "1 edges, such as (0, 2), name nodes beyond 0 to 1"),
        ({"nodes": 2, "edges": [[-1, 0]]}, "1 edges, such as (-1, 0)"),
        ({"nodes": 2, "edges": [[0, 0.5]]}, "whole numbers"),
        ({"nodes": 2, "edges": [[0, 1, 1]]}, "edges are [e, 2] or [2, e], [1, 3] came"),
        ({"nodes": 2, "edges": [[0, np.nan]]}, "1 figures of edges are NaN"),
        ({"nodes": [[1.0, None]], "edges": []}, "1 figures of nodes are NaN"),
        ({"nodes": [[1.0], [np.inf]]}, "1 figures of nodes are NaN, infinite"),
        ({"nodes": [[1.0], [1.0, 2.0]]}, "nodes are rows of numbers"),
        ({"nodes": ["C", "O"], "edges": [[0, 1]]}, "nodes are rows of numbers"),
        ({"nodes": [{"a": 1}]}, "nodes are rows of numbers"),
        ({"nodes": np.zeros((2, 2, 2))}, "of shape [2, 2, 2] came"),
        ({"nodes": 3, "edges": [[0, 1]], "edge_features": [1, 2]}, "1 edges came with 2 rows"),
        ({"nodes": 3, "edges": [[0, 1]], "weights": [1]}, "weights came too"),
        ({"nodes": 2_000_000}, "over the limit"),
        ('{"nodes": 3, "edges": [[0, 1]', "not readable as JSON"),
        ("[" * 100_000, "not readable as JSON"),
        ("gone.json", "give files"),
        (7, "int came"),
        (nx.Graph([(0, 1), (1, 2, {"weight": 3})]), "attribute 'weight' is missing from edge 0"),
        (nx.Graph([("a", "b", {"kind": "x"})]), "attribute 'kind' of edge 0 is no number"),
    ],
)
def test_what_is_no_graph_is_unreadable(cell: object, said: str) -> None:
    cells = read([cell, None, {}])
    assert cells.state.tolist() == [State.UNREADABLE, State.ABSENT, State.ABSENT]
    assert said in cells.faults[0].reason


def test_files_that_hold_none_are_unreadable(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(b"\xff\xfe{")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "net.txt").write_text("{}")
    said = ["not readable as JSON", "not readable as JSON", "edges are [e, 2]", "ends in .json"]
    faults = read(["broken.json", "deep.json", "list.json", "net.txt"], tmp_path).faults
    for fault, words in zip(faults, said, strict=True):
        assert words in fault.reason
        assert fault.path is not None


def test_figures_are_standardised_and_flags_stay() -> None:
    random = np.random.default_rng(0)
    nets = [
        {"nodes": np.column_stack([random.normal(7, 3, 50), random.integers(0, 2, 50)]), "edges": [[0, 1]]}
        for _ in range(9)
    ]
    kind, samples = Graph(), read(nets).samples
    statistics = kind.measure(samples)
    nodes = np.concatenate([unpacked(kind.prepare(sample, statistics)).nodes for sample in samples])
    np.testing.assert_allclose([nodes[:, 0].mean(), nodes[:, 0].std()], [0, 1], atol=1e-5)
    np.testing.assert_array_equal(nodes[:, 1], np.concatenate([net["nodes"][:, 1] for net in nets]))


def test_what_comes_after_the_edges_is_not_in_a_batch() -> None:
    kind, sample = Graph(), read([NET]).samples[0]
    statistics = kind.measure([sample])
    array = kind.prepare(sample, statistics)
    graph = unpacked(array)
    longer = packed(graph.nodes, graph.edges, graph.edge_features, np.full((4, 2), 9))
    np.testing.assert_array_equal(unpacked(longer).rest[:, :2], 9)
    assert length_of(longer) == len(array)
    values, mask = kind.collate([longer, array], statistics)
    np.testing.assert_array_equal(values[0], values[1])
    assert mask.all()


def test_other_figures_than_learnt_are_named_when_asked() -> None:
    nets = [Graph.example(np.random.default_rng(row)) for row in range(12)]
    table = pm.Table.read({"net": nets, "y": ["a", "b"] * 6}, target="y")
    assert table.schema.modalities == {"net": Graph()}
    model = pm.Model(preset="fast", learners=["linear"]).fit(table, progress=False)
    asked = [{"net": {"nodes": 3}}, {"net": {"nodes": np.ones((2, 3)), "edges": [[0, 1]], "edge_features": [1]}}]
    told = [str(fault) for fault in model.predict(asked).faults]
    assert "nodes of 3 figures were learnt, 0 came" in told[0]
    assert "edges of 2 figures were learnt, 1 came" in told[1]


def test_found_as_what_they_are() -> None:
    for cells in ([NET] * 12, [json.dumps(NET)] * 12, [as_networkx()] * 12):
        assert pm.Table.read({"net": cells}).schema.modalities == {"net": Graph()}
    others = pd.DataFrame({"a": ['{"nodes": many words'] * 12, "b": [{"milk": 2}] * 12, "c": ["x", "y"] * 6})
    assert "graph" not in {one.kind for one in pm.Table.read(others).schema.modalities.values()}


def test_small_graphs_are_drawn_and_large_ones_counted() -> None:
    assert Graph().html(read([NET]).samples[0]).count("<line") == 2
    assert Graph().html(read([{"nodes": 1}]).samples[0]).count("<circle") == 1
    assert Graph().html(read([{"nodes": 5_000}]).samples[0]) == '<small class="graph">5000 nodes, 0 edges</small>'


def test_edges_alone_say_what_the_nodes_are() -> None:
    ends = [[0, 1], [1, 3]]
    bare = {"edges": ends}
    given = [ends, bare, np.array(ends), json.dumps(ends), json.dumps(bare), {"nodes": 4, "edges": ends}]
    for sample in read(given).samples:
        assert len(unpacked(sample).nodes) == 4
        assert unpacked(sample).edges.tolist() == ends
    reasons = [fault.reason for fault in read([{"edges": []}, [[0, -1]], ["a", "b"], [0, 1]]).faults]
    assert [any(word in why for why in reasons) for word in ("no nodes", "beyond", "rows of numbers", "edges are")] == [
        True
    ] * 4
