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
        context, real, places = self._context(tokens, normed, kept.shape[1])
        for name, one in tokens.items():
            query = self.queries[name](normed[name]).unflatten(2, (HEADS, -1))
            asking, other = (places[one.rows] >= 0).nonzero(as_tuple=True)
            asked = places[one.rows[asking], other]
            answer = _attend(query[asking], context[asked], real[asked])
            listens = kept[:, one.rows[asking], other, None, None]
            heard = answer.new_zeros(len(kept), *normed[name].shape).index_add(1, asking, answer * listens)
            heard = self.dropout(self.out(heard / count[:, one.rows, None, None].clamp(min=1)))
            subset, cell = kept[:, one.rows, self.names.index(name)].nonzero(as_tuple=True)
            state = one.values[cell].masked_fill(~one.mask[cell][:, :, None], 0.0) + heard[subset, cell]
            state = state + self.dropout(self.feed_forward(state))
            weight = one.mask[cell][:, :, None].to(state.dtype)
            voice = self.voices[name]((state * weight).sum(dim=1) / weight.sum(dim=1))
            values = values.index_add(0, subset * kept.shape[1] + one.rows[cell], voice.to(values.dtype))
        return Fused(self.norm(values).masked_fill(~known[:, None], 0.0), known)

    def _context(
        self, tokens: Mapping[str, Tokens], normed: Mapping[str, Tensor], size: int
    ) -> tuple[Float[Tensor, "N S E"], Bool[Tensor, "N S"], Int64[Tensor, "B M"]]:
        """Keys and values of all cells, one cell after the other; which are real; and where each cell stands, or -1."""
        longest = max(one.mask.shape[1] for one in tokens.values())
        said, real = [], []
        places = torch.full((size, len(self.names)), -1, device=self.out.weight.device)
        start = 0
        for name, one in tokens.items():
            spare = longest - one.mask.shape[1]
            said.append(nn.functional.pad(self.keys_values[name](normed[name]), (0, 0, 0, spare)))
            real.append(nn.functional.pad(one.mask, (0, spare)))
            places[one.rows, self.names.index(name)] = start + torch.arange(len(one.rows), device=places.device)
            start += len(one.rows)
        return torch.cat(said), torch.cat(real), places

    def _normed(self, name: str, tokens: Tokens) -> Float[Tensor, "n T D"]:
        return self.norms[name](tokens.values.masked_fill(~tokens.mask[:, :, None], 0.0))


def _attend(
    query: Float[Tensor, "b T H d"], context: Float[Tensor, "b S E"], mask: Bool[Tensor, "b S"]
) -> Float[Tensor, "b T D"]:
    """Attention over the real tokens of `context`, keys and values side by side, and one key that says nothing."""
    key, value = context.unflatten(2, (2, query.shape[2], -1)).unbind(2)
    scores = torch.einsum("bthd,bshd->bhts", query, key).float() * query.shape[3] ** -0.5
    scores = scores.masked_fill(~mask[:, None, None, :], float("-inf"))
    shares = torch.softmax(nn.functional.pad(scores, (1, 0)), dim=3)[..., 1:]
    return torch.einsum("bhts,bshd->bthd", shares.to(value.dtype), value).flatten(2)
