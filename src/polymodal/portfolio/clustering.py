"""How much less rows that belong together tell than as many rows that do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from polymodal.portfolio.jury import Problem


def design_effect(problems: Sequence[Problem], weights: np.ndarray) -> float:
    """By what the rows are to be divided, at least 1: windows of one person are no independent witnesses.

    It is how much larger the variance of the slope of the loss is between groups of rows than it would be were all
    rows independent (Kish 1965; the clustered variance of Liang & Zeger 1986), over all weights and problems.

    Args:
        problems: whose rows know their groups; without any, the answer is 1.
        weights: `[K]` at which the slope is taken.
    """
    between = independent = 0.0
    for one in problems:
        if one.groups is None:
            continue
        slopes = _slopes(one, weights)
        slopes -= slopes.mean(axis=0)
        codes = np.unique(one.groups, return_inverse=True)[1]
        n_groups = int(codes.max()) + 1
        sums = np.zeros((n_groups, slopes.shape[1]))
        np.add.at(sums, codes, slopes)
        if n_groups > 1:
            between += float((sums**2).sum()) * n_groups / (n_groups - 1)
            independent += float((slopes**2).sum()) * one.n / max(one.n - 1, 1)
    return max(between / independent, 1.0) if independent > 0 else 1.0


def _slopes(problem: Problem, weights: np.ndarray) -> np.ndarray:
    """`[n, K]` what each row wants of each weight."""
    each = torch.from_numpy(np.tile(weights, (problem.n, 1))).requires_grad_()
    (slopes,) = torch.autograd.grad(problem.loss(each), each)
    return np.asarray(slopes.numpy())
