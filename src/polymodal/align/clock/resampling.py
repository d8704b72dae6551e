"""A stream on an even grid; what lies in a gap stays absent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from polymodal.align._wording import count, duration, paragraphs
from polymodal.align.clock.lengths import check_ends, length_of, samples_a_second
from polymodal.align.clock.stream import Stream, as_stream
from polymodal.errors import DataError, SettingError, near_miss

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Method = Literal["linear", "previous", "nearest", "mean"]
_USUAL_GAP = 2.5  # steps, beyond which nothing is filled in
_MOST = 1 << 28  # samples of a grid: two gigabytes a channel


@dataclass(frozen=True)
class Resampled:
    """A stream before and after.

    Attributes:
        before, after: the streams.
        method: how values were found.
        max_gap: seconds between two samples, beyond which nothing was filled in.
    """

    before: Stream
    after: Stream
    method: str
    max_gap: float

    def __str__(self) -> str:
        gone = float(1 - self.after.present.mean())
        return paragraphs(
            f"{self.before.name}: {count(len(self.before), 'sample')} became {len(self.after):,} at "
            f"{self.after.rate:.6g} a second ({self.method})",
            [f"{gone:.1%} of the values are absent: no sample within {duration(self._reach)}"] if gone else [],
        )

    def __repr__(self) -> str:
        return str(self)

    @property
    def _reach(self) -> float:
        return 0.5 / self.after.rate if self.method == "mean" and self.after.rate else self.max_gap

    def to_pandas(self) -> pd.DataFrame:
        """A row a sample of the grid."""
        return self.after.to_pandas()

    def to_dict(self) -> dict[str, Any]:
        """What was done, for JSON."""
        return {
            "name": self.before.name,
            "method": self.method,
            "max_gap": self.max_gap,
            "samples": len(self.after),
            "rate": self.after.rate,
            "absent": float(1 - self.after.present.mean()),
        }

    def plot(self) -> Figure:
        """Both streams, channel by channel."""
        from polymodal.align.clock._plots import overlaid  # matplotlib is slow to import

        return overlaid([("before", self.before), ("after", self.after)], f"{self.before.name} resampled")


def resample(
    stream: Any,
    rate: float,
    *,
    method: Method = "linear",
    start: float | None = None,
    end: float | None = None,
    max_gap: object = None,
) -> Resampled:
    """A stream on an even grid of `rate` samples a second, from its first to its last sample unless said otherwise.

    "linear" joins the samples on both sides, "nearest" takes the closer one, "previous" the last one, which alone never
    looks ahead; "mean" averages what falls into each step, centred on it, which is for lower rates. Where samples are
    further apart than `max_gap` (2.5 usual steps unless given; seconds, or text such as "2s"), nothing is filled in.
    Raises SettingError for settings out of range, DataError for a stream of one sample.

    >>> resample(Stream.of([0.0, 2.0, 4.0], times=[0, 1, 2]), 2).after.values[:, 0].tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    given = as_stream(stream, "given")
    if method not in get_args(Method):
        raise SettingError(f"method={method!r} is unknown. {near_miss(method, get_args(Method))}")
    rate = samples_a_second(rate)
    if len(given) < 2:
        raise DataError(f"{given.name!r} has one sample; it takes two to say what lies between")
    gap = _USUAL_GAP * max(given.step, 1 / rate) if max_gap is None else length_of(max_gap, "s", "max_gap")
    check_ends(start, end)
    first, last = given.seconds[0] if start is None else start, given.seconds[-1] if end is None else end
    if last < first:
        raise SettingError(f"the grid ends at {last:g} s, before it starts at {first:g} s")
    n = int(np.floor((last - first) * rate * (1 + 1e-12) + 1e-9)) + 1
    if n > _MOST:
        raise SettingError(f"a grid of {n:.3g} samples at rate={rate:g} is too large; {_MOST:,} are the most")
    grid = first + np.arange(n) / rate
    values = np.zeros((len(grid), given.values.shape[1]))
    present = np.zeros_like(values, dtype=bool)
    for channel in range(values.shape[1]):
        here = given.present[:, channel]
        if here.any():
            values[:, channel], present[:, channel] = _on_grid(
                given.seconds[here], given.values[here, channel], grid, method, gap, rate
            )
    after = replace(given, values=values, present=present, seconds=grid, rate=rate)
    return Resampled(given, after, method, gap)


def _on_grid(
    seconds: np.ndarray, values: np.ndarray, grid: np.ndarray, method: str, gap: float, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    if method == "mean":
        places = np.rint((seconds - grid[0]) * rate).astype(np.int64)
        inside = (places >= 0) & (places < len(grid))
        counts = np.bincount(places[inside], minlength=len(grid))
        sums = np.bincount(places[inside], values[inside], minlength=len(grid))
        return sums / np.maximum(counts, 1), counts > 0
    after = np.minimum(np.searchsorted(seconds, grid - 1e-9, side="left"), len(seconds) - 1)
    before = np.maximum(np.searchsorted(seconds, grid + 1e-9, side="right") - 1, 0)
    since, until = grid - seconds[before], seconds[after] - grid
    if method == "previous":
        return values[before], (since >= -1e-9) & (since <= gap)
    if method == "nearest":
        chosen = np.where(np.abs(until) < np.abs(since), after, before)
        return values[chosen], np.abs(grid - seconds[chosen]) <= gap
    inside = (since >= -1e-9) & (until >= -1e-9) & (seconds[after] - seconds[before] <= gap)
    return np.interp(grid, seconds, values), inside
