"""Words and lines placed in speech by its loudness alone: how long each should last, and where it is quiet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from polymodal.align._numbers import is_positive
from polymodal.align._wording import duration
from polymodal.align.clock.lag import Offset, offset
from polymodal.align.clock.lengths import samples_a_second
from polymodal.align.clock.segments import Segments
from polymodal.align.clock.stream import Stream
from polymodal.errors import DataError, SettingError

RATE = 100.0  # frames a second
_FRAME = 0.02  # seconds that a frame looks at
_LEAST_CONTRAST = 6.0  # decibels between loud and quiet, below which no pause can be told
_LONGEST = 4.0  # times the length to be expected
_STRETCH = 4.0  # cost of lasting e times as long or as short as expected
_UNHEARD = 0.4  # cost of a quiet frame inside a word, and of a loud one between words


def ground_speech(texts: Sequence[str], sound: Any, rate: float, *, pauses: float = 0.4) -> Segments:
    """Place words or lines in a recording of them, in order, with no model of the language.

    Loud frames are told from quiet ones; each text should last in proportion to its letters, start and end where it
    gets quiet, and hold no long pause. Lines between pauses are found well, words only as well as pauses between them
    can be heard; with features from a pretrained model take `ground`.

    Args:
        texts: the words or lines, in order.
        sound: `[samples]`, or `[samples, channels]`, at `rate` samples a second.
        pauses: what a quiet frame inside a text costs; less for lines, in which there are pauses, than for words.

    Raises DataError for a recording that is too short, silent, or equally loud throughout, and texts without letters.

    >>> beep = np.sin(np.arange(4000) * 0.5)
    >>> quiet = np.zeros(2000)
    >>> found = ground_speech(["one", "two"], np.concatenate([quiet, beep, quiet, beep, quiet]), 8000)
    >>> found.starts.round(1).tolist(), found.ends.round(1).tolist()
    ([0.2, 1.0], [0.8, 1.5])
    """
    if not is_positive(pauses):
        raise SettingError(f"pauses={pauses!r} is a cost above 0")
    letters = np.array([sum(one.isalnum() for one in text) for text in texts], dtype=np.float64)
    wrong = [text for text, n in zip(texts, letters, strict=True) if not n]
    if not len(letters):
        raise DataError("there is no text to place in the recording")
    if wrong:
        raise DataError(f"each text needs a letter; {len(wrong)} of {len(letters)} have none, such as {wrong[:1]}")
    heard, level = activity(sound, rate)
    total = float(heard.sum())
    if total < len(letters):
        raise DataError(f"{duration(total / RATE)} of sound are too short for {len(letters)} texts")
    expected = (letters + 0.5) / (letters + 0.5).sum() * total
    bounds = _placed(expected, heard, pauses)
    scores = np.array([heard[low:high].mean() for low, high in bounds])
    notes = (f"loud and quiet are only {level:.0f} dB apart; places are rough",) if level < 2 * _LEAST_CONTRAST else ()
    return Segments(tuple(texts), bounds[:, 0] / RATE, bounds[:, 1] / RATE, scores, notes)


def subtitle_offset(subtitles: Segments, sound: Any, rate: float, *, max_offset: object = None) -> Offset:
    """By how much subtitles are late or early, from when somebody speaks: `subtitles.moved(found)` puts them right.

    Raises what `offset` and `ground_speech` raise.
    """
    heard, _ = activity(sound, rate)
    told = subtitles.active(RATE, float(subtitles.ends.max()) + 1 / RATE)
    first = Stream.of(heard, rate=RATE, name="sound")
    return offset(first, Stream.of(told, rate=RATE, name="subtitles"), max_offset=max_offset)


def activity(sound: Any, rate: float) -> tuple[np.ndarray, float]:
    """`[frames]` float64 at 100 a second: 1 where it is loud, 0 where quiet; and how far apart these are, in dB.

    The threshold is the one between two classes that Otsu (1979) puts, over decibels. Raises DataError for silence.
    """
    rate = samples_a_second(rate, least=RATE)
    try:
        samples = np.array(sound, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"sound is numbers [samples] or [samples, channels]: {error}") from error
    samples = samples.mean(axis=1) if samples.ndim == 2 else samples
    if samples.ndim != 1 or len(samples) < 10 * rate / RATE:
        raise DataError(f"sound is [samples] of at least {duration(10 / RATE)}; {samples.shape} came")
    if not np.isfinite(samples).all():
        raise DataError(f"the sound holds {int((~np.isfinite(samples)).sum())} values that are NaN or infinite")
    summed = np.concatenate([[0.0], np.cumsum(samples**2)])
    middles = (np.arange(int(len(samples) / rate * RATE)) + 0.5) / RATE * rate
    half = _FRAME / 2 * rate
    low, high = np.rint(middles - half).clip(0).astype(int), np.rint(middles + half).clip(max=len(samples)).astype(int)
    power = (summed[high] - summed[low]) / np.maximum(high - low, 1)
    if power.max() <= 0:
        raise DataError("the recording is silent throughout")
    decibels = 10 * np.log10(np.maximum(power, power.max() * 1e-6))
    bound, contrast = _otsu(decibels)
    if contrast < _LEAST_CONTRAST:
        raise DataError(
            f"the recording is about equally loud throughout ({contrast:.1f} dB between loud and quiet): where words "
            "begin cannot be told from loudness; take ground() with features of a pretrained model"
        )
    return (decibels > bound).astype(np.float64), contrast


def _otsu(values: np.ndarray) -> tuple[float, float]:
    ordered = np.sort(values)
    n = np.arange(1, len(ordered))
    sums = np.cumsum(ordered)
    below, above = sums[:-1] / n, (sums[-1] - sums[:-1]) / (len(ordered) - n)
    between = n * (len(ordered) - n) * (above - below) ** 2
    at = int(between.argmax())
    return float((below[at] + above[at]) / 2), float(above[at] - below[at])


def _placed(expected: np.ndarray, heard: np.ndarray, pauses: float) -> np.ndarray:
    """`[N, 2]` frames, from the cheapest orderly placing: lengths as expected, quiet between, loud inside."""
    length = len(heard)
    loud = np.concatenate([[0.0], np.cumsum(heard)])
    quiet = np.arange(length + 1) - loud
    # Cost up to a boundary before each frame, loud frames outside of words being paid for.
    free = _UNHEARD * loud
    begins: list[np.ndarray] = []
    ends: list[np.ndarray] = []
    for many in expected:
        longest = int(min(np.ceil(_LONGEST * many) + 10, length))
        best = np.full(length + 1, np.inf)
        chosen = np.zeros(length + 1, dtype=np.int64)
        for frames in range(1, longest + 1):
            cost = free[: length + 1 - frames] + pauses * (quiet[frames:] - quiet[: length + 1 - frames])
            cost = cost + _STRETCH * np.log(frames / many) ** 2
            better = cost < best[frames:]
            best[frames:][better] = cost[better]
            chosen[frames:][better] = frames
        begins.append(chosen)
        # Then a stretch between words, of any length: the cheapest end so far, plus the loud frames since.
        open_cost = best - _UNHEARD * loud
        lowest = np.minimum.accumulate(open_cost)
        is_new = open_cost <= lowest
        ends.append(np.maximum.accumulate(np.where(is_new, np.arange(length + 1), 0)))
        free = lowest + _UNHEARD * loud
    at = length
    bounds = np.zeros((len(expected), 2), dtype=np.int64)
    for item in range(len(expected) - 1, -1, -1):
        end = int(ends[item][at])
        at = end - int(begins[item][end])
        bounds[item] = at, end
    return bounds
