"""The best plan between two sections: many starts on a few spots, then all spots from the best."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.distance import cdist

from polymodal.align.space._procrustes import Model, procrustes
from polymodal.align.space._turns import turns
from polymodal.align.space.by_expression._neighbouring import Expressed
from polymodal.align.space.by_expression._transport import Coupling, Problem, coupled, straight

_FEW = 100  # spots of each side, with which starts are tried
_N_TURNS = {2: 8, 3: 24}
_APART = 0.1  # of the extent, from which on two placements are different ones
_BETTER = 0.02  # of correlation, from which a mirror image is told to fit better


@dataclass(frozen=True)
class Searched:
    """The plan that was taken.

    Attributes:
        coupling: of all spots.
        second_best: how alike neighbours express under quite another placement, in parts of the best.
        is_flipped: whether the other side up does better.
    """

    coupling: Coupling
    second_best: float
    is_flipped: bool


def searched(problem: Problem, sides: Expressed, mirrored: bool) -> Searched:
    """From no plan at all and from the sections laid upon each other at many angles, either side up.

    Few spots tell which placement it is, the one under which neighbours express most alike; then all spots take part.
    """
    small = _thinned(problem)
    d = small.moving.shape[1]
    middle, other = small.moving.mean(axis=0), small.fixed.mean(axis=0)
    tried = [coupled(small)]
    for turn in np.concatenate([turns(d, _N_TURNS[d], flipped) for flipped in (False, True)]):
        tried += [coupled(small, straight((small.moving - middle) @ turn.T + other, small))]
    own: list[_Tried] = []
    rest: list[_Tried] = []
    for one in tried:
        flipped = _is_flipped(one, small)
        linear, offset = placement(one.plan, small.moving, small.fixed, "rigid", flipped)
        found = _Tried(one, problem.moving @ linear.T + offset, _score(sides, linear, offset))
        (own if flipped == mirrored else rest).append(found)
    ranked = sorted(own or rest, key=lambda one: -one.score)
    extent = float(np.linalg.norm(np.ptp(problem.fixed, axis=0)))
    near = [one for one in ranked if _apart(one, ranked[0]) <= _APART * extent]
    far = [one.score for one in ranked if _apart(one, ranked[0]) > _APART * extent]
    best = max(near, key=lambda one: one.coupling.gain)
    second = min(max(max(far, default=0.0), 0.0) / ranked[0].score, 1.0) if ranked[0].score > 0 else 1.0
    is_flipped = not own or max((one.score for one in rest), default=0.0) > best.score + _BETTER
    if small is problem:
        return Searched(best.coupling, second, is_flipped)
    return Searched(coupled(problem, straight(best.moved, problem)), second, is_flipped)


@dataclass(frozen=True)
class _Tried:
    """A plan of some spots, where it puts all `[n, d]` moving ones, and how alike neighbours are then."""

    coupling: Coupling
    moved: np.ndarray
    score: float


def _score(sides: Expressed, linear: np.ndarray, offset: np.ndarray) -> float:
    """Correlation of neighbours; less where fewer spots have any, as few agree by chance more easily."""
    alike, near = sides.correlation(linear, offset)
    return 0.0 if alike is None else alike * near**0.5


def _apart(one: _Tried, other: _Tried) -> float:
    return float(np.linalg.norm(one.moved - other.moved, axis=1).mean())


def placement(
    plan: np.ndarray, moving: np.ndarray, fixed: np.ndarray, model: Model, mirrored: bool
) -> tuple[np.ndarray, np.ndarray]:
    """`[d, d]` and `[d]` of the map that fits a plan `[n, m]` best: weighted Procrustes to the middles of partners."""
    weights = plan.sum(axis=1)
    used = weights > 0
    return procrustes(moving[used], partners(plan, fixed)[used], model, weights[used], mirrored)


def partners(plan: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """`[n, d]` the weighted middle of what each moving spot goes with; zeros for one that goes with nothing."""
    weights = plan.sum(axis=1, keepdims=True)
    middles: np.ndarray = plan @ fixed / np.where(weights > 0, weights, 1.0)
    return middles


def reversed_plan(problem: Problem, unlike: np.ndarray, coupling: Coupling) -> Coupling:
    """The better of two plans back, with `[m, n]` unlikeness of its own: from none, and from the one there."""
    back = replace(
        problem,
        unlike=unlike,
        moving=problem.fixed,
        fixed=problem.moving,
        weights=problem.other_weights,
        other_weights=problem.weights,
    )
    return max((coupled(back), coupled(back, coupling.plan.T)), key=lambda one: one.gain)


def _thinned(problem: Problem) -> Problem:
    """The same with some of the spots, spread evenly over their rows; each side keeps what it weighed."""
    n, m = problem.unlike.shape
    if max(n, m) <= _FEW:
        return problem
    rows, others = (np.unique(np.linspace(0, size - 1, min(size, _FEW)).round().astype(int)) for size in (n, m))
    weights, other_weights = problem.weights[rows], problem.other_weights[others]
    return replace(
        problem,
        unlike=problem.unlike[np.ix_(rows, others)],
        moving=problem.moving[rows],
        fixed=problem.fixed[others],
        weights=weights * problem.weights.sum() / weights.sum(),
        other_weights=other_weights * problem.other_weights.sum() / other_weights.sum(),
    )


def _moved(coupling: Coupling, problem: Problem, mirrored: bool) -> np.ndarray:
    linear, offset = placement(coupling.plan, problem.moving, problem.fixed, "rigid", mirrored)
    return problem.moving @ linear.T + offset


def _is_flipped(coupling: Coupling, problem: Problem) -> bool:
    """Whether a mirrored placement lies nearer to what a plan says."""
    left = []
    for mirrored in (False, True):
        far = cdist(_moved(coupling, problem, mirrored), problem.fixed, "sqeuclidean")
        left.append(float((far * coupling.plan).sum()))
    return left[1] < left[0]
