"""How near to their true times are words and lines placed in a recording?"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

import polymodal as pm
from benchmarks.quick import seeds
from benchmarks.record import Outcome, publish

MARK = 0.06
TONE, RATE = 0.07, 16_000
TEXT = (
    "it was already late when the last train left the station and nobody on the platform had noticed that the small "
    "brown suitcase near the bench was still waiting for its owner who had gone home long before the rain began"
)
WORDS = TEXT.split()
FEATURES, NOISE, FRAMES = 32, 1.5, 25


def lines(length: int = 6) -> list[str]:
    return [" ".join(WORDS[start : start + length]) for start in range(0, len(WORDS), length)]


def with_tones(texts: list[str], pause: float, seed: int) -> tuple[np.ndarray, int, np.ndarray]:
    """A tone for each letter, a short rest for each space, pauses between texts, noise over all; true starts and "
    "ends."""
    random = np.random.default_rng(seed)
    parts, times, now = [np.zeros(RATE // 3)], [], RATE // 3
    for text in texts:
        start = now
        for letter in text:
            n = int(RATE * TONE * random.uniform(0.6, 1.5))
            turns = 2 * np.pi * (180 + 12 * (ord(letter) - 96)) * np.arange(n) / RATE
            parts.append(np.zeros(n) if letter == " " else random.uniform(0.4, 1.0) * np.sin(turns))
            now += n
        times.append((start / RATE, now / RATE))
        parts.append(np.zeros(int(RATE * pause * random.uniform(0.4, 1.6))))
        now += len(parts[-1])
    sound = np.concatenate(parts)
    return sound + 0.02 * random.normal(size=len(sound)), RATE, np.array(times)


def with_speech(texts: list[str], pause: float, seed: int) -> tuple[np.ndarray, int, np.ndarray]:
    """Each text spoken by espeak-ng by itself and put one after the other, so that its times are known."""
    random = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    times: list[tuple[float, float]] = []
    rate, now = 0, 0
    for text in texts:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "spoken.wav"
            subprocess.run(["espeak-ng", "-s", str(140 + 10 * (seed % 5)), "-w", str(path), text], check=True)
            with wave.open(str(path)) as file:
                rate = file.getframerate()
                samples = np.frombuffer(file.readframes(file.getnframes()), np.int16) / 32768
        loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
        samples = samples[loud[0] : loud[-1] + 1]
        times.append((now / rate, (now + len(samples)) / rate))
        rest = np.zeros(int(rate * pause * random.uniform(0.4, 1.6)))
        parts += [samples, rest]
        now += len(samples) + len(rest)
    sound = np.concatenate(parts)
    return sound + 0.002 * random.normal(size=len(sound)), rate, np.array(times)


def by_loudness(texts: list[str], pause: float, pauses: float, spoken: bool) -> np.ndarray:
    """Distances of starts and ends from the true ones, over the seeds, in seconds."""
    misses = []
    for seed in seeds(10):
        sound, rate, times = (with_speech if spoken else with_tones)(texts, pause, seed)
        found = pm.align.clock.ground_speech(texts, sound, rate, pauses=pauses)
        misses += [np.abs(found.starts - times[:, 0]), np.abs(found.ends - times[:, 1])]
    return np.concatenate(misses)


def by_features() -> np.ndarray:
    """The same for features of one space, each frame of a word being the word's under noise."""
    misses = []
    for seed in seeds(10):
        random = np.random.default_rng(seed)
        items = random.normal(size=(len(WORDS), FEATURES))
        frames, starts, ends = [], [], []
        for item, word in zip(items, WORDS, strict=True):
            frames += list(random.normal(size=(random.integers(0, 6), FEATURES)))
            starts.append(len(frames))
            frames += list(item + NOISE * random.normal(size=(3 + len(word), FEATURES)))
            ends.append(len(frames))
        found = pm.align.clock.ground(items, np.array(frames), FRAMES, texts=WORDS)
        misses += [np.abs(found.starts - np.array(starts) / FRAMES), np.abs(found.ends - np.array(ends) / FRAMES)]
    return np.concatenate(misses)


def line(name: str, misses: np.ndarray) -> dict[str, object]:
    return {
        "": name,
        "median error, ms": float(np.median(misses)) * 1e3,
        "90 %, ms": float(np.quantile(misses, 0.9)) * 1e3,
        f"within {MARK * 1e3:.0f} ms": f"{(misses <= MARK).mean():.0%}",
    }


def main() -> None:
    spoken = shutil.which("espeak-ng") is not None
    what = "speech of espeak-ng" if spoken else "a tone for each letter"
    table = [
        line(f"words, {what}, pauses of about 80 ms", by_loudness(WORDS, 0.08, 0.4, spoken)),
        line(f"lines of six words, {what}, pauses of about 500 ms", by_loudness(lines(), 0.5, 0.05, spoken)),
        line(f"words by features under noise, {FRAMES} frames a second", by_features()),
    ]
    publish(
        Outcome(
            name="alignment/grounding",
            question=f"{len(WORDS)} words are placed in a made recording of them, of which the true times are known: "
            "how far off are starts and ends?",
            mark=f"median error <= {MARK * 1e3:.0f} ms",
            is_reached=all(float(str(one["median error, ms"])) <= MARK * 1e3 for one in table),
            table=table,
            seeds=f"0 to {len(seeds(10)) - 1}",
            notes=[
                "The first two go by loudness alone, and know of each text only its letters."
                + ("" if spoken else " Letters last 0.6 to 1.5 times the usual, at random."),
            ],
        )
    )


if __name__ == "__main__":
    main()
