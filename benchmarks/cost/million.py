"""A million rows: does a fit end, in how much memory, at how many rows a second?"""

from __future__ import annotations

import resource
import time

import numpy as np
import pandas as pd

import polymodal as pm
from benchmarks.accuracy.baselines import average, verdict
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish
from polymodal.metrics import score

ROWS, TESTED, SEED, MARK = (3_000, 500, 0, 24.0) if QUICK else (1_000_000, 10_000, 0, 24.0)
NUMBERS, CATEGORIES, PANEL = 16, 4, 29  # with the text 50 columns in three modalities
WORDS = np.array(
    [f"{start}{end}" for start in ("ba", "ke", "li", "mo", "nu", "ra", "so", "ti") for end in "bdfgklmnprst"]
)
GAPS = 0.2  # share of cells missing, and of whole panels and texts


def table(rows: int, seed: int = SEED) -> pm.Table:
    """Made rows whose answer hangs on a few columns of each modality and on noise."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(rows, NUMBERS)).astype(np.float32)
    codes = random.integers(0, 12, (rows, CATEGORIES))
    panel = random.normal(size=(rows, PANEL)).astype(np.float32)
    words = random.integers(0, len(WORDS), (rows, 8))
    told = numbers[:, 0] + (codes[:, 0] % 3 - 1) + panel[:, :3].sum(axis=1) / np.sqrt(3) + (words < 24).sum(axis=1) - 2
    answer = told + random.normal(size=rows) > 0
    numbers[random.random(numbers.shape) < GAPS] = np.nan
    panel[random.random(rows) < GAPS] = np.nan
    frame = pd.DataFrame(numbers, columns=[f"number{column}" for column in range(NUMBERS)])
    for column in range(CATEGORIES):
        frame[f"category{column}"] = pd.Categorical.from_codes(codes[:, column], list("abcdefghijkl"))
    panels = pd.DataFrame(panel, columns=[f"panel_{column}" for column in range(PANEL)])
    frame = pd.concat([frame, panels], axis=1)
    texts = np.array([" ".join(row) for row in WORDS[words]], dtype=object)
    texts[random.random(rows) < GAPS] = None
    frame["text"] = texts
    frame["answer"] = answer
    return pm.Table.read(
        frame,
        target={"answer": pm.Category()},
        types={
            "tabular": pm.Tabular(columns=tuple(frame.columns[: NUMBERS + CATEGORIES])),
            "panel": pm.Vector(prefix="panel_"),
            "text": "text",
        },
    )


def gibibytes() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # in KiB on Linux


def main() -> None:
    start = time.perf_counter()
    made = table(ROWS + TESTED)
    train, test = made.take(np.arange(ROWS)), made.take(np.arange(ROWS, ROWS + TESTED))
    making, before = time.perf_counter() - start, gibibytes()
    start, cpu = time.perf_counter(), time.process_time()
    model = pm.Model(preset="fast", seed=SEED).fit(train)
    fitting, cpu = time.perf_counter() - start, time.process_time() - cpu
    after = gibibytes()
    start = time.perf_counter()
    model.predict(test)
    answering = time.perf_counter() - start
    lattice = model.lattice(test)
    values, target = lattice.of("answer"), test.schema.targets["answer"]
    auc = {"everything": score(target, values[-1], test.labels("answer"))["auc"]}
    for place, name in enumerate(lattice.modalities):
        one = values[lattice.index(np.arange(len(lattice.modalities)) == place)]
        auc[f"{name} alone"] = score(target, one, test.labels("answer"))["auc"]
    costs = {
        "rows": f"{ROWS:,}",
        "columns": str(NUMBERS + CATEGORIES + PANEL + 1),
        "memory with the table read, GiB": before,
        "memory at most, GiB": after,
        "fit, s": fitting,
        "fit, CPU s": cpu,
        "fit, rows/s": f"{ROWS / fitting:,.0f}",
        "predict, rows/s": f"{TESTED / answering:,.0f}",
    }
    publish(
        Outcome(
            name="cost/million",
            question=f"A fit with preset 'fast' on {ROWS:,} made rows of 50 columns in three modalities, "
            f"{GAPS:.0%} missing.",
            mark=f"at most {MARK:g} GiB",
            is_reached=after <= MARK,
            table=[costs],
            seeds=str(SEED),
            verdict=verdict([auc]),
            notes=[
                f"The table took {making:.0f} s to make and read. AUC on {TESTED:,} further rows: "
                + ", ".join(f"{line['method']} {line['mean']}" for line in average([auc]))
                + "."
            ],
        )
    )


if __name__ == "__main__":
    main()
