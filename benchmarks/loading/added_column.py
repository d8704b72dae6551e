"""How much is written when a column is added?"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

import polymodal as pm
from benchmarks.loading.rows import table
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish

ROWS, WIDTH, SEED, MARK = (500, 384, 0, 1.1) if QUICK else (30_000, 384, 0, 1.1)


def n_bytes(folder: Path) -> int:
    """Of all files, those of former versions included."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def main() -> None:
    place = Path(tempfile.mkdtemp()) / "rows.lance"
    store = pm.Store.create(place, table(ROWS, SEED))
    whole = n_bytes(place)
    vectors = np.random.default_rng(SEED).normal(size=(ROWS, WIDTH)).astype(np.float32)
    gappy: list[np.ndarray | None] = [None if row % 10 < 3 else vector for row, vector in enumerate(vectors)]
    lines = []
    for what, values in (("every row has one", vectors), ("30 % of the rows have none", gappy)):
        before, start = n_bytes(place), time.perf_counter()
        store = store.add_column(f"embedding{len(lines)}", values)
        taken = time.perf_counter() - start
        held = sum(vector.nbytes for vector in values if vector is not None)
        found = n_bytes(place) - before
        lines.append(
            {
                "": what,
                "column, MB": held / 1e6,
                "written, MB": found / 1e6,
                "ratio": found / held,
                "of rewriting the store": f"{found / (whole + held):.0%}",
                "s": taken,
            }
        )
    publish(
        Outcome(
            name="loading/added_column",
            question=f"A column of {WIDTH} numbers of 32 bits is added to a store of {ROWS:,} mixed rows "
            f"({whole / 1e6:.0f} MB).",
            mark=f"written <= {MARK} x the column",
            is_reached=bool(lines[0]["ratio"] <= MARK),
            table=lines,
            seeds=str(SEED),
            notes=["All files count, also those that say what the store holds."],
        )
    )


if __name__ == "__main__":
    main()
