"""Soft-DTW: a smooth cost of warping, and the divergence that is zero for equal sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import logsumexp

from polymodal.align._numbers import is_positive
from polymodal.align._wording import count
from polymodal.align.clock.warping import band_of, check_band
from polymodal.errors import DataError, SettingError

if TYPE_CHECKING:
    from torch import Tensor

_FAR = 1e10  # finite, so that gradients of cells outside stay finite


def soft_dtw(first: Any, second: Any, *, gamma: float = 1.0, band: float = 1.0, divergence: bool = True) -> Any:
    """The soft-DTW divergence of sequences (Cuturi & Blondel 2017; Blondel et al. 2021), by squared distances.

    `first` and `second` are `[N]` and `[M]`, `[N, C]` and `[M, C]`, or batches `[B, N, C]` and `[B, M, C]`; NumPy
    arrays (a float or `[B]` comes back) or torch tensors (a tensor with a gradient). The smaller `gamma`, the closer to
    DTW and the rougher. `band` is that of `dtw`. Without `divergence` it is soft-DTW itself, which is negative and
    least not where sequences are equal; the divergence is 0 for equal ones and positive otherwise.

    Raises DataError for shapes that do not fit, SettingError for settings out of range.

    >>> x = np.array([[0.0], [1.0], [2.0]])
    >>> soft_dtw(x, x), soft_dtw(x, x + 1) > 0
    (0.0, True)
    """
    if not is_positive(gamma):
        raise SettingError(f"gamma={gamma!r} is more than 0; for the limit of 0 take dtw()")
    check_band(band)
    is_tensor = any(hasattr(one, "requires_grad") for one in (first, second))
    x, y = _both_tensors(first, second) if is_tensor else (_array(first, "first"), _array(second, "second"))
    x, y = (one[:, None] if one.ndim == 1 else one for one in (x, y))
    if x.ndim not in (2, 3) or x.ndim != y.ndim or x.shape[-1] != y.shape[-1] or x.shape[:-2] != y.shape[:-2]:
        raise DataError(
            f"soft-DTW takes [N] and [M], [N, C] and [M, C], or [B, N, C] and [B, M, C]; "
            f"{list(x.shape)} and {list(y.shape)} came"
        )
    single = x.ndim == 2
    if single:
        x, y = x[None], y[None]
    cost: Any = _of_tensors if is_tensor else _of_arrays
    found = cost(x, y, gamma, band)
    if divergence:
        found = found - (cost(x, x, gamma, band) + cost(y, y, gamma, band)) / 2
    if not single:
        return found
    return found[0] if is_tensor else float(found[0])


def _array(given: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"the {name} sequence does not hold numbers: {error}") from error
    if not np.isfinite(array).all():
        gone = count(int((~np.isfinite(array)).sum()), "value that is", "values that are")
        raise DataError(f"the {name} sequence has {gone} NaN or infinite")
    return array


def _both_tensors(first: Any, second: Any) -> tuple[Tensor, Tensor]:
    """An array beside a tensor as one of its kind."""
    import torch

    like = first if isinstance(first, torch.Tensor) else second
    one, other = (torch.as_tensor(each, dtype=like.dtype, device=like.device) for each in (first, second))
    return one, other


def _reach(n: int, m: int, band: float) -> float:
    return max(band * max(n, m), max(n, m) / min(n, m), 1.0)


def _of_arrays(x: np.ndarray, y: np.ndarray, gamma: float, band: float) -> np.ndarray:
    size, n, m = len(x), x.shape[1], y.shape[1]
    before, last = np.full((size, n + 1), _FAR), np.full((size, n + 1), _FAR)
    for diagonal in range(n + m - 1):
        low, high = band_of(diagonal, n, m, _reach(n, m, band))
        rows = np.arange(low, high)
        apart = ((x[:, rows] - y[:, diagonal - rows]) ** 2).sum(axis=2)
        ways = np.stack([before[:, low:high], last[:, low:high], last[:, low + 1 : high + 1]])
        soft = np.zeros_like(apart) if diagonal == 0 else -gamma * logsumexp(-ways / gamma, axis=0)
        now = np.full((size, n + 1), _FAR)
        now[:, low + 1 : high + 1] = apart + soft
        before, last = last, now
    return last[:, n]


def _of_tensors(x: Tensor, y: Tensor, gamma: float, band: float) -> Tensor:
    import torch

    size, n, m = x.shape[0], x.shape[1], y.shape[1]
    before, last = x.new_full((size, n + 1), _FAR), x.new_full((size, n + 1), _FAR)
    for diagonal in range(n + m - 1):
        low, high = band_of(diagonal, n, m, _reach(n, m, band))
        rows = torch.arange(low, high, device=x.device)
        apart = ((x[:, rows] - y[:, diagonal - rows]) ** 2).sum(dim=2)
        ways = torch.stack([before[:, low:high], last[:, low:high], last[:, low + 1 : high + 1]])
        soft = torch.zeros_like(apart) if diagonal == 0 else -gamma * torch.logsumexp(-ways / gamma, dim=0)
        outside = x.new_full((size, low + 1), _FAR), x.new_full((size, n - high), _FAR)
        before, last = last, torch.cat([outside[0], apart + soft, outside[1]], dim=1)
    return last[:, n]
