"""Grounding: which stretch of a recording or video each word or sentence of a text belongs to, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from polymodal.align.clock.lengths import samples_a_second
from polymodal.align.clock.segments import Segments
from polymodal.errors import DataError

_STAY, _NEXT, _SKIP = 0, 1, 2
_LEAST_SPREAD = 1e-6
_EVEN = 0.05  # spread of a likeness over frames, below which it says little


def ground(
    items: Any,
    frames: Any,
    rate: float,
    *,
    texts: Sequence[str] | None = None,
    between: float = 0.5,
    start: float = 0.0,
) -> Segments:
    """Place words or sentences in a recording by features of both from one space, in the order of the text.

    Each item takes at least one frame, and what lies between items is left to none. The likeness of an item and a frame
    is their cosine, in spreads above the item's mean over the frames; of all orderly placings the one with the largest
    sum is taken (Viterbi).

    Args:
        items: `[N, D]`, the features of the words or sentences, such as a text encoder's.
        frames: `[T, D]`, those of the frames, such as an audio or picture encoder's of the same space.
        rate: frames a second; the first begins at `start` seconds.
        texts: what the items say; their numbers unless given.
        between: how alike, in spreads, a frame and an item have to be, for the frame not to be left to none.

    Scores are the likeness of each segment, 0 to 1. Raises DataError for shapes that do not fit, fewer frames than
    items and features that are not finite, SettingError for settings out of range.

    >>> items = np.eye(3)
    >>> frames = np.repeat(items, [4, 2, 3], axis=0)
    >>> ground(items, frames, rate=10).ends.tolist()
    [0.4, 0.6, 0.9]
    """
    rate = samples_a_second(rate)
    first, second = _features(items, "items"), _features(frames, "frames")
    if first.shape[1] != second.shape[1]:
        raise DataError(
            f"items have {first.shape[1]} features and frames {second.shape[1]}; both have to come from one space, "
            "such as that of one pretrained model of text and sound"
        )
    if len(second) < len(first):
        raise DataError(f"{len(second)} frames are too few for {len(first)} items; each takes at least one")
    if texts is not None and len(texts) != len(first):
        raise DataError(f"{len(texts)} texts came for {len(first)} items")
    cosine = first @ second.T
    spread = cosine.std(axis=1, keepdims=True)
    likeness = (cosine - cosine.mean(axis=1, keepdims=True)) / np.maximum(spread, _LEAST_SPREAD)
    bounds = placed(likeness, between)
    scores = np.array([cosine[row, low:high].mean() for row, (low, high) in enumerate(bounds)])
    flat = int((spread[:, 0] < _EVEN).sum())
    notes = (f"{flat} of {len(first)} items are about as like every frame; their place is a guess",) if flat else ()
    return Segments(
        texts=tuple(texts) if texts is not None else tuple(map(str, range(len(first)))),
        starts=start + bounds[:, 0] / rate,
        ends=start + bounds[:, 1] / rate,
        scores=((scores + 1) / 2).clip(0, 1),
        notes=notes,
    )


def placed(likeness: np.ndarray, between: float) -> np.ndarray:
    """`[N, 2]` first frame of each item and the one after its last, from likeness `[N, T]`.

    >>> placed(np.array([[2.0, -1, -1, -1], [-1, -1, -1, 2]]), 0.5).tolist()
    [[0, 1], [3, 4]]
    """
    n, length = likeness.shape
    # States: nothing, item 0, nothing, item 1, ..., nothing.
    gains = np.full((2 * n + 1, length), between)
    gains[1::2] = likeness
    is_item = np.arange(2 * n + 1) % 2 == 1
    best = np.full(2 * n + 1, -np.inf)
    best[:2] = gains[:2, 0]
    came = np.zeros((length, 2 * n + 1), dtype=np.uint8)
    for frame in range(1, length):
        ways = np.full((3, 2 * n + 1), -np.inf)
        ways[_STAY] = best
        ways[_NEXT, 1:] = best[:-1]
        ways[_SKIP, 3::2] = best[1:-2:2]
        came[frame] = ways.argmax(axis=0)
        best = ways.max(axis=0) + gains[:, frame]
    state = 2 * n if best[2 * n] > best[2 * n - 1] else 2 * n - 1
    states = np.zeros(length, dtype=np.int64)
    for frame in range(length - 1, -1, -1):
        states[frame] = state
        state -= int(came[frame, state])
    bounds = np.zeros((n, 2), dtype=np.int64)
    for item in range(n):
        here = np.flatnonzero(states == 2 * item + 1)
        bounds[item] = here[0], here[-1] + 1
    assert is_item[states].any()
    return bounds


def _features(given: Any, name: str) -> np.ndarray:
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} are numbers [count, features]: {error}") from error
    if array.ndim != 2 or not array.size:
        raise DataError(f"{name} are [count, features], at least one; {array.shape} came")
    if not np.isfinite(array).all():
        raise DataError(f"{name} hold {int((~np.isfinite(array)).sum())} values that are NaN or infinite")
    lengths = np.linalg.norm(array, axis=1, keepdims=True)
    return array / np.where(lengths > 0, lengths, 1.0)
