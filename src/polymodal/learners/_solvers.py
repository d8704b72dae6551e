"""Ridge, logistic, ordinal and Cox regression on one matrix, over a path of strengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.sparse import issparse
from scipy.special import expit
from sklearn.linear_model import Ridge

from polymodal.features._features import Matrix
from polymodal.features._reduction import principal_directions
from polymodal.objectives.ordinal import log_probabilities
from polymodal.objectives.survival import cox_loss

Fit = tuple[np.ndarray, np.ndarray]  # coefficients [W, R], intercepts [R]

_LEAST_GAP = 1e-3  # between the first guesses of neighbouring cutpoints
_WIDER = 2  # times as many columns as rows, from which it pays to turn the matrix first
_MOST_DIRECTIONS = 300  # of a sparse matrix, for losses that want a dense one


def logistic(x: Matrix, codes: np.ndarray, weight: np.ndarray, strengths: Sequence[float]) -> Iterator[Fit]:
    """Multinomial logistic regression on codes `[n]`; logits of the classes seen, in ascending order.

    As of scikit-learn's LogisticRegression, without its checks of every argument at every strength, which for a few
    rows take most of the time.
    """
    x, back = _thin(x)
    x = x.astype(np.float64)  # once, or every product would convert it
    seen, place = np.unique(codes, return_inverse=True)
    n_columns, n_classes = x.shape[1], len(seen)
    n_scores = 1 if n_classes == 2 else n_classes
    n_slopes = n_columns * n_scores
    share = np.asarray(weight, dtype=np.float64) / weight.sum()
    truth = np.eye(n_classes)[place][:, -n_scores:]
    # Rows are of about unit length: with more columns, the slope in each of them is smaller.
    flat = min(1e-3, 0.02 / max(n_columns, 1) ** 0.5)
    options = {"maxiter": 300, "maxls": 50, "gtol": flat, "ftol": 64 * np.finfo(np.float64).eps}
    for strength in strengths:
        if n_classes == 1:
            yield _wide(np.zeros((n_columns, 1)), back), np.zeros(1)
            continue
        decay = 1 / (strength * weight.sum())

        def loss(at: np.ndarray, decay: float = decay) -> tuple[float, np.ndarray]:
            slopes = at[:n_slopes].reshape(n_columns, n_scores)
            each, rest = _surprise(x @ slopes + at[n_slopes:], truth)
            rest *= share[:, None]
            slope = x.T @ rest + decay * slopes
            total = float(share @ each) + decay / 2 * float((slopes * slopes).sum())
            return total, np.concatenate([slope.ravel(), rest.sum(axis=0)])

        # A little short of the optimum answers as well.
        found = minimize(loss, np.zeros(n_slopes + n_scores), jac=True, method="L-BFGS-B", options=options).x
        coefficients, intercepts = found[:n_slopes].reshape(n_columns, n_scores), found[n_slopes:]
        if n_classes == 2:
            halves = np.array([[-0.5, 0.5]])
            coefficients, intercepts = coefficients @ halves, intercepts @ halves
        yield _wide(coefficients, back), intercepts


def _surprise(raw: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`[n]` negative log likelihood of scores `[n, R]`, one for two classes, and its slope `[n, R]`."""
    if raw.shape[1] == 1:
        each = np.logaddexp(0.0, raw) - truth * raw
        return each[:, 0], expit(raw) - truth
    raw = raw - raw.max(axis=1, keepdims=True)
    chances = np.exp(raw)
    total = chances.sum(axis=1, keepdims=True)
    chances /= total
    return np.log(total[:, 0]) - (raw * truth).sum(axis=1), chances - truth


