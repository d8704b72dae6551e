"""Attention pooling: each token weighs in by itself, so any subset of a row is a sum of what its modalities bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from polymodal.fusion._fusion import Fusion, known_rows
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Fused, Tokens

HEADS = 4
_CAP = 30.0  # scores stay within it (Gemma Team 2024), so that exponentials need no maximum over the row to be safe


@FUSIONS.register("attention")
class AttentionFusion(Fusion):
    """Learned queries attend to the present tokens of a row (Lee et al. 2019, Set Transformer); a feed-forward follows.

    A token's weight before normalising depends on nothing but the token. Numerator and denominator of the softmax are
    therefore sums over modalities, made once a cell; each subset of a row costs an addition a modality and one
    feed-forward, whatever the number of tokens. Interactions are learnt in the feed-forward.
    """

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.modality = nn.Parameter(0.02 * torch.randn(len(names), width))
        # A token that is always there: against it, attention can tell much evidence from little.
        self.always = nn.Parameter(0.02 * torch.randn(1, width))
        self.offer = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width + HEADS))
        self.out = nn.Sequential(nn.Linear(width, width), nn.Dropout(dropout))
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        sums = self._weighed(self.always).expand(size, -1)
        if tokens:
            weighed, rows, _ = self._brought(tokens)
            sums = sums.to(weighed.dtype).index_add(0, rows, weighed)
        return self._answer(sums, known_rows(tokens, size, self.always))

    def under(self, tokens: Mapping[str, Tokens], kept: Bool[Tensor, "P B M"]) -> Fused:
        if not tokens:
            return self(tokens, kept.shape[0] * kept.shape[1])
        size = kept.shape[1]
        weighed, rows, place = self._brought(tokens)
        cells = weighed.new_zeros(size * len(tokens), weighed.shape[1]).index_add(
            0, rows * len(tokens) + place, weighed
        )
        kept = kept[:, :, [self.names.index(name) for name in tokens]]
        # Subsets of a row side by side for the product, rows of a subset side by side for the answer.
        sums = kept.transpose(0, 1).to(cells.dtype) @ cells.view(size, len(tokens), -1)
        sums = (sums.transpose(0, 1) + self._weighed(self.always)).flatten(0, 1)
        present = torch.zeros_like(kept[0])
        present[rows, place] = True
        return self._answer(sums, (kept & present).any(dim=2).flatten())

    def _brought(
        self, tokens: Mapping[str, Tokens]
    ) -> tuple[Float[Tensor, "K S"], Int64[Tensor, " K"], Int64[Tensor, " K"]]:
        """What each real token adds to the sums of its row, the row, and the position of its modality in `tokens`."""
        masks = [one.mask.flatten() for one in tokens.values()]
        rows = torch.cat([one.rows[:, None].expand_as(one.mask).flatten() for one in tokens.values()])
        counts = torch.tensor([len(mask) for mask in masks], device=rows.device)
        place = torch.repeat_interleave(torch.arange(len(masks), device=rows.device), counts)
        values = torch.cat([one.values.flatten(0, 1) for one in tokens.values()])
        real = torch.cat(masks)
        if not bool(real.all()):
            values, rows, place = values[real], rows[real], place[real]
        kinds = self.modality[[self.names.index(name) for name in tokens]]
        return self._weighed(values + kinds.index_select(0, place)), rows, place

    def _weighed(self, tokens: Float[Tensor, "K D"]) -> Float[Tensor, "K S"]:
        """Each token's weight times its value, and the weight, for every head."""
        value, score = self.offer(tokens).float().split([tokens.shape[1], HEADS], dim=1)
        weight = torch.exp(_CAP * torch.tanh(score / _CAP))
        return torch.cat([(value.unflatten(1, (HEADS, -1)) * weight[:, :, None]).flatten(1), weight], dim=1)

    def _answer(self, sums: Float[Tensor, "R S"], known: Bool[Tensor, " R"]) -> Fused:
        value, weight = sums.split([sums.shape[1] - HEADS, HEADS], dim=1)
        state = self.out((value.unflatten(1, (HEADS, -1)) / weight[:, :, None]).flatten(1))
        values = self.norm(state + self.dropout(self.feed_forward(state)))
        return Fused(values if bool(known.all()) else values.masked_fill(~known[:, None], 0.0), known)
