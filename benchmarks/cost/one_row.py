"""How long does one row take, from Python objects to an answer?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.cost.tables import mixed
from benchmarks.cost.timing import median_seconds, one_thread
from benchmarks.record import Outcome, publish
from polymodal.learners._design import Design
from polymodal.model import Model, load
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table

ROWS, SEED, MARK, REPEATS = 400, 0, 3.0, 300


def measure(table: Table, folds: int, learners: list[str] | None) -> dict[str, object]:
    """One line of the table."""
    fitted = Model(seed=SEED, epochs=1, folds=folds, learners=learners).fit(table, progress=False)
    with tempfile.TemporaryDirectory() as folder:
        model = load(fitted.save(Path(folder) / "model.pm"))
    columns = [column for name, one in table.schema.modalities.items() for column in one.sources(name)]
    row: dict[str, Any] = {column: table.frame[column].iloc[0] for column in columns}
    row = {column: value.item() if isinstance(value, np.generic) else value for column, value in row.items()}
    memory = model.preprocessor.prepare(table.take(np.arange(1)))
    batch, full = memory.batch(np.arange(1)), np.ones((1, memory.present.shape[1]), dtype=bool)
    portfolio = model.portfolio
    design = Design.of(portfolio.features, memory.arrays, memory.present)

    def bare() -> None:
        with torch.inference_mode():
            for network in model.networks:
                network(batch)
        for learner in portfolio.learners.get("y", {}).values():
            learner.answer(design, full)

    answer, forward = median_seconds(lambda: model.predict(row), bare, repeats=REPEATS)
    return {
        "modalities": " + ".join(one.kind for one in table.schema.modalities.values()),
        "answered by": portfolio.describe(model.fusion),
        "one row, ms": 1e3 * answer,
        "bare forward pass, ms": 1e3 * forward,
        "ratio": answer / forward,
    }


def of(table: Table, *names: str) -> Table:
    """The same rows with some of the modalities."""
    kept = {name: table.schema.modalities[name] for name in names}
    return Table(table.frame, Schema(modalities=kept, targets=table.schema.targets))


def main() -> None:
    one_thread()
    everything = mixed(ROWS, SEED)
    table = [
        measure(of(everything, *names), folds, learners)
        for names in (("tabular1", "text1"), ("image1", "text1"))
        for folds, learners in ((1, None), (5, None), (1, ["network"]), (5, ["network"]))
    ]
    publish(
        Outcome(
            name="cost/one_row",
            question="One row given as a dict of Python objects to a loaded model, against the bare forward pass.",
            mark=f"median CPU time ratio <= {MARK:g}",
            is_reached=all(float(str(line["ratio"])) <= MARK for line in table),
            table=table,
            seeds=str(SEED),
            notes=[
                f"One thread, median of {REPEATS}, in turns. "
                "The forward pass is that of every network and every learner in turn, on what was prepared before."
            ],
        )
    )


if __name__ == "__main__":
    main()