def ordinal(x: Matrix, codes: np.ndarray, weight: np.ndarray, strengths: Sequence[float]) -> Iterator[Fit]:
    """Proportional odds (McCullagh 1980) on codes `[n]` of L levels, each seen, with a ridge penalty of the slopes.

    One column of coefficients, and L - 1 intercepts that fall: logits of passing each level but the last.
    """
    x, back = _thin(x)
    n_columns, n_levels = x.shape[1], int(codes.max()) + 1
    levels, share = torch.from_numpy(codes), torch.from_numpy(np.asarray(weight, dtype=np.float64))
    if n_levels == 1:
        for _ in strengths:
            yield np.zeros((n_columns if back is None else back.shape[0], 1)), np.zeros(0)
        return
    counts = np.bincount(codes, weight, minlength=n_levels)
    passed = 1 - np.cumsum(counts)[:-1] / counts.sum()
    first = np.log(passed / (1 - passed))
    start = np.concatenate([np.zeros(n_columns), first[:1], np.log(np.maximum(-np.diff(first), _LEAST_GAP))])
    for strength in strengths:

        def loss(at: np.ndarray, strength: float = strength) -> tuple[float, np.ndarray]:
            slopes = at[:n_columns]
            score = torch.from_numpy(np.asarray(x @ slopes, dtype=np.float64)).requires_grad_()
            cuts = torch.from_numpy(at[n_columns:].copy()).requires_grad_()
            each = log_probabilities(score[:, None] + _falling(cuts)).gather(1, levels[:, None])[:, 0]
            total = -(each * share).sum()
            by_score, by_cuts = torch.autograd.grad(total, (score, cuts))
            slope = np.asarray(x.T @ by_score.numpy(), dtype=np.float64) + slopes / strength
            return float(total.detach()) + float(slopes @ slopes) / (2 * strength), np.append(slope, by_cuts.numpy())

        start = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
        intercepts = _falling(torch.from_numpy(start[n_columns:])).numpy()
        yield _wide(start[:n_columns, None].copy(), back), intercepts


def _falling(cuts: torch.Tensor) -> torch.Tensor:
    """`[K]` cutpoints from the highest and the logarithms of the steps down."""
    return torch.cat([cuts[:1], cuts[:1] - cuts[1:].exp().cumsum(0)])


def ridge(x: Matrix, values: np.ndarray, weight: np.ndarray, strengths: Sequence[float]) -> Iterator[Fit]:
    """Least squares on numbers `[n]` with a penalty of 1 / strength on unit-variance labels (Hoerl & Kennard 1970)."""
    x, back = _thin(x)
    mean = np.average(values, weights=weight)
    spread = np.sqrt(np.average((values - mean) ** 2, weights=weight)) or 1.0
    for strength in strengths:
        found = Ridge(alpha=1 / strength).fit(x, (values - mean) / spread, weight)
        yield (
            _wide(found.coef_[:, None].astype(np.float64), back) * spread,
            np.atleast_1d(found.intercept_ * spread + mean),
        )


def cox(x: Matrix, labels: np.ndarray, weight: np.ndarray, strengths: Sequence[float]) -> Iterator[Fit]:
    """Proportional hazards on (time, event) `[n, 2]` (Cox 1972) with a ridge penalty; risks are around their mean."""
    dense, back = _thin(x, dense=True)
    z, (time, event) = torch.from_numpy(np.ascontiguousarray(dense, dtype=np.float64)), torch.from_numpy(labels).T
    share = torch.from_numpy(weight)
    n_events = float((event * share).sum())
    start = np.zeros(z.shape[1])
    for strength in strengths:

        def loss(at: np.ndarray, strength: float = strength) -> tuple[float, np.ndarray]:
            w = torch.from_numpy(at).requires_grad_()
            total = n_events * cox_loss(z @ w, time, event, share) + w.square().sum() / (2 * strength)
            (slope,) = torch.autograd.grad(total, w)
            return float(total.detach()), slope.numpy()

        start = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
        mean = np.average(dense @ start, weights=weight)
        yield _wide(start[:, None], back), np.array([-mean])


def _thin(x: Matrix, dense: bool = False) -> tuple[Matrix, np.ndarray | None]:
    """Many columns as no more than there are rows, and the way back `[W, k]`.

    A ridge solution lies in the span of the rows (the representer theorem), so nothing is lost; of a sparse matrix,
    where that would cost too much, only the main directions are kept.
    """
    if issparse(x):
        if not dense:
            return x, None
        back = principal_directions(x, _MOST_DIRECTIONS, seed=0)
        return x @ back, back
    if x.shape[1] <= _WIDER * x.shape[0]:
        return x, None
    span, rows = np.linalg.qr(np.asarray(x, dtype=np.float64).T)
    return np.ascontiguousarray(rows.T), span


def _wide(coefficients: np.ndarray, back: np.ndarray | None) -> np.ndarray:
    return coefficients if back is None else back @ coefficients
