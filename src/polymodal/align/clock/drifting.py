"""Drift: how one clock runs against another over a long recording, as a robust line through piecewise offsets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from polymodal.align._numbers import is_positive
from polymodal.align._wording import count, duration, paragraphs
from polymodal.align.clock import _line
from polymodal.align.clock._coherence import weights_of
from polymodal.align.clock._correlation import correlogram, peak_of
from polymodal.align.clock._gridded import at_times
from polymodal.align.clock.lag import Offset, offset, on_clock
from polymodal.align.clock.lengths import length_of
from polymodal.align.clock.stream import Stream, one_zero, two_streams
from polymodal.errors import DataError, SettingError, near_miss

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Fit = Literal["theil-sen", "huber"]
_LEAST_WINDOWS = 3
_DOUBTFUL = 0.9  # height of a second peak, from which on a window is not used
_FAINT = 0.1  # correlation, below which a window is not used
_OUTLYING = 5.0  # spreads of the residuals
_ROUNDS = 4
_LEAST_REACH = 4.0  # samples that are searched to either side


@dataclass(frozen=True)
class Drift:
    """How the clock of the second stream runs against that of the first.

    Attributes:
        seconds: to be added to a time `at` of the second clock.
        ppm: by how many millionths more is to be added later; 1 ppm is 3.6 ms in an hour.
        interval: 95 % interval of `ppm`.
        at: the time of the second clock at which `seconds` holds, the middle of what was compared; in seconds, of
            clocks with dates from the first time of either.
        correlation: of the pieces in the middle; of event times, the share of events with a partner.
        confidence, runner_up, overlap: those of the offset that it started from, as an Offset has them.
        spread: standard deviation of the pieces around the line, in seconds, from their median absolute deviation.
        pieces: a row for each piece: `time` of the second clock, `seconds` (its own offset), `residual`, `correlation`,
            `used`.
        method: how the line was found.
        first, second: the streams, as they came.
        notes: what is worth knowing, one sentence each.
    """

    seconds: float
    ppm: float
    interval: tuple[float, float]
    at: float
    correlation: float
    confidence: float
    runner_up: float | None
    overlap: float
    spread: float
    pieces: pd.DataFrame
    method: str
    first: Stream
    second: Stream
    notes: tuple[str, ...]

    def __str__(self) -> str:
        low, high = self.interval
        used = int(self.pieces["used"].sum())
        return paragraphs(
            f"{self.second.name!r} runs against {self.first.name!r}: add {duration(self.seconds)} at {self.at:.6g} s, "
            f"and {self.ppm:+.2f} ppm from there",
            [
                f"{self.method} through {used} of {count(len(self.pieces), 'piece')}, which lie "
                f"{duration(self.spread)} around it; the drift is {low:+.2f} to {high:+.2f} ppm",
                *self.notes,
            ],
        )

    def __repr__(self) -> str:
        return str(self)

    def offset_at(self, times: Any) -> np.ndarray:
        """What is to be added to times of the second clock, in seconds."""
        return self.seconds + self.ppm * 1e-6 * (np.asarray(times, dtype=np.float64) - self.at)

    def apply(self, given: Any) -> Any:
        """Times `[T]` in seconds, or a Stream, of the second clock by the clock of the first."""
        if isinstance(given, Stream):
            zero = one_zero(self.first, self.second)
            return on_clock(given, given.seconds + self.offset_at(given.from_zero(zero)), self.first)
        return np.asarray(given, dtype=np.float64) + self.offset_at(given)

    def to_pandas(self) -> pd.DataFrame:
        """The pieces."""
        return self.pieces.copy()

    def to_dict(self) -> dict[str, Any]:
        """What an Offset gives, the drift and the pieces, for JSON."""
        names = ("seconds", "ppm", "at", "correlation", "confidence", "runner_up", "overlap", "spread", "method")
        told: dict[str, Any] = {name: getattr(self, name) for name in names}
        return told | {
            "interval": list(self.interval),
            "pieces": self.pieces.to_dict("records"),
            "notes": list(self.notes),
        }

    def plot(self) -> Figure:
        """The offsets of the pieces with the line, and the streams before and after."""
        from polymodal.align.clock._clock_plots import of_drift  # matplotlib is slow to import

        return of_drift(self)


def drift(
    first: Any,
    second: Any,
    *,
    window: object = None,
    fit: Fit = "theil-sen",
    phase: bool = False,
    max_offset: object = None,
    max_drift: float = 500.0,
) -> Drift:
    """Offset and drift between two clocks from two recordings of the same thing.

    The offset is found as by `offset`; then pieces of `window` (a tenth of the recording, at most a minute, unless
    given), half overlapping, are compared around it, a robust line is laid through their offsets ("theil-sen", or
    "huber", which is finer where few pieces are wrong), and they are compared again around that line, until it stays;
    frequencies then weigh by what the two share of them (Hannan & Thomson 1973), unless `phase` weighs them alike.
    `max_drift` is the largest drift to look for, in ppm; quartz is within 100. The other arguments are those of
    `offset`.

    Raises what `offset` raises, and DataError where fewer than three pieces fit or can be used.

    >>> random = np.random.default_rng(0)
    >>> walk = np.convolve(random.normal(size=30_000), np.hanning(30), "same")
    >>> slow = Stream.of(walk, times=(np.arange(30_000) / 100 - 3) * (1 + 50e-6))
    >>> found = drift(Stream.of(walk, rate=100), slow)
    >>> round(found.ppm), round(float(found.apply(-3.0)), 3)
    (-50, 0.0)
    """
    if fit not in get_args(Fit):
        raise SettingError(f"fit={fit!r} is unknown. {near_miss(fit, get_args(Fit))}")
    if not is_positive(max_drift):
        raise SettingError(f"max_drift={max_drift!r} is in ppm, and more than 0")
    one, other = two_streams(first, second)
    start = offset(one, other, phase=phase, max_offset=max_offset)
    zero = one_zero(one, other)
    times, other_times = one.from_zero(zero), other.from_zero(zero)
    span = start.overlap
    long = min(60.0, span / 10) if window is None else length_of(window, "s", "window")
    n = int((span - long) / (long / 2) + 1e-9) + 1 if long > 0 else 0
    if n < _LEAST_WINDOWS or long < 16 * one.step:
        raise DataError(
            f"{duration(span)} overlap, of which pieces of {duration(long)} make {max(n, 0)}; a drift needs at least "
            f"{_LEAST_WINDOWS} of 16 samples. Give a shorter window=, or take offset()"
        )
    low = max(times[0], other_times[0] + start.seconds)
    middles = low + long / 2 + np.arange(n) * long / 2
    rate = 1 / min(one.step, other.step)
    level, slope, centre = start.seconds, 0.0, float(np.median(middles))
    reach = max(max_drift * 1e-6 * span / 2 * rate * 1.2 + 0.02 * rate, _LEAST_REACH)
    found = _line.theil_sen(middles, np.zeros(n))
    offsets, fits, used = np.zeros(n), np.zeros(n), np.ones(n, dtype=bool)
    weights: np.ndarray | None = None
    for turn in range(_ROUNDS):
        guesses = level + slope * (middles - centre)
        pieces = [
            _piece(one, other, times, other_times, middle, long, guess, rate)
            for middle, guess in zip(middles, guesses, strict=True)
        ]
        if turn == 1 and not phase:  # what is shared can be told from noise once the pieces lie on each other
            weights = weights_of([piece for piece, is_used in zip(pieces, used, strict=True) if is_used])
        measured = [_lag(piece, reach, phase, weights) for piece in pieces]
        lags, fits, used = (np.array(column) for column in zip(*measured, strict=True))
        offsets = guesses + lags / rate
        if used.sum() < _LEAST_WINDOWS:
            raise DataError(
                f"{int(used.sum())} of {n} pieces agree with one another clearly, and a drift needs {_LEAST_WINDOWS}: "
                "the signals are too noisy, repeat themselves, or a clock jumped. Try a longer window= or offset()"
            )
        found = (_line.theil_sen if fit == "theil-sen" else _line.huber)(middles[used], offsets[used])
        settled = abs(found.slope - slope) < 1e-9 and abs(found.level - level) < 1e-6
        level, slope, centre = found.level, found.slope, found.middle
        reach = float(np.clip(8 * _line.spread_of(found.residuals) * rate, _LEAST_REACH, reach))
        if settled and turn:
            break
    return _result(one, other, found, middles, offsets, fits, used, fit, start)


def _piece(
    first: Stream,
    second: Stream,
    times: np.ndarray,
    other_times: np.ndarray,
    middle: float,
    long: float,
    guess: float,
    rate: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Values of both around a time, by a guess of their offset, and their masks."""
    grid = middle - long / 2 + np.arange(int(long * rate)) / rate
    x, x_here = at_times(first, grid, times)
    y, y_here = at_times(second, grid - guess, other_times)
    return x, y, x_here, y_here


