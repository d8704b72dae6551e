"""Offset: by how much one clock is ahead of another, from what both recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.align._wording import count, duration, paragraphs
from polymodal.align.clock._chance import by_chance
from polymodal.align.clock._correlation import Correlogram, Peak, correlogram, peak_of
from polymodal.align.clock._gridded import at_times, need_movement, on_grid
from polymodal.align.clock.lengths import length_of, samples_a_second
from polymodal.align.clock.stream import Stream, one_zero, two_streams
from polymodal.errors import DataError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AMBIGUOUS = 0.8  # height of another peak, from which on an offset is told to be doubtful
_PLAIN = 0.8  # correlation, from which on nobody asks whether it is by chance
_BY_CHANCE = 1.2  # times what is to be expected; about one in thirty pairs of strangers is above it
_NAMED = 5  # channels in a message
_REFINED = 3  # samples to either side that are looked at again


@dataclass(frozen=True)
class Offset:
    """By how much the clock of the second stream is behind that of the first.

    Attributes:
        seconds: to be added to times of the second, to have them by the clock of the first.
        correlation: of what overlaps then, from -1 to 1; for event times, the share of events with a partner.
        confidence: from 0 (another offset fits as well) to 1 (no other fits at all).
        runner_up: the next best offset in seconds; None where there is no other.
        overlap: seconds that both recorded.
        method: how it was found.
        lags, scores: `[L]` offsets in seconds that were looked at, and how well each fits.
        first, second: the streams, as they came.
        notes: what is worth knowing, one sentence each; a doubtful answer says so here.
    """

    seconds: float
    correlation: float
    confidence: float
    runner_up: float | None
    overlap: float
    method: str
    lags: np.ndarray
    scores: np.ndarray
    first: Stream
    second: Stream
    notes: tuple[str, ...]

    def __str__(self) -> str:
        return paragraphs(
            f"Add {duration(self.seconds)} to the times of {self.second.name!r} to have them by the clock of "
            f"{self.first.name!r}",
            [
                f"{self.method}: correlation {self.correlation:.2f} over {duration(self.overlap)}, confidence "
                f"{self.confidence:.2f}",
                *self.notes,
            ],
        )

    def __repr__(self) -> str:
        return str(self)

    def apply(self, given: Any) -> Any:
        """Times `[T]` in seconds, or a Stream, of the second clock by the clock of the first."""
        if isinstance(given, Stream):
            return on_clock(given, given.seconds + self.seconds, self.first)
        return np.asarray(given, dtype=np.float64) + self.seconds

    def offset_at(self, times: Any) -> np.ndarray:
        """What is to be added to times of the second clock, in seconds: the same throughout."""
        return np.full(np.shape(times), self.seconds)

    def to_pandas(self) -> pd.DataFrame:
        """How well each offset fits: `seconds`, `score`."""
        return pd.DataFrame({"seconds": self.lags, "score": self.scores})

    def to_dict(self) -> dict[str, Any]:
        """The figures, without the streams and the curve, for JSON."""
        names = ("seconds", "correlation", "confidence", "runner_up", "overlap", "method")
        return {name: getattr(self, name) for name in names} | {"notes": list(self.notes)}

    def plot(self) -> Figure:
        """How well each offset fits, and both streams before and after."""
        from polymodal.align.clock._clock_plots import of_offset  # matplotlib is slow to import

        return of_offset(self)


def offset(
    first: Any, second: Any, *, phase: bool = False, max_offset: object = None, rate: float | None = None
) -> Offset:
    """The offset between two clocks from two recordings of the same thing, to a fraction of a sample.

    Both are a Stream, or a pandas Series or frame with times for an index, of as many channels; they need not overlap
    by their own clocks, unless `max_offset` (seconds, or text such as "2min") says how far apart clocks can be. The
    normalised cross-correlation is searched over all lags at which a quarter of the shorter stream overlaps, with gaps
    left out (generalised cross-correlation; Knapp & Carter 1976). `phase` weighs all frequencies alike, which helps
    with echoes and broad-band signals and harms narrow-band and noisy ones. Streams of unequal or irregular rates are
    compared at `rate`, the higher of the two unless given. A constant drift of 100 ppm is no harm within minutes; for
    longer recordings take `drift`.

    Raises DataError for streams that are constant, too short, of unequal channels, or that cannot overlap.

    >>> random = np.random.default_rng(0)
    >>> walk = np.convolve(random.normal(size=3000), np.hanning(20), "same")
    >>> early = Stream.of(walk[500:2500], rate=100, start=7.0)
    >>> round(offset(Stream.of(walk, rate=100), early).seconds, 4)
    -2.0
    """
    one, other = two_streams(first, second)
    _check(one, other)
    zero = one_zero(one, other)
    times, other_times = one.from_zero(zero), other.from_zero(zero)
    rate = _rate(one, other, rate)
    x, x_here, x_start = on_grid(one, rate, times)
    y, y_here, y_start = on_grid(other, rate, other_times)
    bounds = _bounds(max_offset, x_start - y_start, rate)
    found = correlogram(x, y, x_here, y_here, lowest=bounds[0], highest=bounds[1], phase=phase)
    if found is None:
        raise DataError(_no_overlap(one, other, times, other_times, max_offset))
    peak = peak_of(found)
    shift = x_start - y_start
    seconds = _refined(one, other, times, other_times, shift + peak.lag / rate, rate, phase)
    lags = shift + found.lags / rate
    if max_offset is not None:
        seconds = float(np.clip(seconds, shift + bounds[0] / rate, shift + bounds[1] / rate))
    chance = by_chance(x, y, x_here, y_here, len(lags), peak.overlap)
    overlap = min(times[-1], other_times[-1] + seconds) - max(times[0], other_times[0] + seconds)
    method = "cross-correlation with phase transform" if phase else "cross-correlation"
    runner_up = None if peak.second_lag is None else shift + peak.second_lag / rate
    return Offset(
        seconds=seconds,
        correlation=peak.correlation,
        confidence=confidence_of(peak),
        runner_up=runner_up,
        overlap=float(overlap),
        method=method,
        lags=lags,
        scores=found.score,
        first=one,
        second=other,
        notes=(*_notes(found, peak, seconds, runner_up, shift, rate, chance), *_units(one, other), *_zones(one, other)),
    )


def on_clock(given: Stream, seconds: np.ndarray, first: Stream) -> Stream:
    """A stream at other times, which are by the clock of the first."""
    return replace(given.moved(seconds), is_local=first.is_local)


def confidence_of(peak: Peak) -> float:
    """How far the next best is below the best, from 0 to 1."""
    if peak.score <= 0:
        return 0.0
    return float(np.clip(1 - peak.second / peak.score, 0, 1)) if peak.second is not None else max(peak.correlation, 0.0)


def _check(first: Stream, second: Stream) -> None:
    if first.values.shape[1] != second.values.shape[1]:
        told = " and ".join(f"{one.name!r} has {_channels(one)}" for one in (first, second))
        raise DataError(f"{told}; give those that measure the same thing, as many of each (column=)")
    need_movement(first)
    need_movement(second)


def _channels(stream: Stream) -> str:
    named = ", ".join(map(repr, stream.channels[:_NAMED])) + (", ..." if len(stream.channels) > _NAMED else "")
    return f"{count(len(stream.channels), 'channel')} ({named})"


def _rate(first: Stream, second: Stream, rate: float | None) -> float:
    if rate is not None:
        return samples_a_second(rate)
    return max(1 / first.step, 1 / second.step)


def _bounds(max_offset: object, shift: float, rate: float) -> tuple[float, float]:
    if max_offset is None:
        return -np.inf, np.inf
    most = length_of(max_offset, "s", "max_offset")
    return (-most - shift) * rate - 1e-6, (most - shift) * rate + 1e-6


def _refined(
    first: Stream,
    second: Stream,
    times: np.ndarray,
    other_times: np.ndarray,
    seconds: float,
    rate: float,
    phase: bool,
) -> float:
    """Once more with both cut to what overlaps, where no lag is favoured for the length of its overlap."""
    low, high = max(times[0], other_times[0] + seconds), min(times[-1], other_times[-1] + seconds)
    low = times[min(np.searchsorted(times, low - 1e-9), len(times) - 1)]
    grid = low + np.arange(int(max(high - low, 0) * rate) + 1) / rate
    x, x_here = at_times(first, grid, times)
    y, y_here = at_times(second, grid - seconds, other_times)
    found = correlogram(x, y, x_here, y_here, lowest=-_REFINED, highest=_REFINED, phase=phase)
    if found is None:
        return seconds
    return float(seconds + peak_of(found).lag / rate)


def _no_overlap(first: Stream, second: Stream, times: np.ndarray, other_times: np.ndarray, max_offset: object) -> str:
    spans = f"{first.moment(first.seconds[0])} to {first.moment(first.seconds[-1])}"
    others = f"{second.moment(second.seconds[0])} to {second.moment(second.seconds[-1])}"
    within = f" with max_offset={max_offset!r}" if max_offset is not None else ""
    return (
        f"{first.name!r} ({spans}) and {second.name!r} ({others}) do not overlap enough{within}: at least a quarter of "
        "the shorter one is needed. Allow a larger max_offset, or see whether both count in the same unit"
    )


def _units(first: Stream, second: Stream) -> list[str]:
    """A sentence where steps differ as milliseconds and seconds do."""
    slow, fast = sorted((first, second), key=lambda one: -one.step)
    ratio = slow.step / fast.step
    known = next((one for one in (10**3, 10**6, 10**9) if 0.8 < ratio / one < 1.25), None)
    if known is None:
        return []
    return [
        f"a step of {slow.name!r} lasts {known:,} times one of {fast.name!r}: one of them may count in another unit "
        "(unit= says which)"
    ]


def _zones(first: Stream, second: Stream) -> list[str]:
    if first.zero is None or first.is_local == second.is_local:
        return []
    local, zoned = (first, second) if first.is_local else (second, first)
    return [
        f"{local.name!r} shows local time and {zoned.name!r} says its offset from UTC: what is to be added holds the "
        "hours between (zone= says where the local clock stood)"
    ]


def _notes(
    found: Correlogram,
    peak: Peak,
    seconds: float,
    runner_up: float | None,
    shift: float,
    rate: float,
    chance: float,
) -> list[str]:
    told = []
    if peak.second is not None and peak.score > 0 and peak.second >= AMBIGUOUS * peak.score and runner_up is not None:
        told.append(
            f"ambiguous: {duration(runner_up)} fits {peak.second / peak.score:.0%} as well, "
            f"{duration(abs(runner_up - seconds))} away. The signal repeats itself, is too short, or is not in both; "
            "narrow max_offset= or give a longer part"
        )
    if peak.correlation < min(_BY_CHANCE * chance, _PLAIN):
        told.append(
            f"the streams hardly agree anywhere: signals as short and smooth that have nothing in common reach a "
            f"correlation of {chance:.2f}"
        )
    low = int(np.argmin(found.score))
    if -found.score[low] > 1.2 * max(peak.score, 0.0):
        told.append(
            f"upside down they agree better (correlation {found.correlation[low]:.2f} at "
            f"{duration(shift + found.lags[low] / rate)}); turn the sign of one and ask again"
        )
    if len(found.lags) > 3 and int(np.argmax(found.score)) in (0, len(found.score) - 1):
        told.append("the best offset is the largest that was allowed; the true one may lie beyond")
    return told
