"""Dynamic time warping within a band: which sample of one sequence belongs to which of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.align._numbers import is_real
from polymodal.align._wording import count, paragraphs
from polymodal.align.clock.stream import Stream
from polymodal.errors import DataError, SettingError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DIAGONAL, _DOWN, _ACROSS = 0, 1, 2
_ALONG_EDGE = 0.05  # share of a path on the edge of its band, from which on it is told


@dataclass(frozen=True)
class Warping:
    """How one sequence is stretched onto another.

    Attributes:
        path: `[K, 2]` int64, samples of the first and of the second that belong together, both ascending.
        cost: sum of the distances along the path, penalties included.
        distance: the same without penalties, for each step of the path.
        first, second: `[N, C]` and `[M, C]`, as they came.
        notes: what is worth knowing, one sentence each.
    """

    path: np.ndarray
    cost: float
    distance: float
    first: np.ndarray
    second: np.ndarray
    notes: tuple[str, ...]

    def __str__(self) -> str:
        n, m = len(self.first), len(self.second)
        return paragraphs(
            f"{count(m, 'sample')} warped onto {n:,} in {len(self.path):,} steps, "
            f"{self.distance:.4g} apart on the mean",
            self.notes,
        )

    def __repr__(self) -> str:
        return str(self)

    def apply(self, values: Any) -> np.ndarray:
        """What belongs to the second, `[M, ...]`, brought onto the samples of the first, `[N, ...]`: the mean of "
        "each."""
        given = np.asarray(values, dtype=np.float64)
        if len(given) != len(self.second):
            raise DataError(f"{len(given)} values came; the second sequence has {len(self.second)} samples")
        sums = np.zeros((len(self.first), *given.shape[1:]))
        np.add.at(sums, self.path[:, 0], given[self.path[:, 1]])
        counts = np.bincount(self.path[:, 0], minlength=len(self.first))
        return sums / counts.reshape(-1, *[1] * (given.ndim - 1))

    def to_pandas(self) -> pd.DataFrame:
        """The path: a row a step."""
        return pd.DataFrame(self.path, columns=["first", "second"])

    def to_dict(self) -> dict[str, Any]:
        """The path and its cost, for JSON."""
        told = {"cost": self.cost, "distance": self.distance, "path": self.path.tolist()}
        return told | {"notes": list(self.notes)}

    def plot(self) -> Figure:
        """Both sequences before and after, and the path."""
        from polymodal.align.clock._warping_plot import figure  # matplotlib is slow to import

        return figure(self)


def dtw(first: Any, second: Any, *, band: float = 0.1, penalty: float = 0.0) -> Warping:
    """The cheapest way to stretch one sequence onto another (Sakoe & Chiba 1978), by the Euclidean distance of samples.

    Args:
        first, second: numbers `[N]` or `[N, C]`, or a Stream at a fixed rate; brought to one scale by the caller.
        band: how far the path may stray from an even stretching, as a share of the longer sequence; 1 for anywhere.
        penalty: added for each step that stretches, against warping noise onto noise.

    All cells of an anti-diagonal are computed at once; memory is one byte for each cell of the band.
    Raises DataError for sequences that are empty, have gaps or unequal channels, SettingError for other settings.

    >>> dtw([0, 1, 2, 3], [0, 1, 1, 2, 3], band=1).path.tolist()
    [[0, 0], [1, 1], [1, 2], [2, 3], [3, 4]]
    """
    check_band(band)
    if not is_real(penalty, 0):
        raise SettingError(f"penalty={penalty!r} is a cost from 0 on")
    x, y = sequence(first, "first"), sequence(second, "second")
    if x.shape[1] != y.shape[1]:
        raise DataError(f"the first sequence has {x.shape[1]} channels and the second {y.shape[1]}")
    reach = max(band * max(len(x), len(y)), max(len(x), len(y)) / min(len(x), len(y)), 1.0)
    cost, steps, lows = _accumulated(x, y, reach, penalty)
    path = _walked(steps, lows, len(x), len(y))
    apart = np.sqrt(((x[path[:, 0]] - y[path[:, 1]]) ** 2).sum(axis=1))
    return Warping(path, cost, float(apart.mean()), x, y, tuple(_notes(path, len(x), len(y), reach, band)))


