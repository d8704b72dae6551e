"""Words and lines placed by loudness, in recordings made with known times."""

import numpy as np
import pytest

import polymodal as pm
from polymodal.errors import DataError, SettingError

ground_speech, subtitle_offset = pm.align.clock.ground_speech, pm.align.clock.subtitle_offset
RATE = 8000
WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "then", "it", "sleeps", "late"]


def spoken(texts: list[str], pause: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Letters as tones of about 70 ms, pauses between texts, noise over all; and the true starts and ends."""
    random = np.random.default_rng(seed)
    parts, times, now = [], [], 0.0

    def add(samples: np.ndarray) -> None:
        nonlocal now
        parts.append(samples)
        now += len(samples) / RATE

    add(np.zeros(int(RATE * 0.3)))
    for text in texts:
        start = now
        for letter in text:
            n = int(RATE * 0.07 * random.uniform(0.7, 1.3))
            add(np.zeros(n) if letter == " " else np.sin(2 * np.pi * (200 + 15 * ord(letter)) * np.arange(n) / RATE))
        times.append((start, now))
        add(np.zeros(int(RATE * pause * random.uniform(0.6, 1.4))))
    sound = np.concatenate(parts)
    return sound + 0.02 * random.normal(size=len(sound)), np.array(times)


def test_words_are_placed_within_the_mark() -> None:
    sound, times = spoken(WORDS, pause=0.06)
    found = ground_speech(WORDS, sound, RATE)
    assert np.median(np.abs(found.starts - times[:, 0])) <= 0.06
    assert np.median(np.abs(found.ends - times[:, 1])) <= 0.06
    assert found.texts == tuple(WORDS)


def test_lines_with_pauses_inside() -> None:
    lines = ["the quick brown fox", "jumps over a lazy dog", "and then it sleeps all afternoon"]
    sound, times = spoken(lines, pause=0.5)
    found = ground_speech(lines, np.stack([sound, sound], axis=1), RATE, pauses=0.05)
    assert np.abs(found.starts - times[:, 0]).max() <= 0.06
    assert np.abs(found.ends - times[:, 1]).max() <= 0.06


def test_subtitles_that_are_late_are_put_right() -> None:
    sound, times = spoken(WORDS, pause=0.3)
    late = pm.align.clock.Segments(tuple(WORDS), times[:, 0] + 1.7, times[:, 1] + 1.7, np.ones(len(WORDS)))
    found = subtitle_offset(late, sound, RATE)
    assert found.seconds == pytest.approx(-1.7, abs=0.02)
    assert late.moved(found).starts == pytest.approx(times[:, 0], abs=0.02)


@pytest.mark.parametrize(
    ("texts", "sound", "settings", "says"),
    [
        (["a"], np.zeros(8000), {}, "silent throughout"),
        (["a"], np.ones(20), {}, "at least"),
        (["a"], np.sin(np.arange(8000)), {}, "equally loud throughout"),
        (["a", "?"], np.zeros(8000), {}, "1 of 2 have none"),
        ([], np.zeros(8000), {}, "there is no text to place"),
        (["a"], np.full(8000, np.nan), {}, "8000 values that are NaN"),
        (["a"], ["x"], {}, "sound is numbers"),
    ],
)
def test_faults(texts, sound, settings, says) -> None:
    with pytest.raises(DataError, match=says):
        ground_speech(texts, sound, RATE, **settings)
    with pytest.raises(SettingError, match="at least 100"):
        ground_speech(["a"], np.ones(8000), 50)
    with pytest.raises(SettingError, match="a cost above 0"):
        ground_speech(["a"], np.ones(8000), RATE, pauses=0)
