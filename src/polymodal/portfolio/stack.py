"""Weights that make several members one: non-negative, in log probabilities, one set for each presence pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize

from polymodal.portfolio.clustering import design_effect
from polymodal.portfolio.jury import Jury, Problem

_MOST = 20_000  # rows times patterns that the common weights are fitted on
_LEAST = 10  # rows below which a pattern is left with the common weights
_COMMON_SPREAD = 0.7  # of all common weights together around equal shares, a priori
_PATTERN_SPREAD = 0.35  # of those of a pattern around the common ones


@dataclass(frozen=True)
class Stack:
    """K members of one target as one answer: the prior plus the weighed evidence of each.

    Attributes:
        members: K names.
        prior: `[R]`.
        patterns: `[Q, M]` the patterns that weights were fitted for.
        weights: `[Q, K]`.

    Stacking on rows held out is Wolpert 1992; non-negative weights, which make it stable, Breiman 1996; weighing log
    probabilities, Heskes 1998.
    """

    members: tuple[str, ...]
    prior: np.ndarray
    patterns: np.ndarray
    weights: np.ndarray

    @property
    def used(self) -> set[str]:
        """The members that have a weight above zero in any pattern."""
        return {name for name, weights in zip(self.members, self.weights.T, strict=True) if weights.any()}

    def weigh(self, subsets: np.ndarray) -> np.ndarray:
        """`[..., K]` weights for subsets `[..., M]`; one not seen gets the mean of those as large, or nearly."""
        flat = subsets.reshape(-1, subsets.shape[-1])
        distinct, which = _distinct(flat)
        sizes = self.patterns.sum(axis=1)
        found = np.empty((len(distinct), len(self.members)))
        for position, subset in enumerate(distinct):
            same = (self.patterns == subset).all(axis=1)
            if not same.any():
                distance = np.abs(sizes - subset.sum())
                same = distance == distance.min()
            found[position] = self.weights[same].mean(axis=0)
        return found[which].reshape(*subsets.shape[:-1], len(self.members))


def fit_stack(members: Sequence[str], evidence: np.ndarray, jury: Jury) -> Stack:
    """Weights from answers to rows held out: `evidence [K, P, N, R]`, each row answered by what never learnt from it.

    First weights common to all patterns are found, shrunk to equal shares; then, for each pattern, those of the rows
    that have all of it, shrunk to the common ones. Rows that belong together count for as many as they tell.
    """
    problems = [(position, one.sharpen()) for position, one in jury.problems(evidence)]
    every = [one for _, one in problems]
    equal = np.full(len(members), 1 / len(members))
    total = sum(one.n for one in every)
    apart = 1 / design_effect(every, equal)
    share = apart * min(1.0, _MOST / max(total, 1)) / max(len(problems), 1)
    one_of = 1 / np.sqrt(len(members))
    common = _minimum(every, share, equal, _COMMON_SPREAD * one_of) if problems else equal
    found = np.tile(common, (len(jury.patterns), 1))
    for position, one in problems:
        if one.n >= _LEAST and one.says_anything:
            centre = common * _scale(one, common, apart)
            found[position] = _minimum([one], apart, centre, _PATTERN_SPREAD * one_of)
    return Stack(tuple(members), jury.prior, jury.patterns, found)


def _distinct(subsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows of `[n, M]` bool and which of them each is; many rows compare faster as whole numbers."""
    n, n_modalities = subsets.shape
    padded = np.zeros((n, -(-n_modalities // 64) * 64), dtype=bool)
    padded[:, :n_modalities] = subsets
    keys = np.packbits(padded, axis=1).view(np.uint64)
    axis = None if keys.shape[1] == 1 else 0
    _, first, which = np.unique(keys, axis=axis, return_index=True, return_inverse=True)
    return subsets[first], which.ravel()


def _minimum(problems: Sequence[Problem], share: float, centre: np.ndarray, spread: float) -> np.ndarray:
    """The weights of least loss, each held to `centre` as by a normal distribution of that spread."""

    def value(at: np.ndarray) -> tuple[float, np.ndarray]:
        weights = torch.from_numpy(at).requires_grad_()
        total = share * torch.stack([one.loss(weights) for one in problems]).sum()
        total = total + ((weights - torch.from_numpy(centre)) / spread).square().sum() / 2
        (slope,) = torch.autograd.grad(total, weights)
        return float(total.detach()), slope.numpy()

    bounds = [(0.0, None)] * len(centre)
    return np.asarray(minimize(value, centre, jac=True, method="L-BFGS-B", bounds=bounds).x)


def _scale(problem: Problem, common: np.ndarray, share: float) -> float:
    """By how much the common weights are to be raised where few members have anything to say."""
    total = problem.evidence.new_tensor(common)

    def value(at: np.ndarray) -> float:
        return share * float(problem.loss(total * at[0])) + float(np.log(at[0]) ** 2) / 2

    return float(minimize(value, [1.0], method="L-BFGS-B", bounds=[(0.05, 20.0)]).x[0])
