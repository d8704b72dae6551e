"""Streams at times of one's choice, for correlation: a smooth curve through their samples, nothing across gaps."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from polymodal.align._wording import duration
from polymodal.align.clock.stream import Stream
from polymodal.errors import DataError

_GAP = 2.5  # steps between samples, beyond which nothing is said
_LEAST = 16  # samples that it takes to compare two streams


def need_movement(stream: Stream) -> None:
    """Raises DataError for a stream that is too short or too still to be compared with another."""
    if len(stream) < _LEAST:
        raise DataError(
            f"{stream.name!r} has {len(stream)} sample{'s' if len(stream) > 1 else ''}; it takes at least {_LEAST} to "
            "find an offset from the signal itself. Event times can be compared with pm.align.clock.event_offset"
        )
    moving = [
        name
        for name, values, here in zip(stream.channels, stream.values.T, stream.present.T, strict=True)
        if here.any() and np.ptp(values[here]) > 1e-9 * max(float(np.abs(values[here]).max()), 1e-300)
    ]
    if not stream.present.any():
        raise DataError(f"{stream.name!r} has no value at all in its {len(stream):,} samples")
    if not moving:
        raise DataError(
            f"{stream.name!r} is constant over its {duration(stream.seconds[-1] - stream.seconds[0])}, and says "
            "nothing of time; take another channel or a part where something happens"
        )


def at_times(stream: Stream, times: np.ndarray, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and presence `[T, C]` at `times`, where the samples of the stream lie at `seconds`."""
    if len(times) == len(seconds) and np.abs(times - seconds).max(initial=0.0) < 1e-12:
        return stream.values, stream.present
    values = np.zeros((len(times), stream.values.shape[1]))
    present = np.zeros(values.shape, dtype=bool)
    gap = _GAP * stream.step
    for channel, here in enumerate(stream.present.T):
        own = seconds[here]
        if len(own) < 4:
            continue
        low, high = np.searchsorted(own, [times[0] - 4 * gap, times[-1] + 4 * gap])
        if high - low < 4:
            continue
        own, measured = own[low:high], stream.values[here, channel][low:high]
        values[:, channel] = CubicSpline(own, measured)(times.clip(own[0], own[-1]))
        after = np.searchsorted(own, times, side="left").clip(0, len(own) - 1)
        before = (np.searchsorted(own, times, side="right") - 1).clip(0)
        inside = (times >= own[0]) & (times <= own[-1])
        present[:, channel] = inside & (own[after] - own[before] <= gap)
    return np.where(present, values, 0.0), present


def on_grid(stream: Stream, rate: float, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Values and presence at `rate` from the first sample on, and when that is."""
    if stream.rate is not None and abs(stream.rate / rate - 1) * len(stream) < 0.01:
        return stream.values, stream.present, float(seconds[0])
    grid = seconds[0] + np.arange(int((seconds[-1] - seconds[0]) * rate) + 1) / rate
    return *at_times(stream, grid, seconds), float(seconds[0])
