"""How much of what the processor could decode does a shuffled loader give?"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import polymodal as pm
from benchmarks.loading import mixed
from benchmarks.loading.environments import NAMES as PEERS
from benchmarks.loading.environments import environment
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish

ROWS, RUNS, SEED = (600, 1, 0) if QUICK else (30_000, int(os.environ.get("RUNS", 3)), 0)
PEER_RUNS = int(os.environ.get("PEER_RUNS", RUNS))
TYPES = {
    "photo": pm.Image(size=mixed.SIDE),
    "note": "text",
    "sound": pm.Series(max_length=mixed.SAMPLES),
    "panel": "vector",
    "few": "vector",
}
SHAPES = {"blocks of 128": (128, 32), "blocks of 256": (256, 16), "nearly all rows mixed": (16, 256)}
MARKS = {"blocks of 128": 0.8, "blocks of 256": 0.8, "nearly all rows mixed": 0.65}


def frame(rows: list[mixed.Row]) -> pd.DataFrame:
    """The rows as a frame, with a target."""
    cells = {name: pd.Series([row[place] for row in rows], dtype=object) for place, name in enumerate(mixed.NAMES)}
    cells["note"] = pd.Series([None if row[1] is None else row[1].decode() for row in rows], dtype=object)
    return pd.DataFrame({**cells, "y": np.arange(len(rows)) % 2})


def main() -> None:
    torch.set_num_threads(1)
    folder = Path(tempfile.mkdtemp())
    made = mixed.rows(ROWS, SEED)
    mixed.save(folder / "rows.npz", made)
    store = pm.Store.create(folder / "rows.lance", frame(made), target="y", types=TYPES)
    some = made[: min(2048, ROWS)]
    del made
    mixed.limit(some, 40)
    lines, reached = [], []
    for name, (block, window) in SHAPES.items():
        runs, distance = [], 0.0
        loader = pm.Loader(store, mixed.BATCH, form="decoded", threads=2, block=block, window=window, labels=False)
        for _ in range(RUNS + 1):
            before = mixed.limit(some)
            places: list[torch.Tensor] = []
            found = mixed.timed(lambda: (places.append(one.places) or one.size for one in loader))  # noqa: B023
            after = mixed.limit(some)
            runs.append(_shares(found, before, after))
            dealt = torch.cat(places)
            assert len(set(dealt.tolist())) == ROWS
            distance = float((dealt[1:] - dealt[:-1]).abs().double().mean())
        for what, some_runs in ((name, runs[1:]), (f"{name}, first epoch", runs[:1])):
            line = {"loader": f"polymodal, {what}", "workers": "2 threads", **_middle(some_runs)}
            lines.append({**line, "mean distance": distance})
        reached.append(lines[-2]["of the limit"] >= MARKS[name])
        print(*lines[-2:], sep="\n", flush=True)
    for peer in PEERS:
        try:
            python = environment(peer)
        except (subprocess.CalledProcessError, OSError) as error:
            lines.append({"loader": f"{peer}: cannot be installed here ({_reason(error)})"})
            continue
        command = [str(python), "-m", "benchmarks.loading.peers", peer, str(folder), str(PEER_RUNS)]
        told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
        if told.returncode:
            lines.append({"loader": f"{peer}: failed ({told.stderr.strip().splitlines()[-1][:120]})"})
            print(told.stderr, file=sys.stderr)
            continue
        for mode, (runs, distance) in json.loads(told.stdout.splitlines()[-1]).items():
            shares = [_shares(*run) for run in runs]
            lines.append({"loader": peer, "workers": mode, **_middle(shares), "mean distance": distance})
            print(lines[-1], flush=True)
    publish(
        Outcome(
            name="loading/shuffled",
            question=f"One shuffled epoch of {ROWS:,} rows of five kinds of cell, 30 % of each missing, in batches of "
            f"{mixed.BATCH}: the share of what two threads decode that have all rows in memory.",
            mark="of the limit >= 0.8 with blocks of 128 and 256 rows, >= 0.65 with nearly all rows mixed",
            is_reached=all(reached),
            table=lines,
            seeds=f"{SEED} for the rows, 0 for the order",
            notes=[
                "The limit (simplejpeg and copies into batches, two threads, nothing read) is measured right before "
                "and after each run in the same process; figures are medians of "
                f"{RUNS} runs, of other libraries {PEER_RUNS}. `of the limit, processor` "
                "compares processor time a row instead of time, which what else runs on the machine moves less; what "
                "worker processes take is not in it. In its first epoch our loader holds each cell against the sum "
                "noted as it came in, which no other does. `mean distance` is that of rows dealt after each other by "
                f"their place on disk; a full shuffle has {ROWS / 3:,.0f}.",
                f"Load of the machine at the end: {os.getloadavg()[1]:.1f} processes wanted to run.",
            ],
        )
    )


def _shares(found: dict[str, float], before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {
        "of the limit": 2 * found["rate"] / (before["rate"] + after["rate"]),
        "of the limit, processor": (before["cpu"] + after["cpu"]) / 2 / found["cpu"],
        "rows a second": found["rate"],
        "first batch, s": found["first"],
    }


def _middle(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _reason(error: Exception) -> str:
    said = getattr(error, "stderr", None) or str(error)
    return str(said).strip().splitlines()[-1][:120]


if __name__ == "__main__":
    main()
