"""Cross-attention between pairs of modalities: each asks each other one, and itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from polymodal.fusion._cells import presence
from polymodal.fusion._fusion import Fusion
from polymodal.nn.named import Named
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Fused, Tokens

HEADS = 4


@FUSIONS.register("cross")
class CrossFusion(Fusion):
    """Directional pairwise cross-attention (Tsai et al. 2019, MulT, arXiv 1906.00295) for any number of modalities.

    The tokens of one modality attend to those of another, one softmax a pair, for the pairs that a row has; what they
    hear is averaged. A modality asks with its own queries and answers with its own keys and values, so weights grow
    with modalities and not with pairs. In every softmax stands a key of score zero and value zero: where the other
    modality has nothing to say, nothing need be heard. What a pair says does not change with the rest of the row, so
    it is worked out once for all subsets.
    """

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.norms = Named({name: nn.LayerNorm(width) for name in names})
        self.queries = Named({name: nn.Linear(width, width) for name in names})
        self.keys_values = Named({name: nn.Linear(width, 2 * width) for name in names})
        self.out = nn.Linear(width, width)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )
        self.dropout = nn.Dropout(dropout)
        self.voices = Named({name: nn.Linear(width, width) for name in names})
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        return self.under(tokens, presence(tokens, self.names, size, self.out.weight)[None])

    def under(self, tokens: Mapping[str, Tokens], kept: Bool[Tensor, "P B M"]) -> Fused:
        kept = kept & presence(tokens, self.names, kept.shape[1], kept)
        count, known = kept.sum(dim=2), kept.any(dim=2).flatten()
        values = self.out.weight.new_zeros(len(known), len(self.out.weight))
        if not tokens:
            return Fused(values, known)
        normed = {name: self._normed(name, one) for name, one in tokens.items()}
        said = {name: self.keys_values[name](values) for name, values in normed.items()}
        for name, one in tokens.items():
            query = self.queries[name](normed[name]).unflatten(2, (HEADS, -1))
            heard = query.new_zeros(len(kept), *normed[name].shape)
            for other, context in said.items():
                asking, asked = _both(one.rows, tokens[other].rows, kept.shape[1])
                listens = kept[:, one.rows[asking], self.names.index(other), None, None]
                answer = _attend(query[asking], context[asked], tokens[other].mask[asked])
                heard = heard.index_add(1, asking, (answer * listens).to(heard.dtype))
            heard = self.dropout(self.out(heard / count[:, one.rows, None, None].clamp(min=1)))
            subset, cell = kept[:, one.rows, self.names.index(name)].nonzero(as_tuple=True)
            state = one.values[cell].masked_fill(~one.mask[cell][:, :, None], 0.0) + heard[subset, cell]
            state = state + self.dropout(self.feed_forward(state))
            real = one.mask[cell][:, :, None].to(state.dtype)
            voice = self.voices[name]((state * real).sum(dim=1) / real.sum(dim=1))
            values = values.index_add(0, subset * kept.shape[1] + one.rows[cell], voice.to(values.dtype))
        return Fused(self.norm(values).masked_fill(~known[:, None], 0.0), known)

    def _normed(self, name: str, tokens: Tokens) -> Float[Tensor, "n T D"]:
        return self.norms[name](tokens.values.masked_fill(~tokens.mask[:, :, None], 0.0))


def _both(
    one: Int64[Tensor, " n"], other: Int64[Tensor, " m"], size: int
) -> tuple[Int64[Tensor, " b"], Int64[Tensor, " b"]]:
    """Where the rows that are in both stand in each."""
    place = torch.full((size,), -1, device=one.device)
    place[other] = torch.arange(len(other), device=one.device)
    found = place[one]
    asking = (found >= 0).nonzero()[:, 0]
    return asking, found[asking]


def _attend(
    query: Float[Tensor, "b T H d"], context: Float[Tensor, "b S E"], mask: Bool[Tensor, "b S"]
) -> Float[Tensor, "b T D"]:
    """Attention over the real tokens of `context`, keys and values side by side, and one key that says nothing."""
    key, value = context.unflatten(2, (2, query.shape[2], -1)).unbind(2)
    scores = torch.einsum("bthd,bshd->bhts", query, key).float() * query.shape[3] ** -0.5
    scores = scores.masked_fill(~mask[:, None, None, :], float("-inf"))
    shares = torch.softmax(nn.functional.pad(scores, (1, 0)), dim=3)[..., 1:]
    return torch.einsum("bhts,bshd->bthd", shares.to(value.dtype), value).flatten(2)