def _lag(
    piece: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    reach: float,
    phase: bool,
    weights: np.ndarray | None,
) -> tuple[float, float, bool]:
    """Lag in samples beside the guess, correlation, and whether it is to be used."""
    x, y, x_here, y_here = piece
    if not x_here.any() or not y_here.any():
        return 0.0, 0.0, False
    curve = correlogram(x, y, x_here, y_here, lowest=-reach, highest=reach, phase=phase, weights=weights)
    if curve is None:
        return 0.0, 0.0, False
    peak = peak_of(curve)
    is_edge = int(np.argmax(curve.score)) in (0, len(curve.score) - 1)
    is_clear = peak.second is None or peak.second < _DOUBTFUL * peak.score
    return peak.lag, peak.correlation, bool(is_clear and not is_edge and peak.correlation > _FAINT)


def _result(
    first: Stream,
    second: Stream,
    line: _line.Line,
    middles: np.ndarray,
    offsets: np.ndarray,
    fits: np.ndarray,
    used: np.ndarray,
    fit: str,
    start: Offset,
) -> Drift:
    """From a line over the first clock to one over the second, which is the one that is at hand later."""
    spread = _line.spread_of(line.residuals)
    residuals = offsets - line.level - line.slope * (middles - line.middle)
    own = middles - offsets
    scale = 1 / (1 - line.slope)
    # Pieces that overlap by half share half their noise, so that the interval for independent ones is too narrow.
    low, high = (line.slope + np.sqrt(2) * (end - line.slope) for end in (line.low, line.high))
    pieces = pd.DataFrame({"time": own, "seconds": offsets, "residual": residuals, "correlation": fits, "used": used})
    return Drift(
        seconds=line.level,
        ppm=line.slope * scale * 1e6,
        interval=(float(low) * scale * 1e6, float(high) * scale * 1e6),
        at=line.middle - line.level,
        correlation=float(np.median(fits[used])),
        confidence=start.confidence,
        runner_up=start.runner_up,
        overlap=start.overlap,
        spread=spread,
        pieces=pieces,
        method={"theil-sen": "Theil-Sen line", "huber": "Huber line"}[fit],
        first=first,
        second=second,
        notes=(*start.notes, *_remarks(residuals[used], spread, used)),
    )


def _remarks(residuals: np.ndarray, spread: float, used: np.ndarray) -> list[str]:
    told = []
    far = int((np.abs(residuals) > _OUTLYING * max(spread, 1e-9)).sum())
    if far:
        told.append(f"{count(far, 'piece')} lie{'s' if far == 1 else ''} far off the line")
    if len(residuals) >= 8:
        halves = np.sign(residuals)
        turns = int((np.diff(halves) != 0).sum())
        if turns <= 3 and spread > 0:
            told.append("the pieces bend away from the line: the drift changes, or a clock jumped; see plot()")
    if not used.all():
        told.append(f"{count(int((~used).sum()), 'piece')} of too little likeness left out")
    return told