def check_band(band: Any) -> None:
    """Raises SettingError for what is no share."""
    if not is_real(band, 0) or band > 1:
        raise SettingError(f"band={band!r} is a share of the longer sequence, from 0 to 1")


def sequence(given: Any, name: str) -> np.ndarray:
    """`[N, C]` float64 of numbers or of a Stream. Raises DataError for what is empty or has gaps."""
    if isinstance(given, Stream):
        if (given.rate is None and len(given) > 1) or not given.present.all():
            raise DataError(f"the {name} stream is irregular or has gaps; bring it onto a grid first (resample)")
        return given.values
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"the {name} sequence does not hold numbers [time] or [time, channels]: {error}") from error
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.size:
        raise DataError(f"the {name} sequence has to be [time] or [time, channels] with a sample; {array.shape} came")
    if not np.isfinite(array).all():
        raise DataError(f"the {name} sequence has {int((~np.isfinite(array)).sum())} values that are NaN or infinite")
    return array


def band_of(diagonal: int, n: int, m: int, reach: float) -> tuple[int, int]:
    """The first row on an anti-diagonal that lies in the band, and the one after the last.

    >>> [band_of(d, 3, 3, 1.0) for d in range(5)]
    [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]
    """
    low, high = max(0, diagonal - m + 1), min(n - 1, diagonal)
    # |row - column * slope| <= reach along the longer side, column = diagonal - row
    slope = (n - 1) / (m - 1) if m > 1 else 0.0
    scale = 1 + slope
    width = reach * max(slope, 1.0) if slope else n
    low = max(low, int(np.ceil((diagonal * slope - width) / scale - 1e-9)))
    high = min(high, int(np.floor((diagonal * slope + width) / scale + 1e-9)))
    return low, max(high + 1, low)


def _accumulated(
    x: np.ndarray, y: np.ndarray, reach: float, penalty: float
) -> tuple[float, list[np.ndarray], list[int]]:
    """The cost of the whole, and for each anti-diagonal whence its cells were entered and its first row."""
    n, m = len(x), len(y)
    before, last = np.full(n + 1, np.inf), np.full(n + 1, np.inf)  # row i is at place i + 1
    steps: list[np.ndarray] = []
    lows: list[int] = []
    for diagonal in range(n + m - 1):
        low, high = band_of(diagonal, n, m, reach)
        rows = np.arange(low, high)
        apart = np.sqrt(((x[rows] - y[diagonal - rows]) ** 2).sum(axis=1))
        ways = np.stack([before[low:high], last[low:high] + penalty, last[low + 1 : high + 1] + penalty])
        if diagonal == 0:
            ways[0] = 0.0
        chosen = ways.argmin(axis=0)
        now = np.full(n + 1, np.inf)
        now[low + 1 : high + 1] = apart + np.take_along_axis(ways, chosen[None], axis=0)[0]
        steps.append(chosen.astype(np.uint8))
        lows.append(low)
        before, last = last, now
    return float(last[n]), steps, lows


def _walked(steps: list[np.ndarray], lows: list[int], n: int, m: int) -> np.ndarray:
    row, column = n - 1, m - 1
    path = [(row, column)]
    while row or column:
        step = steps[row + column][row - lows[row + column]]
        row -= int(step != _ACROSS)
        column -= int(step != _DOWN)
        path.append((row, column))
    return np.array(path[::-1], dtype=np.int64)


def _notes(path: np.ndarray, n: int, m: int, reach: float, band: float) -> list[str]:
    if band >= 1 or n < 3 or m < 3:
        return []
    edges = np.array([band_of(int(row + column), n, m, reach) for row, column in path])
    on_edge = (path[:, 0] <= edges[:, 0]) | (path[:, 0] >= edges[:, 1] - 1)
    inner = (path.min(axis=1) > 0) & (path[:, 0] < n - 1) & (path[:, 1] < m - 1) & (edges[:, 1] - edges[:, 0] > 2)
    share = float((on_edge & inner).mean())
    if share <= _ALONG_EDGE:
        return []
    return [f"{share:.0%} of the path runs along the edge of the band; a larger band= may fit"]
