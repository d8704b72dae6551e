"""GINE: a step as written out, no order of nodes, no padding, no neighbours; graphs its steps tell apart."""

import networkx as nx
import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.encoders.graph import GraphEncoder
from polymodal.modalities.graph import Graph
from polymodal.schema.batch import Field

RANDOM = np.random.default_rng(0)
NETS = [Graph.example(RANDOM) for _ in range(5)]


def read(nets: list[object], kind: Graph) -> list[np.ndarray]:
    return [kind._decode(net, None) for net in nets]


def made(kind: Graph, nets: list[object]) -> GraphEncoder:
    torch.manual_seed(0)
    encoder = GraphEncoder(kind, kind.measure(read(nets, kind)), 8, 0.0).eval()
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return encoder


def field(nets: list[object], kind: Graph, like: list[object]) -> Field:
    statistics = kind.measure(read(like, kind))
    values, mask = kind.collate([kind.prepare(one, statistics) for one in read(nets, kind)], statistics)
    return Field(values, torch.arange(len(nets)), mask)


def turned(net: dict) -> dict:
    """The same graph under other numbers of its nodes, its edges listed in another order."""
    new = RANDOM.permutation(len(net["nodes"]))
    order = RANDOM.permutation(len(net["edges"]))
    nodes = np.empty((len(new), 3))
    nodes[new] = net["nodes"]
    return {"nodes": nodes, "edges": new[net["edges"]][order], "edge_features": np.array(net["edge_features"])[order]}


@pytest.mark.parametrize("directed", [False, True])
@torch.no_grad()
def test_order_padding_and_neighbours_change_nothing(directed: bool) -> None:
    kind = Graph(directed=directed)
    encoder = made(kind, NETS)
    together = encoder(field([*NETS, NETS[0]], kind, NETS)).values
    assert together.shape == (6, 3, 8)
    torch.testing.assert_close(together[5], together[0])
    again = encoder(field([turned(net) for net in NETS], kind, NETS)).values
    torch.testing.assert_close(together[:5], again, atol=1e-5, rtol=0)
    for row, net in enumerate(NETS):
        torch.testing.assert_close(together[row], encoder(field([net], kind, NETS)).values[0], atol=1e-5, rtol=0)


@torch.no_grad()
def test_what_lies_beyond_the_end_is_not_read() -> None:
    encoder, given = made(Graph(), NETS), field(NETS, Graph(), NETS)
    spoilt = given.values.masked_fill(~given.mask[:, :, None], 7.0)
    torch.testing.assert_close(encoder(Field(spoilt, given.rows, given.mask)).values, encoder(given).values)


@pytest.mark.parametrize("directed", [False, True])
@torch.no_grad()
def test_a_step_is_that_of_the_paper(directed: bool) -> None:
    kind = Graph(directed=directed)
    encoder = made(kind, NETS)
    stream = encoder.stream(field(NETS, kind, NETS).values)
    step, hidden = encoder.steps[0], torch.randn(len(stream.nodes), 8)
    expected, start = [], 0
    for sample in read(NETS, kind):
        array = kind.prepare(sample, kind.measure(read(NETS, kind)))
        n, e = int(array[0, 0]), int(array[0, 1])
        for node in range(n):
            total = (1 + step.own) * hidden[start + node]
            for edge in torch.from_numpy(array[1 + n : 1 + n + e]):
                one, two = int(edge[0]), int(edge[1])
                if node == two:
                    told = step.edge(torch.cat([edge[2:4], torch.ones(1)]))
                    total = total + torch.relu(hidden[start + one] + told)
                if node == one and one != two:
                    told = step.edge(torch.cat([edge[2:4], torch.full((1,), -1.0 if directed else 1.0)]))
                    total = total + torch.relu(hidden[start + two] + told)
            expected.append(total)
        start += n
    torch.testing.assert_close(step.summed(hidden, stream), torch.stack(expected))


@torch.no_grad()
def test_graphs_that_one_step_cannot_tell_apart() -> None:
    """The same degrees, yet neighbours of other degrees; a six-cycle and two triangles stay alike, as for any GIN."""
    one, two = nx.Graph([(0, 1), (1, 2), (2, 3), (3, 4), (1, 5)]), nx.Graph([(0, 1), (1, 2), (2, 3), (3, 4), (2, 5)])
    assert sorted(dict(one.degree).values()) == sorted(dict(two.degree).values())
    cycle, triangles = nx.cycle_graph(6), nx.Graph([(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)])
    nets = [one, two, cycle, triangles]
    tokens = made(Graph(), nets)(field(nets, Graph(), nets)).values
    assert (tokens[0] - tokens[1]).abs().max() > 1e-3
    torch.testing.assert_close(tokens[2], tokens[3], atol=1e-5, rtol=0)


@torch.no_grad()
def test_the_way_of_an_edge_counts_where_it_is_directed() -> None:
    nets = [{"nodes": 3, "edges": [[0, 1], [1, 2]]}, {"nodes": 3, "edges": [[0, 1], [2, 1]]}]
    plain, led = (made(kind, nets)(field(nets, kind, nets)).values for kind in (Graph(), Graph(directed=True)))
    torch.testing.assert_close(plain[0], plain[1], atol=1e-5, rtol=0)
    assert (led[0] - led[1]).abs().max() > 1e-3


def test_a_lone_node_has_finite_gradients() -> None:
    encoder = made(Graph(), NETS).train()
    lone = [{"nodes": np.zeros((1, 3))}, {"nodes": np.zeros((1, 3)), "edges": [[0, 0]], "edge_features": [[0, 1]]}]
    encoder(field(lone, Graph(), NETS)).values.square().sum().backward()
    assert all(torch.isfinite(one.grad).all() for one in encoder.parameters())


def test_half_precision_reads_the_same() -> None:
    encoder, given = made(Graph(), NETS), field(NETS, Graph(), NETS)
    with torch.autocast("cpu", torch.bfloat16):
        half = encoder(given).values
    torch.testing.assert_close(half.float(), encoder(given).values, atol=0.3, rtol=0.1)


def test_cycles_are_told_from_trees() -> None:
    nets = [nx.cycle_graph(4 + row % 5) if row % 2 else nx.path_graph(4 + row % 5) for row in range(24)]
    table = pm.Table.read({"net": nets, "y": ["tree", "cycle"] * 12}, target="y")
    model = pm.Model(folds=1, epochs=12, width=8, learners=["network"], learning_rate=0.03).fit(table, progress=False)
    assert (model.predict(table).outputs["y"].argmax(axis=1) == np.array([1, 0] * 12)).mean() >= 0.9
