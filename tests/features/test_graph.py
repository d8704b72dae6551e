"""Figures of graphs against networkx, and neighbourhoods against its Weisfeiler-Lehman hashes."""

import networkx as nx
import numpy as np
import pytest

from polymodal.features._weisfeiler_lehman import neighbourhoods
from polymodal.features.graph import GraphFeatures, described
from polymodal.modalities._graphs import Parts, unpacked
from polymodal.modalities.graph import Graph

RANDOM = np.random.default_rng(0)


def parts(net: object, **settings: bool) -> Parts:
    return unpacked(Graph(**settings)._decode(net, None))


@pytest.mark.parametrize("seed", range(6))
def test_figures_are_those_of_networkx(seed: int) -> None:
    net = nx.gnm_random_graph(12 + seed, 10 + 4 * seed, seed=seed)
    net.add_edge(0, 0)
    found = described(parts(net))
    net.remove_edge(0, 0)  # a loop is counted nowhere
    degrees = np.array([degree for _, degree in net.degree])
    assert np.exp(found[0]) == pytest.approx(len(net))
    assert np.expm1(found[1]) == pytest.approx(net.number_of_edges())
    assert np.exp(found[2]) == pytest.approx(nx.number_connected_components(net))
    assert np.expm1(found[3]) == pytest.approx(len(nx.cycle_basis(net)))
    assert np.expm1(found[4]) == pytest.approx(sum(nx.triangles(net).values()) / 3)
    assert found[5] == pytest.approx(nx.transitivity(net))
    np.testing.assert_allclose(found[6:9], [degrees.mean(), degrees.std(), np.log1p(degrees.max())])
    np.testing.assert_allclose(found[12:17], [(degrees == one).mean() for one in range(5)])


def test_figures_of_directions() -> None:
    found = described(parts(nx.DiGraph([(0, 1), (1, 0), (1, 2), (3, 2)]), directed=True))
    np.testing.assert_allclose(found[9:12], [1 / 4, 1 / 4, 2 / 4])
    assert found[5] == 0.0


def test_neighbourhoods_tell_apart_what_networkx_tells_apart() -> None:
    nets = [nx.gnm_random_graph(6, 6, seed=seed) for seed in range(30)]
    rows, keys = neighbourhoods([parts(net) for net in nets], directed=False)
    # Nodes must be bare for ours, which takes every attribute for a figure.
    ours = [tuple(np.sort(keys[rows == row])) for row in range(len(nets))]
    for net in nets:
        nx.set_node_attributes(net, "alike", "label")
    theirs = [nx.weisfeiler_lehman_graph_hash(net, node_attr="label", iterations=3) for net in nets]
    for one in range(len(nets)):
        for two in range(one):
            assert (ours[one] == ours[two]) == (theirs[one] == theirs[two])


def test_what_nodes_and_edges_carry_tells_apart() -> None:
    def keys(nodes: list[float], weights: list[float], edges: list[list[int]], directed: bool = False) -> list[int]:
        net = {"nodes": nodes, "edges": edges, "edge_features": weights}
        return sorted(neighbourhoods([parts(net, directed=directed)], directed)[1].tolist())

    path = [[0, 1], [1, 2]]
    base = keys([1, 0, 0], [0, 1], path)
    assert keys([0, 0, 1], [1, 0], path) == base  # the same from the other end
    assert keys([0, 1, 0], [0, 1], path) != base
    assert keys([1, 0, 0], [1, 0], path) != base
    assert keys([0, 0, 0], [0, 0], path, True) != keys([0, 0, 0], [0, 0], [[0, 1], [2, 1]], True)


def test_order_says_nothing_and_all_is_kept_by_export() -> None:
    kind = Graph()
    nets = [Graph.example(RANDOM) for _ in range(30)]
    samples = [kind._decode(net, None) for net in nets]
    statistics = kind.measure(samples)
    arrays = [kind.prepare(sample, statistics) for sample in samples]
    features = GraphFeatures.measure(arrays, statistics, 0)
    wide, compact = features.wide(arrays), features.compact(arrays)
    assert np.isfinite(wide.toarray()).all()
    assert np.isfinite(compact).all()
    assert compact.shape[1] <= 150
    again = GraphFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.wide(arrays).toarray(), wide.toarray())
    lone = kind.prepare(kind._decode({"nodes": np.zeros((1, 3))}, None), statistics)
    assert np.isfinite(features.compact([lone])).all()
    assert np.isfinite(features.wide([lone]).toarray()).all()


def test_no_more_than_trees_can_take() -> None:
    kind, random = Graph(), np.random.default_rng(1)
    samples = [kind._decode({"nodes": random.normal(size=(5, 200)), "edges": [[0, 1]]}, None) for _ in range(30)]
    statistics = kind.measure(samples)
    arrays = [kind.prepare(sample, statistics) for sample in samples]
    assert GraphFeatures.measure(arrays, statistics, 0).compact(arrays).shape[1] <= 150
