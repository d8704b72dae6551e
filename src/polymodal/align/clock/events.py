"""Offset and drift between clocks from the times of events that both saw: taps, claps, triggers, heart beats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from polymodal.align._numbers import is_positive
from polymodal.align._wording import duration
from polymodal.align.clock import _line
from polymodal.align.clock.drifting import Drift
from polymodal.align.clock.lag import AMBIGUOUS, Offset
from polymodal.align.clock.lengths import length_of
from polymodal.align.clock.stamps import stamps
from polymodal.align.clock.stream import Stream, one_zero
from polymodal.errors import DataError, SettingError

_LEAST = 3
_FEW = 10  # events, below which no part of them tells an offset
_MOST_PAIRS = 20_000_000
_ROUNDS = 8


def event_offset(
    first: Any, second: Any, *, max_offset: object = None, tolerance: object = None, unit: str = "s"
) -> Offset:
    """The offset between two clocks from the times of events; some may be missing or wrong on either side.

    Times are anything that `stamps` reads. The offset is the one at which most events of the second have a partner
    within `tolerance` (a tenth of the usual time between events unless given), then the median distance of partners, as
    in Nearest Advocate (Schranz et al. 2024). Raises DataError for fewer than three events on a side, and where no
    two are within `max_offset`.

    >>> round(event_offset([1.0, 2.5, 3.1, 7.0, 9.9], [0.2, 0.8, 4.7, 7.6]).seconds, 6)
    2.3
    """
    one, other = _events(first, unit, "first"), _events(second, unit, "second")
    zero = one_zero(one, other)
    x, y = one.from_zero(zero), other.from_zero(zero)
    reach = _tolerance(x, y, tolerance, unit)
    gaps = _distances(x, y, None if max_offset is None else length_of(max_offset, unit, "max_offset"))
    if not len(gaps):
        raise DataError(f"no two events lie within max_offset={max_offset!r} of each other; allow more")
    peak = _peak(x, y, gaps, reach)
    few = slice(None, None, max(1, len(gaps) // 5000))
    return Offset(
        seconds=peak.seconds,
        correlation=peak.share,
        confidence=peak.confidence,
        runner_up=peak.runner_up,
        overlap=_overlap(x, y + peak.seconds),
        method=f"event times within {duration(reach)}",
        lags=gaps[few],
        scores=peak.counts[few] / min(len(x), len(y)),
        first=one,
        second=other,
        notes=peak.notes,
    )


def event_drift(
    first: Any,
    second: Any,
    *,
    max_offset: object = None,
    tolerance: object = None,
    max_drift: float = 500.0,
    unit: str = "s",
) -> Drift:
    """Offset and drift between two clocks from the times of events; some may be missing or wrong on either side.

    From the offset of the whole, partners are looked for ever closer around a robust (Theil-Sen) line. The arguments
    are those of `event_offset`, and `max_drift` in ppm. Raises DataError where fewer than three events have a partner.

    >>> beats = np.cumsum(np.random.default_rng(0).uniform(0.5, 1.5, 400))
    >>> found = event_drift(beats, (beats - 12) / (1 + 40e-6))
    >>> round(found.ppm, 3), round(float(found.apply(0.0)), 6)
    (40.0, 12.0)
    """
    if not is_positive(max_drift):
        raise SettingError(f"max_drift={max_drift!r} is in ppm, and more than 0")
    one, other = _events(first, unit, "first"), _events(second, unit, "second")
    zero = one_zero(one, other)
    x, y = one.from_zero(zero), other.from_zero(zero)
    fine = _tolerance(x, y, tolerance, unit)
    coarse = fine + max_drift * 1e-6 * (y[-1] - y[0]) / 2
    start = _start(x, y, max_offset, fine, unit)
    level, slope, middle = start.seconds, 0.0, float(np.median(y))
    line, pairs = None, np.zeros((0, 2), dtype=np.int64)
    reach = coarse
    for _ in range(_ROUNDS):
        moved = y + level + slope * (y - middle)
        pairs = _partners(x, moved, reach)
        if len(pairs) < _LEAST:
            raise DataError(
                f"{len(pairs)} of {len(y)} events have a partner within {duration(reach)}; a line needs {_LEAST}. "
                "Allow a larger tolerance="
            )
        some = pairs[:: max(1, len(pairs) // 1000)]
        line = _line.theil_sen(y[some[:, 1]], x[some[:, 0]] - y[some[:, 1]])
        level, slope, middle = line.level, line.slope, line.middle
        reach = max(fine, reach / 3)
    assert line is not None
    distances = x[pairs[:, 0]] - y[pairs[:, 1]]
    residuals = distances - level - slope * (y[pairs[:, 1]] - middle)
    spread = _line.spread_of(residuals)
    pieces = pd.DataFrame(
        {
            "time": y[pairs[:, 1]],
            "seconds": distances,
            "residual": residuals,
            "correlation": 1.0,
            "used": np.abs(residuals) <= fine,
        }
    )
    alone = len(y) - len(pairs)
    return Drift(
        seconds=level,
        ppm=slope * 1e6,
        interval=(line.low * 1e6, line.high * 1e6),
        at=middle,
        correlation=len(pairs) / min(len(x), len(y)),
        confidence=start.confidence,
        runner_up=start.runner_up,
        overlap=_overlap(x, y + level + slope * (y - middle)),
        spread=spread,
        pieces=pieces,
        method="Theil-Sen line",
        first=one,
        second=other,
        notes=(*start.notes, *([f"{alone} of {len(y)} events have no partner"] if alone else [])),
    )


@dataclass(frozen=True)
class _Peak:
    """The offset that most events agree on, how many agree on each, and the next best one."""

    seconds: float
    share: float
    counts: np.ndarray
    confidence: float
    runner_up: float | None
    notes: tuple[str, ...]


def _peak(x: np.ndarray, y: np.ndarray, gaps: np.ndarray, reach: float) -> _Peak:
    counts = np.searchsorted(gaps, gaps + reach, "right") - np.searchsorted(gaps, gaps - reach, "left")
    seconds, share = _closest(x, y, float(gaps[int(np.argmax(counts))]), reach)
    outside = np.abs(gaps - seconds) > 4 * reach
    second = int(counts[outside].max()) if outside.any() else 0
    runner_up = float(gaps[outside][int(np.argmax(counts[outside]))]) if outside.any() else None
    height = second / counts.max()
    notes: tuple[str, ...] = ()
    if height >= AMBIGUOUS and runner_up is not None:
        notes = (
            f"ambiguous: {duration(runner_up)} fits {height:.0%} as well. The events repeat at even steps or are too "
            "few; narrow max_offset=",
        )
    return _Peak(seconds, share, counts, float(np.clip(1 - height, 0, 1)), runner_up, notes)


def _overlap(x: np.ndarray, moved: np.ndarray) -> float:
    return float(max(min(x[-1], moved[-1]) - max(x[0], moved[0]), 0.0))


def _start(x: np.ndarray, y: np.ndarray, max_offset: object, fine: float, unit: str) -> _Peak:
    """The offset of the middle third, where drift has moved little, or of the whole where that is too few events."""
    third = len(y) // 3
    part = y if third < _FEW else y[third : 2 * third]
    limit = None if max_offset is None else length_of(max_offset, unit, "max_offset")
    gaps = _distances(x, part, limit)
    if not len(gaps):
        raise DataError(f"no two events lie within max_offset={max_offset!r} of each other; allow more")
    return _peak(x, part, gaps, fine)


def _events(given: Any, unit: str, name: str) -> Stream:
    read = stamps(given, unit=unit, name=name)
    ticks = np.sort(read.ticks[read.known])
    if len(ticks) < _LEAST:
        raise DataError(f"the {name} side has {len(ticks)} events; it takes at least {_LEAST}")
    zero = None
    if read.kind != "numbers":
        zero, ticks = int(ticks[0]), ticks - ticks[0]
    seconds = ticks / 1e9 if ticks.dtype.kind == "i" else ticks
    ones = np.ones((len(seconds), 1))
    return Stream(ones, ones > 0, seconds.astype(np.float64), zero, None, name, (name,))


def _tolerance(x: np.ndarray, y: np.ndarray, tolerance: object, unit: str) -> float:
    if tolerance is not None:
        return length_of(tolerance, unit, "tolerance")
    return float(0.1 * min(np.median(np.diff(x)), np.median(np.diff(y)))) or 1e-3


def _distances(x: np.ndarray, y: np.ndarray, limit: float | None) -> np.ndarray:
    """Of all pairs, ascending; of very many events, of an even choice of those of the second."""
    some = y[:: max(1, len(x) * len(y) // _MOST_PAIRS + 1)] if len(x) * len(y) > _MOST_PAIRS else y
    gaps = (x[:, None] - some[None, :]).ravel()
    return np.sort(gaps if limit is None else gaps[np.abs(gaps) <= limit])


def _closest(x: np.ndarray, y: np.ndarray, guess: float, reach: float) -> tuple[float, float]:
    """The median distance of partners around a guess, and the share of events that have one."""
    pairs = _partners(x, y + guess, reach)
    if not len(pairs):
        return guess, 0.0
    found = float(np.median(x[pairs[:, 0]] - y[pairs[:, 1]]))
    return found, len(pairs) / min(len(x), len(y))


def _partners(x: np.ndarray, y: np.ndarray, reach: float) -> np.ndarray:
    """`[P, 2]` positions that are each other's nearest, within reach."""
    nearest = _nearest(x, y)
    back = _nearest(y, x)
    own = np.arange(len(y))
    mutual = (back[nearest] == own) & (np.abs(x[nearest] - y) <= reach)
    return np.stack([nearest[mutual], own[mutual]], axis=1)


def _nearest(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    after = np.searchsorted(x, y).clip(1, len(x) - 1)
    return np.where(y - x[after - 1] <= x[after] - y, after - 1, after)
