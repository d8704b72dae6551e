"""Does a row cost in proportion to what is present in it?"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import torch

import polymodal as pm
from benchmarks.loading import mixed
from benchmarks.loading.shuffled import TYPES, frame
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish

ROWS, RUNS, SEED, MARK = (300, 1, 0, 0.1) if QUICK else (10_000, 5, 0, 0.1)
PRESENCE = (1.0, 0.7, 0.4, 0.1)


def main() -> None:
    torch.set_num_threads(1)
    folder = Path(tempfile.mkdtemp())
    stores = {}
    for share in PRESENCE:
        made = frame(mixed.rows(ROWS, SEED, missing=1 - share))
        stores[share] = pm.Store.create(folder / f"{share}.lance", made, target="y", types=TYPES)
    used: dict[float, list[float]] = {share: [] for share in PRESENCE}
    for run in range(RUNS + 1):
        for share, store in stores.items():  # in turns, so that what else runs meets all alike
            loader = pm.Loader(store, mixed.BATCH, form="decoded", threads=1, labels=False, seed=run)
            found = mixed.timed(lambda: (batch.size for batch in loader))  # noqa: B023
            used[share] += [found["cpu"]] if run else []
    cost = {share: statistics.median(runs) for share, runs in used.items()}
    lines = [
        {
            "present": f"{share:.0%}",
            "processor a row, us": cost[share],
            "of the full row": f"{cost[share] / cost[1.0]:.1%}",
            "in proportion it would be": f"{share:.0%}",
            "apart by": f"{abs(cost[share] / cost[1.0] - share):.1%} of a full row",
        }
        for share in PRESENCE
    ]
    publish(
        Outcome(
            name="loading/presence",
            question=f"A shuffled epoch of {ROWS:,} mixed rows of which ever less is present: processor time a row, "
            "reading and decoding together.",
            mark="in proportion within 10 % of a full row",
            is_reached=all(abs(cost[share] / cost[1.0] - share) <= MARK for share in PRESENCE),
            table=lines,
            seeds=f"{SEED} for the rows, 0 to {RUNS} for the order",
            notes=["Processor time of the whole process, one decoding thread, median of the runs."],
        )
    )


if __name__ == "__main__":
    main()
