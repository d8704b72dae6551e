"""What do exact Shapley values cost, next to the plain answer?"""

from __future__ import annotations

import numpy as np

from benchmarks.cost.tables import mixed, panels
from benchmarks.cost.timing import cpu_seconds, one_thread
from benchmarks.record import Outcome, publish
from polymodal.explain.game import shapley
from polymodal.explain.row_game import RowGame
from polymodal.model import Model
from polymodal.schema.table import Table

ROWS, SEED, MARK = 1000, 0, 3.0


def measure(fusion: str, name: str, table: Table, folds: int, learners: list[str] | None = None) -> dict[str, object]:
    """One line of the table."""
    model = Model(fusion, seed=SEED, epochs=1, folds=folds, learners=learners)
    model.fit(table.take(np.arange(200)), progress=False)

    def fresh() -> Table:
        return Table(table.frame, table.schema)

    def explained() -> np.ndarray:
        lattice = model.lattice(fresh())
        return shapley(RowGame.of(lattice, "y").v)

    answers = model.predict(table).outputs["y"]
    lattice = model.lattice(table)
    assert np.abs(lattice.of("y")[-1] - answers).max() < 1e-6
    game = RowGame.of(lattice, "y").v
    assert np.abs(shapley(game).sum(axis=0) - (game[-1] - game[0])).max() < 1e-9
    plain, exact = cpu_seconds(lambda: model.predict(fresh()), explained, repeats=3)
    kept = lattice.patterns[:, None, :] & lattice.present[None, :, :]
    distinct = len(np.unique(kept @ (1 << np.arange(kept.shape[2])) * ROWS + np.arange(ROWS)))
    return {
        "answered by": model.portfolio.describe(fusion),
        "table": name,
        "predict, s": plain,
        "Shapley, s": exact,
        "distinct (row, subset)": distinct,
        "ratio": exact / plain,
    }


def main() -> None:
    one_thread()
    gaps, complete = (panels(ROWS, SEED, is_complete=whole) for whole in (False, True))
    table = [
        measure(Model().fusion, "panels, the demo's gaps", gaps, 5),
        measure(Model().fusion, "panels, the demo's gaps", gaps, 1),
        measure("transformer", "panels, the demo's gaps", gaps, 1, ["network"]),
        measure("attention", "panels, the demo's gaps", gaps, 1, ["network"]),
        measure("attention", "panels, the demo's gaps", gaps, 5, ["network"]),
        measure("attention", "panels, nothing missing", complete, 1, ["network"]),
        measure("attention", "panels, nothing missing", complete, 5, ["network"]),
        measure("attention", "pictures, texts, series, columns; nothing missing", mixed(ROWS, SEED), 1, ["network"]),
        measure("transformer", "panels, the demo's gaps", gaps, 1, ["linear"]),
        measure("transformer", "panels, the demo's gaps", gaps, 1, ["trees"]),
    ]
    publish(
        Outcome(
            name="cost/shapley",
            question=f"Exact Shapley values of {ROWS:,} rows at M = 8, all 256 patterns, against one plain predict.",
            mark=f"CPU time ratio <= {MARK:g} with default settings",
            is_reached=all(float(str(line["ratio"])) <= MARK for line in table[:2]),
            table=table,
            seeds=str(SEED),
            notes=["From raw cells to answers in both. One thread, least of 3, in turns."],
        )
    )


if __name__ == "__main__":
    main()
