"""Transport: which spots of one section go with which of another, by what they express and how they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from polymodal.errors import MissingExtraError

_PSEUDO = 0.01  # counts that each gene of each spot gets before logarithms are taken, as PASTE does
_MOST_ROUNDS = 200
_MOST_STEPS = 2_000_000  # of the network simplex
_SETTLED = 1e-9  # change of the cost, in parts of it, from which on the plan stays as it is


@dataclass(frozen=True)
class Problem:
    """Two sets of spots.

    Attributes:
        unlike: `[n, m]` how different each two express.
        moving, fixed: `[n, d]` and `[m, d]` places in one unit, of which a spot's neighbour is about 1 away.
        weights, other_weights: `[n]` and `[m]`.
        alpha: the share of geometry, from 0 to 1.
        mass: how much is brought together; None for all, where both sides weigh the same.
    """

    unlike: np.ndarray
    moving: np.ndarray
    fixed: np.ndarray
    weights: np.ndarray
    other_weights: np.ndarray
    alpha: float
    mass: float | None = None


@dataclass(frozen=True)
class Coupling:
    """A plan `[n, m]`: what goes where; its cost, and by which share that is below the cost of no structure at all."""

    plan: np.ndarray
    cost: float
    gain: float


def unlikeness(counts: np.ndarray, others: np.ndarray) -> np.ndarray:
    """`[n, m]` Kullback-Leibler divergence of the shares of genes of each two spots, from `[n, g]` and `[m, g]`.

    >>> unlikeness(np.array([[1.0, 1.0]]), np.array([[1.0, 1.0], [3.0, 1.0]])).round(3)
    array([[0.   , 0.142]])
    """
    one, other = (_shares(given) for given in (counts, others))
    own = (one * np.log(one)).sum(axis=1)
    apart: np.ndarray = own[:, None] - one @ np.log(other).T
    return np.clip(apart, 0, None)


def coupled(problem: Problem, start: np.ndarray | None = None) -> Coupling:
    """Fused Gromov-Wasserstein transport (Vayer 2020), from a plan `[n, m]` or from one without structure.

    The cost is (1 - alpha) of the unlikeness of what goes together plus alpha of the squared differences between
    distances here and there, lowered by conditional gradients with exact steps. With a `mass` the part that fits best
    is brought together (Chapel 2020). Raises MissingExtraError without POT, whose network simplex is used.
    """
    here, there = (cdist(one, one) for one in (problem.moving, problem.fixed))
    squares = here**2, there**2
    alone = _alone(problem)

    def bent(plan: np.ndarray) -> np.ndarray:
        """Half of the slope of the geometry's part."""
        lengths = (squares[0] @ plan.sum(axis=1))[:, None] + squares[1] @ plan.sum(axis=0)
        slope: np.ndarray = lengths - 2 * here @ plan @ there
        return slope

    def cost(plan: np.ndarray, slope: np.ndarray) -> float:
        return float(((1 - problem.alpha) * problem.unlike * plan).sum() + problem.alpha * (slope * plan).sum())

    plan = alone if start is None else start
    slope = bent(plan)
    least = reached = cost(plan, slope)
    if start is not None:
        least = cost(alone, bent(alone))
    for _ in range(_MOST_ROUNDS):
        towards = (1 - problem.alpha) * problem.unlike + 2 * problem.alpha * slope
        change = linear_plan(towards, problem) - plan
        falling = float((towards * change).sum())
        curve = problem.alpha * float((bent(change) * change).sum())
        step = 1.0 if curve <= 0 else min(1.0, -falling / (2 * curve))
        if falling >= 0 or step <= 0:
            break
        plan = plan + step * change
        slope = bent(plan)
        before, reached = reached, cost(plan, slope)
        if before - reached <= _SETTLED * abs(before):
            break
    plan = np.where(plan > 1e-12 * plan.max(), plan, 0.0)
    return Coupling(plan, reached, 1 - reached / least if least > 0 else 0.0)


def linear_plan(costs: np.ndarray, problem: Problem) -> np.ndarray:
    """`[n, m]` plan of the least costs `[n, m]`, of all the weights or of the mass that is asked for."""
    solver = pot()
    if problem.mass is None:
        plan: np.ndarray = solver.emd(problem.weights, problem.other_weights, costs, numItermax=_MOST_STEPS)
        return plan
    # One more place on each side takes what goes nowhere, and nothing may go from the one to the other.
    free = [max(one.sum() - problem.mass, 0.0) for one in (problem.other_weights, problem.weights)]
    wide = np.zeros((costs.shape[0] + 1, costs.shape[1] + 1))
    wide[:-1, :-1] = costs
    wide[-1, -1] = 2 * np.abs(costs).max() + 1
    ends = np.append(problem.weights, free[0]), np.append(problem.other_weights, free[1])
    whole: np.ndarray = solver.emd(*ends, wide, numItermax=_MOST_STEPS)
    return whole[:-1, :-1]


def straight(moved: np.ndarray, problem: Problem) -> np.ndarray:
    """`[n, m]` plan of least squared distances from places `[n, d]` to the fixed ones: a start for a placement."""
    return linear_plan(cdist(moved, problem.fixed, "sqeuclidean"), problem)


def pot() -> Any:
    """The package POT; raises MissingExtraError where it is not installed."""
    try:
        import ot
    except ImportError as error:
        raise MissingExtraError("aligning sections by expression", "space") from error
    return ot


def _alone(problem: Problem) -> np.ndarray:
    """The plan without structure: everything goes everywhere."""
    whole = np.outer(problem.weights, problem.other_weights) / problem.other_weights.sum()
    return whole if problem.mass is None else whole * problem.mass / problem.weights.sum()


def _shares(counts: np.ndarray) -> np.ndarray:
    raised = counts + _PSEUDO
    shares: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
    return shares
