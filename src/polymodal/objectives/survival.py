"""Time to an event: Cox partial likelihood, Breslow baseline, survival curves."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from polymodal.objectives._objective import Objective
from polymodal.registry import OBJECTIVES
from polymodal.schema.batch import KnownLabels
from polymodal.schema.target import Labels, Survival


@OBJECTIVES.register("survival")
class SurvivalObjective(Objective):
    """A log risk a row (Cox 1972; as a network, Katzman et al. 2018, DeepSurv), higher meaning sooner.

    `times` and `hazard` hold the Breslow (1974) baseline once `set_baseline` has seen the training rows.
    """

    kinds: ClassVar[tuple[str, ...]] = ("survival",)
    is_relative: ClassVar[bool] = True
    times: Tensor
    hazard: Tensor

    def __init__(self, target: Survival, width: int) -> None:
        super().__init__(target, width, 1)
        self.register_buffer("times", torch.zeros(0, dtype=torch.float64))
        self.register_buffer("hazard", torch.zeros(0, dtype=torch.float64))

    def measure(self, labels: Labels, weight: Tensor | None) -> None:
        self.prior.zero_()  # risks are relative; the average row is the reference

    def loss(self, raw: Tensor, labels: KnownLabels, present: Tensor, weight: Tensor | None) -> Tensor:
        counts = labels.known & present
        share = None if weight is None else weight[counts]
        return cox_loss(raw[counts, 0], labels.values[counts, 0], labels.values[counts, 1], share)

    def outputs(self, raw: Tensor) -> Tensor:
        return raw.double()

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        for name in ("times", "hazard"):  # as long as there were events, which only the file knows
            if prefix + name in state_dict:
                setattr(self, name, torch.zeros_like(state_dict[prefix + name]))
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def set_baseline(self, risk: np.ndarray, labels: Labels, weight: np.ndarray | None = None) -> None:
        """Keep the baseline of training rows with log risks `[N]`."""
        known = labels.known
        share = None if weight is None else weight[known]
        times, hazard = breslow(risk[known], labels.values[known, 0], labels.values[known, 1], share)
        self.times, self.hazard = torch.from_numpy(times), torch.from_numpy(hazard)


def cox_loss(risk: Tensor, time: Tensor, event: Tensor, weight: Tensor | None = None) -> Tensor:
    """Negative log partial likelihood per event, ties by Breslow's approximation.

    `risk`, `time`, `event`, `weight` are `[B]`. Zero, with gradient, when there is no event.

    >>> cox_loss(torch.zeros(2), torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0])).item()  # log 2
    0.6931471824645996
    """
    if len(risk) == 0:
        return risk.sum()
    share = torch.ones_like(risk) if weight is None else weight.to(risk.dtype)
    order = torch.argsort(time, descending=True, stable=True)
    risk, time, event, share = risk[order], time[order], event[order].to(risk.dtype), share[order]
    at_risk = torch.logcumsumexp(risk + share.clamp(min=1e-30).log(), dim=0)
    # Rows that share a time share a risk set: everyone up to the last of them in this order.
    last = torch.searchsorted(-time, -time, right=True) - 1
    events = event * share
    return -((risk - at_risk[last]) * events).sum() / events.sum().clamp(min=1e-12)


def breslow(
    risk: np.ndarray, time: np.ndarray, event: np.ndarray, weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Cumulative baseline hazard (Breslow 1974): event times ascending `[E]`, and the hazard at each `[E]`.

    >>> times, hazard = breslow(np.zeros(2), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    >>> times.tolist(), hazard.tolist()
    ([1.0, 2.0], [0.5, 1.5])
    """
    share = np.ones(len(risk)) if weight is None else np.asarray(weight, dtype=float)
    counts = share > 0
    risk, time, event, share = risk[counts], time[counts], event[counts], share[counts]
    times = np.unique(time[event > 0])
    order = np.argsort(time)
    mass = np.cumsum((share * np.exp(risk))[order][::-1])[::-1]  # sum over everyone not yet gone
    at_risk = mass[np.searchsorted(time[order], times, side="left")] if len(times) else np.zeros(0)
    events = np.array([share[(time == one) & (event > 0)].sum() for one in times])
    return times, np.cumsum(events / at_risk)


def survival_curves(risk: np.ndarray, times: np.ndarray, hazard: np.ndarray, at: np.ndarray) -> np.ndarray:
    """`[N, A]` probability of being free of the event at times `at [A]`, for log risks `[N]`."""
    steps = np.concatenate([[0.0], hazard])[np.searchsorted(times, at, side="right")]
    return np.exp(-np.exp(risk)[:, None] * steps[None, :])
