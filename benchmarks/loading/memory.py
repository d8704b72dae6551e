"""Does the memory of a loader stay flat as rows become many?"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish

ROWS, SEED, MARK = ((3_000, 30_000), 0, 700) if QUICK else ((30_000, 1_000_000, 20_000_000), 0, 700)
BATCHES = 50 if QUICK else 20_000


def peak() -> float:
    """MB that this process has taken at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def made(uri: Path, rows: int) -> None:
    """A store of rows of 16 numbers, some of them missing, written some at a time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as parquet

    import polymodal as pm

    random, source = np.random.default_rng(SEED), uri.with_suffix(".parquet")
    schema = pa.schema([*((f"x{place}", pa.float32()) for place in range(16)), ("y", pa.int64())])
    with parquet.ParquetWriter(source, schema) as writer:
        for start in range(0, rows, 100_000):
            n = min(100_000, rows - start)
            values = random.normal(size=(n, 16)).astype(np.float32)
            there = random.random((n, 16)) > 0.3
            columns = [pa.array(values[:, place], mask=~there[:, place]) for place in range(16)]
            writer.write_table(pa.table([*columns, pa.array(random.integers(0, 2, n))], schema=schema))
    types = {"panel": pm.Vector(prefix="x")}
    pm.Store.create(uri, source, target="y", types=types, rows_per_fragment=1_000_000)
    source.unlink()


def measured(uri: str) -> None:
    """In a process of its own: what torch alone takes, and what is taken after an epoch, or the first batches of it."""
    import torch

    torch.set_num_threads(1)
    torch.ones(8, 8) @ torch.ones(8, 8)
    alone = peak()
    import polymodal as pm

    loader = pm.Loader(pm.Store.open(uri), 256, threads=2)
    start, n = time.perf_counter(), 0
    for step, batch in enumerate(loader):
        n += batch.size
        if step >= BATCHES:
            break
    print(alone, peak(), n, time.perf_counter() - start)


def line(folder: Path, rows: int) -> dict[str, object]:
    """What a process takes that loads a store of so many rows, made in another one."""
    uri = folder / f"{rows}.lance"
    words = f"from benchmarks.loading.memory import made; from pathlib import Path; made(Path({str(uri)!r}), {rows})"
    subprocess.run([sys.executable, "-c", words], check=True)
    command = [sys.executable, "-m", "benchmarks.loading.memory", "--measure", str(uri)]
    alone, all_of_it, n, taken = map(float, subprocess.check_output(command, text=True).split())
    found = {
        "rows": f"{rows:,}",
        "torch alone, MB": alone,
        "at most, MB": all_of_it,
        "beyond torch, MB": all_of_it - alone,
        "rows read": f"{int(n):,}",
        "rows a second": n / taken,
    }
    print(found, flush=True)
    return found


def main() -> None:
    if len(sys.argv) > 2 and sys.argv[1] == "--measure":
        return measured(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        lines = [line(Path(folder), rows) for rows in ROWS]
    beyond = [float(str(one["beyond torch, MB"])) for one in lines]
    publish(
        Outcome(
            name="loading/memory",
            question="The most memory that a process takes which loads small rows (16 numbers, 30 % missing) shuffled, "
            "as a network takes them, beyond what it takes once torch is loaded.",
            mark=f"<= {MARK} MB, flat from 30 thousand to 20 million rows",
            is_reached=max(beyond) <= MARK and max(beyond) <= 1.25 * min(beyond),
            table=lines,
            seeds=str(SEED),
            notes=["Flat means that no size takes more than 1.25 times another."],
        )
    )
    return None


if __name__ == "__main__":
    main()
