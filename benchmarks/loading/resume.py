"""Does a loader that is stopped go on with the same rows, and how soon?"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import torch

import polymodal as pm
from benchmarks.loading import mixed
from benchmarks.loading.shuffled import TYPES, frame
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish

ROWS, STOPS, SEED, MARK = (600, (3,), 0, 0.2) if QUICK else (30_000, (1, 100, 200, 400), 0, 0.2)
HOW = {"form": "decoded", "labels": False, "seed": SEED}
OTHERS = {
    "2 threads, as before": {"threads": 2},
    "1 thread": {"threads": 1},
    "4 threads": {"threads": 4},
    "batches of 100": {"batch_size": 100, "threads": 2},
}


def places(loader: pm.Loader) -> tuple[list[int], float]:
    """What is dealt, and how long the first batch took, the making of the loader not counted."""
    start, first, found = time.perf_counter(), None, list[int]()
    for batch in loader:
        first = time.perf_counter() - start if first is None else first
        found += batch.places.tolist()
    return found, first or 0.0


def resumed(store: pm.Store, state: dict[str, int], **how: object) -> pm.Loader:
    """A new loader at a state."""
    loader = pm.Loader(store, **{"batch_size": mixed.BATCH, **HOW, **how})
    loader.load_state_dict(state)
    return loader


def main() -> None:
    torch.set_num_threads(1)
    uri = Path(tempfile.mkdtemp()) / "rows.lance"
    pm.Store.create(uri, frame(mixed.rows(ROWS, SEED)), target="y", types=TYPES)
    whole = places(pm.Loader(pm.Store.open(uri), mixed.BATCH, threads=2, **HOW))[0]
    found: dict[str, list[tuple[bool, float]]] = {name: [] for name in [*OTHERS, "3 ranks of 2 threads"]}
    for stop in STOPS:
        loader = pm.Loader(pm.Store.open(uri), mixed.BATCH, threads=2, **HOW)
        for step, _ in enumerate(loader, start=1):
            if step == stop:
                break
        state = loader.state_dict()
        rest = whole[stop * mixed.BATCH :]
        for name, how in OTHERS.items():
            dealt, first = places(resumed(pm.Store.open(uri), state, **how))
            found[name].append((dealt == rest, first))
        ranks = [places(resumed(pm.Store.open(uri), state, threads=2, rank=rank, world=3)) for rank in range(3)]
        size = mixed.BATCH
        steps = max(len(dealt) for dealt, _ in ranks) // size + 1
        full = [dealt[step * size : (step + 1) * size] for step in range(steps - 1) for dealt, _ in ranks]
        joined = [place for one in full for place in one][: len(rest) // (3 * size) * 3 * size]
        is_same = joined == rest[: len(joined)] and sorted(p for dealt, _ in ranks for p in dealt) == sorted(rest)
        found["3 ranks of 2 threads"].append((is_same, max(first for _, first in ranks)))
    lines = [
        {
            "gone on with": name,
            "same rows in the same order": f"{sum(same for same, _ in runs)} of {len(runs)}",
            "first batch, median s": statistics.median(first for _, first in runs),
            "slowest, s": max(first for _, first in runs),
        }
        for name, runs in found.items()
    ]
    every = [run for runs in found.values() for run in runs]
    publish(
        Outcome(
            name="loading/resume",
            question=f"A shuffled epoch of {ROWS:,} mixed rows is left after {', '.join(map(str, STOPS))} batches of "
            f"{mixed.BATCH}, and another loader goes on from `state_dict()`, which is four whole numbers.",
            mark=f"identical sequence, first batch <= {MARK} s, also with another number of threads or ranks",
            is_reached=all(same for same, _ in every) and all(line["first batch, median s"] <= MARK for line in lines),
            table=lines,
            seeds=str(SEED),
            notes=["The store is opened anew each time; the first batch is timed from the moment the loop begins."],
        )
    )


if __name__ == "__main__":
    main()
