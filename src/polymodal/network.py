"""The one place where the parts meet: encoders, fusion and objectives as one module."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from polymodal.contrastive._contrast import Placed
from polymodal.contrastive._space import Space, keys_of
from polymodal.fusion._fusion import Fusion, pooled
from polymodal.nn.named import Named
from polymodal.objectives._objective import Objective
from polymodal.schema.batch import Batch, Fused, Tokens


class Network(nn.Module):
    """Batch -> tokens of what is present -> one vector a row -> an answer for each target.

    Attributes:
        encoders: one for each modality.
        fusion: what brings the tokens together; None where nothing is asked of them together.
        objectives: one for each target, on the fused vector.
        alone: for each modality, one light objective for each target on its tokens alone. Their loss keeps every
            encoder learning even when another modality already explains the labels.
        space: where modalities can be compared, if that is asked for.
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        fusion: Fusion | None,
        objectives: Mapping[str, Objective],
        alone: Mapping[str, Mapping[str, Objective]],
        space: Space | None = None,
    ) -> None:
        super().__init__()
        self.encoders = Named(encoders)
        self.fusion = fusion
        self.objectives = Named(objectives)
        self.alone = Named({name: Named(heads) for name, heads in alone.items()})
        self.space = space

    def encode(self, batch: Batch) -> dict[str, Tokens]:
        """Tokens of each modality that any row of the batch has; the other encoders are not run."""
        return {
            name: encoder(batch.fields[name].cleared())
            for name, encoder in self.encoders.items()
            if name in batch.fields and len(batch.fields[name].rows)
        }

    def fuse(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        """One vector for each of `size` rows."""
        assert self.fusion is not None
        fused: Fused = self.fusion(tokens, size)
        return fused

    def fuse_under(self, tokens: Mapping[str, Tokens], kept: Bool[Tensor, "P B M"]) -> Fused:
        """One vector for each of B rows under each of P subsets of what it has, subset by subset: `P * B` rows."""
        assert self.fusion is not None
        return self.fusion.under(tokens, kept)

    def answer(self, fused: Fused) -> Float[Tensor, "B O"]:
        """Outputs of all targets side by side, in the order of `objectives`."""
        return torch.cat([one.outputs(one.raw(fused)) for one in self.objectives.values()], dim=1)

    def forward(self, batch: Batch) -> Float[Tensor, "B O"]:
        """Outputs of all targets for a batch."""
        return self.answer(self.fuse(self.encode(batch), batch.size))

    def loss(self, fused: Fused, batch: Batch, repeats: int = 1) -> Tensor:
        """Sum over targets of the loss on `fused`, whose rows are the batch `repeats` times over."""
        weight = None if batch.weight is None else batch.weight.repeat(repeats)
        total = fused.values.sum() * 0.0
        for name, objective in self.objectives.items():
            labels = batch.labels[name]
            again = type(labels)(_repeat(labels.values, repeats), _repeat(labels.known, repeats))
            total = total + objective(fused, again, weight).loss
        return total

    def loss_alone(self, tokens: Mapping[str, Tokens], batch: Batch) -> Tensor:
        """Mean over the present modalities of the loss of each by itself."""
        total = torch.zeros((), device=next(self.parameters()).device)
        for name, one in tokens.items():
            alone = Fused(pooled(one), torch.ones(len(one.rows), dtype=torch.bool, device=one.rows.device))
            weight = None if batch.weight is None else batch.weight[one.rows]
            for target, objective in self.alone[name].items():
                labels = batch.labels[target]
                here = type(labels)(labels.values[one.rows], labels.known[one.rows])
                total = total + objective(alone, here, weight).loss
        return total / max(1, len(tokens))

    def loss_in_space(self, tokens: Mapping[str, Tokens], batch: Batch, n_ranks: int = 1) -> Tensor:
        """The contrastive loss of what the rows have, here and on all other ranks; zero without a space."""
        if self.space is None:
            return torch.zeros((), device=next(self.parameters()).device)
        loss: Tensor = self.space(self.place(tokens, batch), n_ranks)
        return loss

    def place(self, tokens: Mapping[str, Tokens], batch: Batch | None = None) -> dict[str, Placed]:
        """Cells in the space; with their batch, those of equal content are told, and those said to show the same."""
        assert self.space is not None
        keys = {} if batch is None else {name: keys_of(batch.fields[name]) for name in tokens}
        same = {} if batch is None or batch.same is None else {n: batch.same[one.rows] for n, one in tokens.items()}
        return {
            name: self.space.place(name, pooled(one), one.rows, keys.get(name), same.get(name))
            for name, one in tokens.items()
        }


def _repeat(values: Tensor, repeats: int) -> Tensor:
    return values.repeat(repeats, *[1] * (values.ndim - 1))
