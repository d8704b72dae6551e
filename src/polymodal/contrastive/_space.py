"""A space that modalities share: a projector for each, and what draws cells of one row together in it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.contrastive._canonical import Canonical
from polymodal.contrastive._contrast import Contrast, Placed
from polymodal.contrastive._gather import of_all_ranks
from polymodal.nn.named import Named
from polymodal.registry import CONTRASTS
from polymodal.schema.batch import Field

_AT_ONCE = 1 << 18  # numbers of cells looked at at once for their keys
_WIDEST = 2_048  # numbers of a panel whose covariances are found; time grows with the cube of them


class Space(nn.Module):
    """Vectors of cells `[n, D]` by modality -> vectors of length one `[n, D]` that can be compared across modalities.

    `contrast` names what they learn from, `hub` the modality that all others are paired with. `panels` says how wide
    the modalities are whose cells are numbers already: what goes together in them can be told in closed form.
    """

    def __init__(
        self,
        names: Sequence[str],
        width: int,
        contrast: str,
        hub: str | None = None,
        panels: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        self.projectors = Named({name: Projector(width) for name in names})
        self.contrast: Contrast = CONTRASTS.get(contrast)(tuple(names), width, hub)
        told = {name: size for name, size in (panels or {}).items() if size <= _WIDEST}
        self.canonical = Canonical(told) if len(told) > 1 and not self.contrast.is_joint else None

    def place(
        self,
        name: str,
        values: Float[Tensor, "n D"],
        rows: Int64[Tensor, " n"],
        keys: Int64[Tensor, " n"] | None = None,
        same: Int64[Tensor, " n"] | None = None,
    ) -> Placed:
        """Cells of a modality in the space, each with its row."""
        return Placed(F.normalize(self.projectors[name](values).float(), dim=1), rows, keys, same)

    def forward(self, placed: Mapping[str, Placed], n_ranks: int = 1) -> Float[Tensor, ""]:
        """The contrastive loss of a batch; of several ranks, that of the batches of all of them together."""
        if n_ranks > 1:
            placed = of_all_ranks(placed, self.contrast.names, self.contrast.width)
        # Sums over all pairs of a batch need the full precision, whatever cells were encoded in.
        with torch.autocast(next(self.parameters()).device.type, enabled=False):
            loss: Tensor = self.contrast(placed)
        return loss


class Projector(nn.Module):
    """A straight map and a bent one beside it, which starts small."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.straight = nn.Linear(width, width)
        last = nn.Linear(2 * width, width)
        nn.init.normal_(last.weight, std=0.02)
        self.bent = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), last)

    def forward(self, values: Float[Tensor, "n D"]) -> Float[Tensor, "n D"]:
        values = self.norm(values)
        projected: Tensor = self.straight(values) + self.bent(values)
        return projected


def keys_of(field: Field) -> Int64[Tensor, " n"]:
    """`[n]` for the n rows of a field, equal where their cells hold the same, whatever the order of several items.

    They can be compared with those of other batches.

    >>> first, second, third = keys_of(Field(torch.tensor([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]), torch.arange(3)))
    >>> bool(first == third), bool(first == second)
    (True, False)
    """
    values = field.values.flatten(1)
    # Sums with random factors: cells that differ have different ones but for a chance of about 1e-12 each.
    random = torch.Generator().manual_seed(0)
    factors = torch.rand(values.shape[1], generator=random, dtype=torch.float64).to(values.device)
    step = max(1, _AT_ONCE // max(values.shape[1], 1))
    parts = []
    for some, mask in zip(field.values.split(step), _split(field.mask, step, len(values)), strict=True):
        cleared = Field(some, field.rows[: len(some)], mask).cleared().values.flatten(1)
        parts.append((cleared.double() * factors).sum(dim=1))
        if mask is not None:
            parts[-1] += torch.pi * mask.flatten(1).sum(dim=1)
    sums = torch.cat(parts)
    rows, owner = torch.unique_consecutive(field.rows, return_inverse=True)
    if len(rows) < len(field.rows):
        sums = torch.zeros(len(rows), dtype=sums.dtype, device=sums.device).index_add(0, owner, torch.sin(sums) + 2.0)
    # Rounded, for how far cells are padded changes the last digits of their sums.
    mantissa, exponent = torch.frexp(sums)
    return (mantissa * 2.0**40).round().long() * 4096 + exponent


def _split(mask: Tensor | None, step: int, n: int) -> Sequence[Tensor | None]:
    return [None] * max(1, math.ceil(n / step)) if mask is None else mask.split(step)
