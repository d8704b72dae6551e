"""Measurements at any times, gathered at learned points in time, each channel by itself."""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from polymodal.nn.time2vec import Time2Vec

_SHARPNESS = (2.0, 6.0)  # of the heads at first: one that smooths, one that takes what is nearest
_NEAREST = 5.0  # logarithm of how many measurements at one point are told apart


class ReferencePoints(nn.Module):
    """Attention from learned points in time to measurements: mTAN (Shukla & Marlin 2021), and how much was near.

    A point asks with its time as Time2Vec tells it, a measurement answers with its own; the softmax is over the
    measurements of one channel. Besides the mean so weighted, `log(1 + sum of weights)` is kept, a weight being 1 for a
    measurement at the point itself, so that a gap can be told from a calm. The cost follows the measurements there are.
    """

    def __init__(self, channels: int, points: int, waves: int, fastest: float) -> None:
        super().__init__()
        self.channels, self.heads = channels, len(_SHARPNESS)
        self.time = Time2Vec(waves, 0.5, fastest)
        self.points = nn.Parameter(torch.linspace(0, 1, points))
        width = self.time.width
        self.query = nn.Linear(width, self.heads * width)
        with torch.no_grad():
            sharp = [torch.eye(width) * sharpness for sharpness in _SHARPNESS]
            self.query.weight.copy_(torch.cat(sharp) + 0.02 * torch.randn(self.heads * width, width))
            self.query.weight[:, 0] = self.query.weight[::width] = 0.02  # the line would not be the same everywhere
            self.query.bias.zero_()

    def forward(
        self,
        times: Float[Tensor, "n K"],
        channels: Int64[Tensor, "n K"],
        values: Float[Tensor, "n K"],
        mask: Bool[Tensor, "n K"],
    ) -> tuple[Float[Tensor, "n R G"], Float[Tensor, "n R G"]]:
        """Means and nearness, both `[n, R, heads * C]`; 0 for a channel without measurements."""
        key = self.time(times)
        asking = self.time(self.points)
        query = self.query(asking).unflatten(1, (self.heads, -1)).transpose(0, 1) / math.sqrt(key.shape[2])
        at_itself = torch.einsum("hrf,rf->hr", query, asking).flatten()
        scores = torch.einsum("nkf,gf->nkg", key, query.flatten(0, 1)).masked_fill(~mask[:, :, None], -torch.inf)
        own = channels[:, :, None].expand_as(scores)
        start = scores.new_full((len(scores), self.channels, scores.shape[2]), -torch.inf)
        top = start.scatter_reduce(1, own, scores.detach(), "amax")
        top = top.masked_fill(top.isneginf(), 0.0)
        weights = (scores - top.gather(1, own)).exp()
        which = nn.functional.one_hot(channels, self.channels).to(weights.dtype)
        sums = torch.einsum("nkg,nkc->ngc", weights, which)
        means = torch.einsum("nkg,nkc->ngc", weights, which * values[:, :, None]) / sums.clamp(min=1e-12)
        ahead = (top.transpose(1, 2) - at_itself[:, None]).clamp(max=_NEAREST)
        return self._by_point(means), self._by_point((sums * ahead.exp()).log1p())

    def _by_point(self, found: Tensor) -> Tensor:
        """`[n, H * R, C]` as `[n, R, H * C]`."""
        return found.unflatten(1, (self.heads, -1)).transpose(1, 2).flatten(2)
