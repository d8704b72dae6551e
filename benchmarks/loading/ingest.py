"""What does making a store cost beside decoding its cells, and how much memory does it take as rows grow?"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import polymodal as pm
from benchmarks.loading.rows import TYPES, frame
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish

ROWS, TIMES, SEED, MARK = (200, 2, 0, 1.25) if QUICK else (15_000, 4, 0, 1.25)
GROUP = 500


def write(path: Path, rows: int) -> None:
    """A Parquet file made row group by row group, so that this process never holds all of it."""
    writer = None
    for start in range(0, rows, GROUP):
        part = frame(min(GROUP, rows - start), seed=start)
        part["scan"] = [None if one is None else one.tolist() for one in part["scan"]]
        held = pa.Table.from_pandas(part, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, held.schema)
        writer.write_table(held.cast(writer.schema))
    assert writer is not None
    writer.close()


def measured(path: Path) -> dict[str, float]:
    """Seconds and memory of making a store of a file, and CPU of decoding its cells once, in this process."""
    from polymodal.store.disk.sources import parquet

    parquet._SMALL = 0  # the short file is read like the long one
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, cpu = time.perf_counter(), time.process_time()
    store = pm.Store.create(Path(tempfile.mkdtemp()) / "rows.lance", path, target="y", types=TYPES)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    some = store.take(range(min(2_000, len(store))))
    begin = time.process_time()
    for name in some.schema.names:
        some.cells(name)
    decode = (time.process_time() - begin) / len(some) * len(store)
    size = sum(store.report().sizes.values())
    return {"rows": len(store), "s": wall, "cpu": cpu, "decode": decode, "before": before, "peak": peak, "size": size}


def main() -> None:
    if "--of" in sys.argv:
        print(json.dumps(measured(Path(sys.argv[-1]))))
        return
    folder, found = Path(tempfile.mkdtemp()), []
    for rows in (ROWS, TIMES * ROWS):
        write(folder / f"{rows}.parquet", rows)
        command = [sys.executable, "-m", "benchmarks.loading.ingest", "--of", str(folder / f"{rows}.parquet")]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found.append(json.loads(said.splitlines()[-1]))
    growth = (found[1]["peak"] - found[1]["before"]) / (found[0]["peak"] - found[0]["before"])
    publish(
        Outcome(
            name="loading/ingest",
            question=f"A store is made from a Parquet file of mixed rows with pictures and recordings inside, of one "
            f"with {TIMES} times as many.",
            mark=f"memory grows <= {MARK} x",
            is_reached=bool(growth <= MARK),
            table=[
                {
                    "rows": f"{one['rows']:,}",
                    "on disk, MB": one["size"] / 1e6,
                    "rows/s": f"{one['rows'] / one['s']:,.0f}",
                    "CPU, x decoding its cells": one["cpu"] / one["decode"],
                    "memory above that before, MB": (one["peak"] - one["before"]) / 1e3,
                }
                for one in found
            ],
            seeds=str(SEED),
            notes=[
                f"With {TIMES} times the rows the memory is {growth:.2f} times as much. All cells are decoded once."
            ],
        )
    )


if __name__ == "__main__":
    main()
