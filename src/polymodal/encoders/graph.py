"""A graph to tokens: nodes tell their neighbours, several times over; then a learned gathering, and sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.modalities._graphs import ENDS
from polymodal.nn.attention import AttentionPool
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2
N_STEPS = 3
N_DEGREES = 20


@dataclass(frozen=True)
class Stream:
    """The graphs of a batch as one: K nodes one graph after the other, E edges, each walked both ways.

    Attributes:
        nodes: `[K, F]`.
        degree: `[K]` edges of each node, those to itself counted once.
        edges: `[2 E, G + 1]`, the last figure 1; -1 where a directed edge is walked against its direction.
        source, target: `[2 E]` places of nodes.
        graph: `[K]` the graph of each node.
        counts: `[n, 2]` nodes and edges of each graph.
    """

    nodes: Float[Tensor, "K F"]
    degree: Int64[Tensor, " K"]
    edges: Float[Tensor, "E G"]
    source: Int64[Tensor, " E"]
    target: Int64[Tensor, " E"]
    graph: Int64[Tensor, " K"]
    counts: Int64[Tensor, "n 2"]

    def summed(self, values: Float[Tensor, "K D"]) -> Float[Tensor, "n D"]:
        """Over the nodes of each graph."""
        return values.new_zeros(len(self.counts), values.shape[1]).index_add(0, self.graph, values)

    def padded(self, values: Float[Tensor, "K D"]) -> tuple[Float[Tensor, "n N D"], Bool[Tensor, "n N"]]:
        """A row a graph, and which places of it are nodes."""
        n_nodes = self.counts[:, 0]
        mask = torch.arange(int(n_nodes.max()), device=values.device) < n_nodes[:, None]
        dense = values.new_zeros(*mask.shape, values.shape[1])
        return dense.masked_scatter(mask[:, :, None], values), mask


@ENCODERS.register("graph")
class GraphEncoder(Encoder):
    """`[n, L, C]` -> `[n, 3, D]`: two tokens of nodes gathered by attention, one of sums over all nodes and of size.

    Steps of GINE (Hu et al. 2020; Xu et al. 2019): a node adds up what its neighbours and the edges to them say, and a
    network reads the sum. Nodes of all graphs stand in one stream; what a batch has several times is read once.
    """

    kinds: ClassVar[tuple[str, ...]] = ("graph", "molecule")
    size: Tensor

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        self.n_node, self.n_edge = len(statistics.node_mean), len(statistics.edge_mean)
        self.directed = statistics.directed
        self.node = nn.Linear(self.n_node, width, bias=False) if self.n_node else None
        self.degree = nn.Embedding(N_DEGREES, width)
        nn.init.normal_(self.degree.weight, std=0.5)
        size = torch.tensor([statistics.size_mean, statistics.size_std], dtype=torch.float32)
        self.register_buffer("size", size)
        self.steps = nn.ModuleList([_Step(width, self.n_edge + 1, dropout) for _ in range(N_STEPS)])
        self.norm = nn.LayerNorm(width)
        self.pool = AttentionPool(width, N_TOKENS)
        self.whole = nn.Sequential(
            nn.Linear((N_STEPS + 2) * width + 2, 2 * width),
            nn.LayerNorm(2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, field: Field) -> Tokens:
        once, which = torch.unique(field.cleared().values, dim=0, return_inverse=True)
        return all_real(self.dropout(self.read(self.stream(once))[which]), field)

    def stream(self, values: Float[Tensor, "n L C"]) -> Stream:
        """Graphs out of their padding."""
        counts = values[:, 0, :2].long()
        n_nodes, n_edges = counts.T
        place = torch.arange(values.shape[1], device=values.device) - 1
        is_node = (place >= 0) & (place < n_nodes[:, None])
        is_edge = (place >= n_nodes[:, None]) & (place < counts.sum(dim=1)[:, None])
        edges = values[is_edge]
        starts = n_nodes.cumsum(0) - n_nodes
        ends = edges[:, :ENDS].long() + torch.repeat_interleave(starts, n_edges)[:, None]
        ways = torch.cat([ends, ends.flip(1)])
        told = edges[:, ENDS : ENDS + self.n_edge]
        forward = torch.ones_like(edges[:, :1])
        backward = -forward if self.directed else forward
        features = torch.cat([torch.cat([told, forward], dim=1), torch.cat([told, backward], dim=1)])
        # A loop is walked once.
        kept = torch.cat([torch.ones_like(forward[:, 0], dtype=torch.bool), ends[:, 0] != ends[:, 1]])
        source, target = ways[kept].T
        nodes, graph = values[is_node][:, : self.n_node], torch.repeat_interleave(n_nodes)
        degree = torch.bincount(target, minlength=len(nodes))
        return Stream(nodes, degree, features[kept], source, target, graph, counts)

    def read(self, stream: Stream) -> Float[Tensor, "n T D"]:
        """Three tokens a graph."""
        n_nodes = stream.counts[:, :1].to(stream.nodes.dtype)
        nodes = self.degree(_steps(stream.degree))
        if self.node is not None:
            nodes = nodes + self.node(stream.nodes)
        means = [stream.summed(nodes) / n_nodes]
        for step in self.steps:
            nodes = step(nodes, stream)
            means.append(stream.summed(nodes) / n_nodes)
        nodes = self.norm(nodes)
        sums = stream.summed(nodes) / n_nodes.sqrt()
        size = (stream.counts.to(self.size.dtype).log1p() - self.size[0]) / self.size[1]
        whole = self.whole(torch.cat([*means, sums, size], dim=1))
        gathered = self.pool(*stream.padded(nodes))
        return torch.cat([gathered, whole[:, None].to(gathered.dtype)], dim=1)


def _steps(degree: Int64[Tensor, " K"]) -> Int64[Tensor, " K"]:
    """Degrees up to 8 are each their own, beyond they are told apart by powers of two."""
    beyond = 5 + degree.clamp(min=8).double().log2().floor().long()
    return torch.where(degree < 8, degree, beyond).clamp(max=N_DEGREES - 1)


class _Step(nn.Module):
    """What neighbours say, added up (GINE), read by a network and added to what the node knew."""

    def __init__(self, width: int, n_edge: int, dropout: float) -> None:
        super().__init__()
        self.edge = nn.Linear(n_edge, width, bias=False)
        self.own = nn.Parameter(torch.zeros(1))
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Sequential(
            nn.Linear(width, 2 * width),
            nn.LayerNorm(2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )

    def forward(self, nodes: Float[Tensor, "K D"], stream: Stream) -> Float[Tensor, "K D"]:
        return nodes + self.mix(self.summed(self.norm(nodes), stream))

    def summed(self, nodes: Float[Tensor, "K D"], stream: Stream) -> Float[Tensor, "K D"]:
        """`(1 + own) x_v + sum over neighbours u of ReLU(x_u + edge)`, equation 1 of Hu et al. with epsilon."""
        messages = torch.relu(nodes[stream.source] + self.edge(stream.edges)).to(nodes.dtype)
        return (1 + self.own) * nodes + torch.zeros_like(nodes).index_add(0, stream.target, messages)
