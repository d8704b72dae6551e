"""Windows of one length over streams of unequal rates; irregular ones stay irregular."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.align._wording import count, duration, paragraphs
from polymodal.align.clock.lengths import check_ends, length_of
from polymodal.align.clock.stream import Stream, as_stream
from polymodal.errors import DataError, SettingError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST = 1 << 24  # windows
_EDGE = 1e-9  # seconds, below which two times are one


@dataclass(frozen=True)
class Windows:
    """Windows over streams; each is from its start on, without its end.

    Attributes:
        streams: by name, as they came.
        starts: `[W]` seconds from `zero`.
        length: seconds.
        bounds: for each stream `[W, 2]`, its first sample in a window and the one after the last.
        zero: nanoseconds since 1970; None for clocks without dates.
        notes: what is worth knowing, one sentence each.
    """

    streams: Mapping[str, Stream]
    starts: np.ndarray
    length: float
    bounds: Mapping[str, np.ndarray]
    zero: int | None
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.starts)

    def __str__(self) -> str:
        lines = [("", "samples in a window", "windows without any")]
        for name, bounds in self.bounds.items():
            sizes = bounds[:, 1] - bounds[:, 0]
            pace = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
            lines.append((name, pace, str(int((sizes == 0).sum()))))
        return paragraphs(f"{count(len(self), 'window')} of {duration(self.length)}", self.notes, lines)

    def __repr__(self) -> str:
        return str(self)

    def cell(self, name: str, window: int) -> Any:
        """What a stream has in a window: `[T, C]` at a fixed rate, else `(times [T], values [T, C])`.

        Times count from the window's start; NaN where a channel has a gap, None where there is nothing at all.
        """
        stream = self.streams[name]
        low, high = self.bounds[name][window]
        values = np.where(stream.present[low:high], stream.values[low:high], np.nan)
        if np.isnan(values).all():
            return None
        if stream.rate is not None:
            return values
        return stream.from_zero(self.zero)[low:high] - self.starts[window], values

    def to_pandas(self) -> pd.DataFrame:
        """A row a window: its `start`, and a cell of each stream, as `pm.Series` reads them."""
        starts: Any = self.starts
        if self.zero is not None:
            starts = pd.to_datetime(self.zero + np.rint(self.starts * 1e9).astype(np.int64))
        frame = pd.DataFrame({"start": starts})
        for name in self.streams:
            cells = np.empty(len(self), dtype=object)
            for window in range(len(self)):
                cells[window] = self.cell(name, window)
            frame[name] = cells
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Starts, and how many samples each stream has in each window, for JSON."""
        sizes = {name: (bounds[:, 1] - bounds[:, 0]).tolist() for name, bounds in self.bounds.items()}
        told = {"length": self.length, "starts": self.starts.tolist(), "samples": sizes, "notes": list(self.notes)}
        return told | {"zero": None if self.zero is None else str(pd.Timestamp(self.zero))}

    def plot(self) -> Figure:
        """When each stream was recorded, and where the windows lie."""
        from polymodal.align.clock._plots import timeline  # matplotlib is slow to import

        return timeline(self)


