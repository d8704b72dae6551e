"""Series by clocks of their own: from rows of time and values to one row a measurement, and their measures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TIME, CHANNEL, VALUE = 0, 1, 2  # columns of a packed series
USUAL = 0.95  # share of the training series that a span covers
_COLUMNS = 90  # of a drawing
_FURTHEST = 100.0  # spans from the start, beyond which a time is not told from others


def span_of(samples: Sequence[np.ndarray], origin: float | None) -> float:
    """How long most samples `[T, 1 + C]` last, from `origin` or else from where each begins; 1 if no time passes."""
    lengths = [float(one[-1, 0] - (one[0, 0] if origin is None else origin)) for one in samples if len(one)]
    return float(np.quantile(lengths, USUAL)) or 1.0 if lengths else 1.0


def step_of(samples: Sequence[np.ndarray], span: float) -> float:
    """The middle of the steps from one measurement of a channel to its next; the span where there are none."""
    steps = [
        np.diff(sample[~np.isnan(channel), 0]) for sample in samples for channel in sample[:, 1:].T if len(sample) > 1
    ]
    known = np.concatenate(steps) if steps else np.zeros(0)
    known = known[known > 0]
    return float(np.median(known)) if len(known) else span


def packed(sample: np.ndarray, origin: float, span: float, mean: Sequence[float], std: Sequence[float]) -> np.ndarray:
    """`[K, 3]` float32, a row for each value of `[T, 1 + C]`: its time in spans, its channel, itself in spreads.

    >>> packed(np.array([[0.0, 1.0, np.nan], [2.0, 3.0, 5.0]]), 0.0, 4.0, (1.0, 5.0), (1.0, 1.0)).tolist()
    [[0.0, 0.0, 0.0], [0.5, 0.0, 2.0], [0.5, 1.0, 0.0]]
    """
    values = sample[:, 1:]
    rows, channels = np.nonzero(~np.isnan(values))
    found = np.empty((len(rows), 3), dtype=np.float32)
    found[:, TIME] = ((sample[rows, 0] - origin) / span).clip(-_FURTHEST, _FURTHEST)
    found[:, CHANNEL] = channels
    found[:, VALUE] = ((values[rows, channels] - np.array(mean)[channels]) / np.array(std)[channels]).clip(-20, 20)
    return found


def drawn(sample: np.ndarray) -> np.ndarray:
    """`[P, C]` as it is shown: the mean of what falls into each of equal stretches of time, lines across empty ones."""
    seconds, values = sample[:, 0], sample[:, 1:]
    length = seconds[-1] - seconds[0]
    points = min(_COLUMNS, len(sample))
    places = ((seconds - seconds[0]) / (length or 1.0) * (points - 1)).astype(np.int64)
    found = np.full((points, values.shape[1]), np.nan)
    for channel, column in enumerate(values.T):
        here = ~np.isnan(column)
        if here.any():
            counts = np.bincount(places[here], minlength=points)
            means = np.bincount(places[here], column[here], minlength=points) / np.maximum(counts, 1)
            known = np.flatnonzero(counts)
            found[known[0] : known[-1] + 1, channel] = np.interp(
                np.arange(known[0], known[-1] + 1), known, means[known]
            )
    return found
