"""What does it cost to keep a large picture with halves of halves of it, and what does it save when it is read?"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

import polymodal as pm
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish

WIDTH, HEIGHT = (2_000, 1_500) if QUICK else (8_000, 6_000)
SIZE, ROWS, REPEATS, SEED = 224, 3, 3, 0
KEY = f"read at {SIZE} pixels, ms"


def written(folder: Path) -> None:
    """In a process of its own: blobs of every size with a little noise, about as large in a file as a photograph."""
    random = np.random.default_rng(SEED)
    total = np.zeros((HEIGHT, WIDTH, 3), dtype=np.float32)
    for cells in (4, 16, 64, 256):
        coarse = random.integers(0, 256, (cells * 3 // 4, cells, 3), dtype=np.uint8)
        total += np.asarray(Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)) / np.float32(4)
    total += random.normal(0, 3, (HEIGHT, WIDTH, 1)).astype(np.float32)
    whole = Image.fromarray(total.clip(0, 255).astype(np.uint8))
    whole.save(folder / "slide.jpeg", quality=90)
    whole.save(folder / "slide.png", compress_level=1)


def measured(file: Path, levels: bool) -> dict[str, object]:
    """In a process of its own: a store of copies of one picture made, and one of them read."""
    before = peak()
    start = time.perf_counter()
    store = pm.Store.create(
        file.parent / f"{file.name}.{levels}.lance",
        pd.DataFrame({"slide": [file.read_bytes()] * ROWS}),
        types={"slide": pm.Image(size=SIZE)},
        pictures={"pyramid": True} if levels else None,
    )
    taken, most = (time.perf_counter() - start) / ROWS, peak() - before
    read = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        assert store.take([0]).cells("slide").present.all()
        read.append(time.perf_counter() - start)
    return {
        "file": file.suffix[1:].upper(),
        "kept": "with levels" if levels else "as it is",
        "MB a picture": store.report().sizes["slide"] / 1e6 / ROWS,
        "taken in, s a picture": taken,
        "memory at most, MB": most,
        KEY: 1e3 * min(read),
    }


def peak() -> float:
    """MB that this process has taken at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def apart(do: Callable[..., Any], *given: object) -> Any:
    """Done in a process of its own, whose peak of memory is then that of nothing else."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(do, *given).result()


def main() -> None:
    folder, table = Path(tempfile.mkdtemp()), []
    apart(written, folder)
    for ending in ("jpeg", "png"):
        table += [apart(measured, folder / f"slide.{ending}", levels) for levels in (False, True)]
    gains = [one[KEY] / other[KEY] for one, other in zip(table[::2], table[1::2], strict=True)]
    room = [other["MB a picture"] / one["MB a picture"] for one, other in zip(table[::2], table[1::2], strict=True)]
    publish(
        Outcome(
            name="loading/pyramid",
            question=f"{ROWS} pictures of {WIDTH:,} x {HEIGHT:,} pixels are put into a store, and one is read.",
            mark="with levels, read 5 times faster in at most 1.5 times the room",
            is_reached=min(gains) >= 5 and max(room) <= 1.5,
            table=table,
            seeds=str(SEED),
            notes=[
                "Memory is the rise of the peak of a process of its own while the store is made, by 4 threads at most."
            ],
        )
    )


if __name__ == "__main__":
    main()
