"""OGM-GE: the encoder of the modality that is ahead learns more slowly, and all of them with some noise."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from polymodal.fusion._fusion import pooled
from polymodal.network import Network
from polymodal.registry import BALANCES
from polymodal.schema.batch import Fused
from polymodal.store.memory import Memory
from polymodal.training.balance._balance import Backward, Balance, Note
from polymodal.training.step import Losses

_STRENGTH = 0.3  # alpha in the paper, which tries 0.1 to 1


@BALANCES.register("ogm")
class GradientModulation(Balance):
    """On-the-fly gradient modulation with generalisation enhancement (Peng et al. 2022).

    How far ahead a modality is shows in the answers of its own head. Noise as large as the gradient's spread makes up
    for what damping takes from it. The note has the mean coefficient of each modality.
    """

    def begin(self, notes: Sequence[Note]) -> None:
        self._seen: dict[str, list[Tensor]] = {name: [] for name in self.names}

    def backward(self, network: Network, losses: Losses, backward: Backward) -> Tensor:
        backward(total := losses.total)
        scores = torch.stack([_score(network, name, losses) for name in losses.alone])
        for name, coefficient in zip(losses.alone, coefficients(scores), strict=True):
            self._seen[name].append(coefficient)
            for weight in network.encoders[name].parameters():
                if weight.grad is not None:
                    spread = weight.grad.std(unbiased=False)
                    weight.grad.mul_(coefficient).add_(spread * torch.randn_like(weight.grad))
        return total

    def finish(
        self, network: Network, train: Memory, validation: Memory, device: torch.device
    ) -> dict[str, list[float]]:
        seen = [self._seen[name] for name in self.names]
        return {"coefficients": [float(torch.stack(some).mean()) if some else 1.0 for some in seen]}


def coefficients(scores: Float[Tensor, " M"], strength: float = _STRENGTH) -> Float[Tensor, " M"]:
    """What multiplies the gradient of each encoder: 1 - tanh(strength * ratio) where the ratio is above 1, else 1.

    The ratio is that of a modality's score to the mean of the others', which for two of them is the paper's.

    >>> [round(one, 4) for one in coefficients(torch.tensor([0.8, 0.4]), strength=0.5).tolist()]
    [0.2384, 1.0]
    """
    n = len(scores)
    if n == 1:
        return torch.ones_like(scores)
    others = (scores.sum() - scores) / (n - 1)
    ratio = scores / others.clamp(min=torch.finfo(scores.dtype).tiny)
    return torch.where(ratio > 1, 1 - torch.tanh(strength * ratio), 1.0)


@torch.no_grad()
def _score(network: Network, name: str, losses: Losses) -> Tensor:
    """Mean probability that a modality's own head gives the true class; of what is no class, exp(-loss)."""
    tokens = losses.tokens[name]
    values = pooled(tokens).float()
    alone = Fused(values, torch.ones(len(values), dtype=torch.bool, device=values.device))
    total = values.new_zeros(())
    for target, objective in network.alone[name].items():
        labels = losses.batch.labels[target]
        known, true = labels.known[tokens.rows], labels.values[tokens.rows]
        if {"category", "ordinal"} & set(objective.kinds):
            said = objective.outputs(objective.raw(alone)).float()
            right = said.gather(1, true.long()[:, None])[:, 0]
            total = total + (right * known).sum() / known.sum().clamp(min=1)
        else:
            total = total + torch.exp(-objective(alone, type(labels)(true, known)).loss)
    return total
