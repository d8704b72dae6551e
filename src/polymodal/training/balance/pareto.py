"""MMPareto: where a modality's own loss and the joint one pull its encoder apart, the direction that serves both."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from polymodal.network import Network
from polymodal.registry import BALANCES
from polymodal.store.memory import Memory
from polymodal.training.balance._balance import Backward, Balance, Note
from polymodal.training.step import Losses

_LEAST = 1e-3  # length, in parts of the plain sum, below which the compromise is rounding error and not lengthened


@BALANCES.register("pareto")
class ParetoBalance(Balance):
    """All losses count alike; the two gradients of each encoder are merged by `merge` (Wei & Hu 2024).

    The note has, for each modality, the share of steps in which the two were in conflict.
    """

    def begin(self, notes: Sequence[Note]) -> None:
        self._conflicts: dict[str, list[Tensor]] = {name: [] for name in self.names}

    def backward(self, network: Network, losses: Losses, backward: Backward) -> Tensor:
        alone = torch.stack([*losses.alone.values()]).sum()
        backward(alone, retain_graph=True)
        encoders = {name: _weights(network.encoders[name]) for name in losses.alone}
        own = {name: [one.grad for one in weights] for name, weights in encoders.items()}
        for weights in encoders.values():
            for one in weights:
                one.grad = None
        backward(losses.joint)
        for name, weights in encoders.items():
            self._merge(name, weights, own[name])
        return losses.joint + alone

    def finish(
        self, network: Network, train: Memory, validation: Memory, device: torch.device
    ) -> dict[str, list[float]]:
        seen = [self._conflicts[name] for name in self.names]
        return {"conflicts": [float(torch.stack(some).mean()) if some else 0.0 for some in seen]}

    def _merge(self, name: str, weights: Sequence[nn.Parameter], own: Sequence[Tensor | None]) -> None:
        """Put the merged gradient where that of the joint loss stands; what neither loss reaches stays without."""
        reached = [
            (one, grad) for one, grad in zip(weights, own, strict=True) if not (one.grad is None and grad is None)
        ]
        if not reached:
            return
        joint = torch.cat([_flat(one.grad, one) for one, _ in reached])
        alone = torch.cat([_flat(grad, one) for one, grad in reached])
        self._conflicts[name].append((joint @ alone < 0).float())
        parts = merge(joint, alone).split([one.numel() for one, _ in reached])
        for (one, _), part in zip(reached, parts, strict=True):
            one.grad = part.view_as(one)


def merge(joint: Float[Tensor, " n"], alone: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Two gradients as one, as long as their sum: the sum itself, or in conflict the shortest mean of the two.

    That mean is at an acute angle to both, so a step along it makes neither loss worse (Désidéri 2012).

    >>> merge(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])).tolist()
    [1.0, 1.0]
    >>> [round(one, 3) for one in merge(torch.tensor([1.0, 0.0]), torch.tensor([-1.0, 2.0])).tolist()]
    [1.414, 1.414]
    """
    share = torch.where(joint @ alone < 0, min_norm_share(joint, alone), 0.5)
    merged = 2 * (share * joint + (1 - share) * alone)
    wanted, length = (joint + alone).norm(), merged.norm()
    return merged * torch.where(length > _LEAST * wanted, wanted / length, 1.0)


def min_norm_share(one: Float[Tensor, " n"], two: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """The share a in 0..1 that makes `a * one + (1 - a) * two` shortest, in closed form (Sener & Koltun 2018)."""
    gap = two - one
    return ((gap @ two) / gap.square().sum().clamp(min=torch.finfo(gap.dtype).tiny)).clamp(0.0, 1.0)


def _weights(encoder: nn.Module) -> list[nn.Parameter]:
    return [one for one in encoder.parameters() if one.requires_grad]


def _flat(gradient: Tensor | None, weight: Tensor) -> Tensor:
    return torch.zeros_like(weight).flatten() if gradient is None else gradient.flatten()
