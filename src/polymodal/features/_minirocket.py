"""Shares of time that fixed convolutions of a series are above learnt thresholds."""

from __future__ import annotations

from itertools import combinations

import numpy as np

N_KERNELS = 84
_REACH = 9  # weights of a kernel: three are 2, six are -1
_TRIPLES = np.array(list(combinations(range(_REACH), 3)))
_SIZES = 6  # at most this many dilations
_THRESHOLDS = 2  # for each kernel and dilation
_SAMPLED = 20  # training rows that a threshold is taken from


def dilations(length: int) -> np.ndarray:
    """`[d]` steps between the weights of a kernel, from 1 to what spans a series of that length.

    >>> dilations(200).tolist(), dilations(3).tolist()
    ([1, 3, 6, 13, 24], [1])
    """
    widest = max((length - 1) / (_REACH - 1), 1.0)
    return np.unique(np.floor(2 ** np.linspace(0, np.log2(widest), _SIZES) + 1e-9).astype(np.int64))


def responses(signals: np.ndarray, dilation: int) -> np.ndarray:
    """`[n, 84, T]` from `[n, T]`: each kernel's answer at each sample, zeros beyond both ends.

    Made of shifted sums, in one fixed order, so that an answer is the same bits whatever rows are beside it.
    """
    n, length = signals.shape
    margin = dilation * (_REACH // 2)
    padded = np.zeros((n, length + 2 * margin), dtype=np.float32)
    padded[:, margin : margin + length] = signals
    shifted = [padded[:, step * dilation : step * dilation + length] for step in range(_REACH)]
    total = -shifted[0]
    for one in shifted[1:]:
        total = total - one
    tripled = np.stack([3 * one for one in shifted], axis=1)
    answers = tripled[:, _TRIPLES[:, 0]]
    answers += tripled[:, _TRIPLES[:, 1]]
    answers += tripled[:, _TRIPLES[:, 2]]
    answers += total[:, None]
    return answers


def thresholds(signals: list[np.ndarray], steps: np.ndarray, seed: int) -> np.ndarray:
    """`[d, 84, 2]`: random quantiles of what each kernel answers to a few of the signals `[T]`."""
    random = np.random.default_rng(seed)
    found = np.zeros((len(steps), N_KERNELS, _THRESHOLDS), dtype=np.float32)
    sampled = [signals[row] for row in random.permutation(len(signals))[:_SAMPLED]]
    at = random.random((len(steps), N_KERNELS, _THRESHOLDS))
    for number, dilation in enumerate(steps.tolist()):
        answers = np.concatenate([responses(one[None], dilation)[0] for one in sampled], axis=1)
        for kernel in range(N_KERNELS):
            found[number, kernel] = np.quantile(answers[kernel], at[number, kernel])
    return found


def shares_above(signals: np.ndarray, steps: np.ndarray, above: np.ndarray) -> np.ndarray:
    """`[n, V, d, 84, 2]` from `[n, V, T]`: the proportion of positive values of MiniRocket (Dempster et al. 2021).

    >>> shares_above(np.zeros((1, 1, 5)), np.array([1]), np.full((1, 1, 84, 2), -1.0)).mean()
    np.float32(1.0)
    """
    n, views, length = signals.shape
    found = np.empty((n, *above.shape), dtype=np.float32)
    ones = np.ones(length, dtype=np.float32)  # a product with it counts, exactly and fast
    for number, dilation in enumerate(steps.tolist()):
        answers = responses(signals.reshape(n * views, length), dilation).reshape(n, views, N_KERNELS, length)
        for i in range(above.shape[3]):
            is_above = answers > above[:, number, :, i, None]
            found[:, :, number, :, i] = is_above.astype(np.float32) @ ones / length
    return found
