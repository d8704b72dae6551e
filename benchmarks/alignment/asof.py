"""As-of joins: equal to looking at every pair, and how fast beside polars and pandas."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import polars

import polymodal as pm
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish

ROWS, OTHERS, KEYS, SEED = (20_000, 2_000, 50, 0) if QUICK else (10_000_000, 1_000_000, 1_000, 0)
REPEATS = 1 if QUICK else 2
TOLERANCE = 2.0
TRIED = 50 if QUICK else 400


def tables(rows: int, others: int, keys: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sorted by time, which pandas and polars ask for; times in whole milliseconds, so that many are shared."""
    random = np.random.default_rng(seed)
    found = []
    for n, value in ((rows, "asked"), (others, "value")):
        ticks = np.sort(random.integers(0, max(others, 10), n)) / 1000
        found.append(pd.DataFrame({"time": ticks, "key": random.integers(0, keys, n), value: np.arange(n)}))
    return found[0], found[1]


def brute(
    left: pd.DataFrame, right: pd.DataFrame, direction: str, tolerance: float, exact: bool, keyed: bool
) -> list[int]:
    """Row by row, every pair looked at; -1 where none fits."""
    answers = []
    for time_, key in zip(left["time"], left["key"], strict=True):
        gap = right["time"].to_numpy() - time_
        fits = (np.abs(gap) <= tolerance) & ((gap != 0) | exact) & ((right["key"].to_numpy() == key) | (not keyed))
        before, after = np.flatnonzero(fits & (gap <= 0)), np.flatnonzero(fits & (gap >= 0))
        last = before[np.lexsort((before, gap[before]))[-1]] if len(before) else None
        first = after[np.lexsort((after, gap[after]))[0]] if len(after) else None
        if direction == "nearest" and last is not None and first is not None:
            chosen = first if gap[first] < -gap[last] else last
        else:
            chosen = {"backward": last, "forward": first, "nearest": last if first is None else first}[direction]
        answers.append(-1 if chosen is None else int(chosen))
    return answers


def equal() -> tuple[int, int]:
    """Small tables of all settings, in random order, that agree with looking at every pair; and how many there are."""
    agree = 0
    for trial in range(TRIED):
        random = np.random.default_rng(trial)
        left, right = (one.sample(frac=1, random_state=trial) for one in tables(40, 30, 3, trial))
        direction = str(random.choice(["backward", "forward", "nearest"]))
        exact, keyed, tolerance = (
            bool(random.integers(2)),
            bool(random.integers(2)),
            float(random.choice([0.002, 0.01, 1])),
        )
        by = "key" if keyed else ()
        found = pm.align.clock.asof(left, right, by=by, direction=direction, exact=exact, tolerance=tolerance)
        rows = np.full(len(left), -1)
        rows[found.pairs[:, 0]] = found.pairs[:, 1]
        agree += rows.tolist() == brute(left, right, direction, tolerance, exact, keyed)
    return agree, TRIED


def seconds(task: Callable[[], object]) -> tuple[float, object]:
    best, answer = np.inf, None
    for _ in range(REPEATS):
        start = time.perf_counter()
        answer = task()
        best = min(best, time.perf_counter() - start)
    return float(best), answer


def main() -> None:
    agree, tried = equal()
    left, right = tables(ROWS, OTHERS, KEYS, SEED)
    columns = polars.from_pandas(left), polars.from_pandas(right)
    lines: list[dict[str, object]] = []
    same = True
    for keyed in (False, True):
        by = "key" if keyed else None
        tasks: dict[str, Callable[[], object]] = {
            "polymodal": lambda by=by: pm.align.clock.asof(left, right, by=by or (), tolerance=TOLERANCE),
            "pandas": lambda by=by: pd.merge_asof(left, right, on="time", by=by, tolerance=TOLERANCE),
            "polars": lambda by=by: columns[0].join_asof(
                columns[1], on="time", by=by, tolerance=TOLERANCE, check_sortedness=False
            ),
        }
        answers = {}
        for name, task in tasks.items():
            taken, answers[name] = seconds(task)
            lines.append(
                {"": name, "keys": KEYS if keyed else "none", "s": taken, "million rows a second": ROWS / taken / 1e6}
            )
        own = answers["polymodal"].table["value"].to_numpy(dtype=float, na_value=np.nan)  # type: ignore[attr-defined]
        same &= np.array_equal(own, answers["pandas"]["value"].to_numpy(), equal_nan=True)  # type: ignore[index]
    shuffled = left.sample(frac=1, random_state=0), right.sample(frac=1, random_state=1)
    out_of_order: dict[str, Callable[[], object]] = {
        "polymodal, rows in random order": lambda: pm.align.clock.asof(*shuffled, by="key", tolerance=TOLERANCE),
        "pandas, rows in random order, sorted first": lambda: pd.merge_asof(
            *(one.sort_values("time", kind="stable") for one in shuffled), on="time", by="key", tolerance=TOLERANCE
        ),
    }
    for name, task in out_of_order.items():
        taken, _ = seconds(task)
        lines.append({"": name, "keys": KEYS, "s": taken, "million rows a second": ROWS / taken / 1e6})
    publish(
        Outcome(
            name="alignment/asof",
            question=f"{ROWS:,} rows get the last row of {OTHERS:,} at or before their time, within {TOLERANCE:g} s, "
            "with and without a key: is it the right one, and how long does it take?",
            mark="equal to looking at every pair, and to pandas on the large tables",
            is_reached=bool(same and agree == tried),
            table=lines,
            seeds=str(SEED),
            notes=[
                f"{agree} of {tried} small tables with ties, tolerances, keys, all directions, rows in "
                "random order agree with a loop over every pair.",
                "The other two ask for sorted rows and give the table alone, pandas without the times of the right; "
                "the time of polymodal holds who has no partner and why, and times that are shared. Pairs and "
                "distances are written out once they are asked for. The best of two runs; other work ran on the "
                "machine.",
            ],
        )
    )


if __name__ == "__main__":
    main()