def windows(
    streams: Mapping[str, Any] | Sequence[Stream] | Stream,
    length: object,
    *,
    step: object = None,
    start: float | None = None,
    end: float | None = None,
    partial: bool = False,
) -> Windows:
    """Cut streams of one clock into windows of `length`, every `step` (the length unless given).

    Streams go by the names of a mapping, or by their own.
    Lengths are seconds or text such as "10s". Windows lie where all streams were recorded, with `partial` where any is.
    A stream at a fixed rate has as many samples in each full window; an irregular one has what was measured, at its own
    times. Nothing is interpolated. Raises DataError where streams do not overlap or no window fits, SettingError for
    lengths that are none.

    >>> pulse = Stream.of([70, 72, 90], times=[0.5, 1.0, 3.5])
    >>> cut = windows({"ecg": Stream.of(range(16), rate=4), "pulse": pulse}, 2, start=0, end=4)
    >>> cut.cell("ecg", 1)[:, 0].tolist(), cut.cell("pulse", 1)
    ([8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0], (array([1.5]), array([[90.]])))
    """
    given = _named(streams)
    check_ends(start, end)
    long, pace = length_of(length, "s", "length"), length_of(length if step is None else step, "s", "step")
    if long <= 0 or pace <= 0:
        raise SettingError(f"length={length!r} and step={step!r} have to be more than 0")
    zero = _one_zero(given)
    times = {name: one.from_zero(zero) for name, one in given.items()}
    begins = {name: float(one[0]) for name, one in times.items()}
    # A sample at a fixed rate stands for the step that follows it.
    ends = {name: float(one[-1]) + (given[name].step if given[name].rate else 0.0) for name, one in times.items()}
    low = (min if partial else max)(begins.values()) if start is None else start
    high = (max if partial else min)(ends.values()) if end is None else end
    if low > high and start is None and end is None:
        spans = ", ".join(f"{name} {begins[name]:.6g} to {ends[name]:.6g} s" for name in given)
        raise DataError(
            f"the streams do not overlap: {spans}. Bring them onto one clock first (pm.align.clock.offset), or ask for "
            "partial=True"
        )
    n = int(np.floor((high - low - long) / pace + 1e-9)) + 1
    if n < 1:
        raise DataError(f"no window of {duration(long)} fits between {low:.6g} and {high:.6g} s; make it shorter")
    if n > _MOST:
        raise SettingError(f"step={step!r} makes {n:.3g} windows; {_MOST:,} are the most")
    starts = low + np.arange(n) * pace
    bounds = {name: _bounds(given[name], times[name], starts, long) for name in given}
    empty = {name: int((one[:, 0] == one[:, 1]).sum()) for name, one in bounds.items()}
    notes = tuple(f"{name!r} has nothing in {gone} of {n} windows" for name, gone in empty.items() if gone)
    return Windows(given, starts, long, bounds, zero, notes)


def _named(streams: Mapping[str, Any] | Sequence[Stream] | Stream) -> dict[str, Stream]:
    if isinstance(streams, Stream):
        return {streams.name: streams}
    if isinstance(streams, Mapping):
        found = {name: as_stream(one, name) for name, one in streams.items()}
    elif isinstance(streams, Sequence) and all(isinstance(one, Stream) for one in streams):
        found = {one.name: one for one in streams}
    else:
        raise DataError(f"streams come by name, as in {{'pulse': stream}}; {type(streams).__name__} came")
    if not streams:
        raise DataError("there is no stream to cut into windows")
    if len(found) < len(streams):
        raise DataError(f"{len(streams)} streams have {len(found)} names; give each its own, as in {{'pulse': stream}}")
    return found


def _bounds(stream: Stream, times: np.ndarray, starts: np.ndarray, length: float) -> np.ndarray:
    first = np.searchsorted(times, starts - _EDGE, side="left")
    if stream.rate is None:
        return np.stack([first, np.searchsorted(times, starts + length - _EDGE, side="left")], axis=1)
    # Counted, not searched, so that no window has one sample more than another.
    first = np.ceil((starts - times[0]) * stream.rate - 1e-6).astype(np.int64)
    last = first + max(1, round(length * stream.rate))
    return np.stack([first.clip(0, len(times)), last.clip(0, len(times))], axis=1)


def _one_zero(given: Mapping[str, Stream]) -> int | None:
    zeros = {name: one.zero for name, one in given.items()}
    known = [one for one in zeros.values() if one is not None]
    if known and len(known) < len(zeros):
        plain = ", ".join(name for name, one in zeros.items() if one is None)
        raise DataError(f"{plain} have no dates and other streams do; windows need one clock")
    local = [name for name, one in given.items() if one.is_local]
    if known and 0 < len(local) < len(given):
        raise DataError(
            f"{', '.join(local)} show local time and other streams say their offset from UTC, so that they may be "
            "hours apart; say where the local clock stood, such as zone='Europe/Berlin'"
        )
    return min(known) if known else None
