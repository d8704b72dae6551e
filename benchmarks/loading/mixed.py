"""The rows that loaders are compared on: a JPEG, a sentence, 8,000 samples, 500 numbers and 10, each missing by itself.

Nothing but NumPy, Pillow and simplejpeg is needed, so that other libraries' environments can use it too.
"""

from __future__ import annotations

import io
import resource
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image

NAMES = ("photo", "note", "sound", "panel", "few")
WORDS = ("calm", "storm", "rain", "heavy", "light", "wind", "from", "north", "and", "later", "snow", "fog")
SIDE, SAMPLES, PANEL, FEW = 128, 8_000, 500, 10
BATCH = 64
Row = tuple[bytes | None, bytes | None, np.ndarray | None, np.ndarray | None, np.ndarray | None]


def rows(n: int, seed: int = 0, missing: float = 0.3) -> list[Row]:
    """Made rows; pictures of 64 to 128 pixels a side."""
    random = np.random.default_rng(seed)
    there = random.random((n, len(NAMES))) >= missing
    return [
        (
            _picture(random) if has[0] else None,
            " ".join(random.choice(WORDS, 12)).encode() if has[1] else None,
            random.integers(-1000, 1000, SAMPLES, dtype=np.int16) if has[2] else None,
            random.normal(size=PANEL).astype(np.float32) if has[3] else None,
            random.normal(size=FEW).astype(np.float32) if has[4] else None,
        )
        for has in there
    ]


def save(path: Path, made: Sequence[Row]) -> None:
    """All rows in one file that every environment reads."""
    columns = {}
    for place, name in enumerate(NAMES):
        cells = [b"" if row[place] is None else bytes(memoryview(row[place]).cast("B")) for row in made]
        columns[f"{name} data"] = np.frombuffer(b"".join(cells), dtype=np.uint8)
        columns[f"{name} ends"] = np.cumsum([len(cell) for cell in cells])
    np.savez(path, **columns)


def load(path: Path) -> list[Row]:
    """What `save` wrote; an empty cell is absent."""
    found = np.load(path)
    kinds = {"sound": np.int16, "panel": np.float32, "few": np.float32}
    columns: list[list[Any]] = []
    for name in NAMES:
        data, ends = found[f"{name} data"], found[f"{name} ends"].tolist()
        cells = [data[start:end].tobytes() or None for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        kind = kinds.get(name)
        columns.append([cell if cell is None or kind is None else np.frombuffer(cell, kind) for cell in cells])
    return list(zip(*columns, strict=True))


def assembled(some: Sequence[Row]) -> tuple[Any, ...]:
    """A batch as every loader is to give it: decoded, padded, with a mask of what is there."""
    n = len(some)
    photo = np.zeros((n, SIDE, SIDE, 3), dtype=np.uint8)
    sound = np.zeros((n, SAMPLES), dtype=np.int16)
    panel, few = np.zeros((n, PANEL), dtype=np.float32), np.zeros((n, FEW), dtype=np.float32)
    mask, notes = np.zeros((n, len(NAMES)), dtype=bool), []
    for place, (picture, note, samples, numbers, others) in enumerate(some):
        if picture is not None:
            pixels = simplejpeg.decode_jpeg(picture)
            photo[place, : pixels.shape[0], : pixels.shape[1]] = pixels
        if samples is not None:
            sound[place] = samples
        if numbers is not None:
            panel[place] = numbers
        if others is not None:
            few[place] = others
        notes.append(note)
        mask[place] = (
            picture is not None,
            note is not None,
            samples is not None,
            numbers is not None,
            others is not None,
        )
    return photo, sound, panel, few, mask, notes


def limit(some: Sequence[Row], batches: int = 250, threads: int = 2) -> dict[str, float]:
    """What decoding alone takes: rows in memory, decoded and copied into batches by threads, nothing read."""

    def one(number: int) -> int:
        start = number * BATCH % (len(some) - BATCH)
        return len(assembled(some[start : start + BATCH])[0])

    def in_order() -> Iterator[int]:
        with ThreadPoolExecutor(threads) as pool:
            waiting = deque(pool.submit(one, number) for number in range(3 * threads))
            for number in range(3 * threads, batches):
                yield waiting.popleft().result()
                waiting.append(pool.submit(one, number))
            yield from (future.result() for future in waiting)

    return timed(in_order)


def timed(batches: Callable[[], Iterator[int]]) -> dict[str, float]:
    """Rows a second, microseconds of processor a row, and seconds to the first batch; batches give their sizes."""
    start, used, n, first = time.perf_counter(), processor(), 0, None
    for size in batches():
        first = time.perf_counter() - start if first is None else first
        n += size
    return {
        "rate": n / (time.perf_counter() - start),
        "cpu": (processor() - used) / n * 1e6,
        "first": first or 0.0,
        "rows": n,
    }


def processor() -> float:
    """Seconds of processor that this process has taken."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _picture(random: np.random.Generator) -> bytes:
    """A JPEG of about 6 KB."""
    side = int(random.integers(64, SIDE + 1))
    coarse = random.integers(0, 256, (side // 3, side // 3, 3), dtype=np.uint8)
    data = io.BytesIO()
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(data, format="JPEG", quality=85)
    return data.getvalue()
