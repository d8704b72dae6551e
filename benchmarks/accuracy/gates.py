"""Two bits through a gate: do Shapley values and interactions come out as the closed form says?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import polymodal as pm
from benchmarks.record import Outcome, publish

ROWS, SEEDS, MARK = 4_000, range(5), 0.02
Gate = Callable[[np.ndarray, np.ndarray], np.ndarray]
# For each gate: the second bit given the first and a fresh one, the answer, and the closed form of the accuracy game:
# share of a, share of b, interaction.
GATES: dict[str, tuple[Gate, Gate, tuple[float, float, float]]] = {
    "XOR": (lambda a, fresh: fresh, lambda a, b: a ^ b, (0.25, 0.25, 0.5)),
    "AND": (lambda a, fresh: fresh, lambda a, b: a & b, (0.125, 0.125, 0.25)),
    "redundant copy": (lambda a, fresh: a, lambda a, b: a, (0.25, 0.25, -0.5)),
}


def bits(gate: str, seed: int) -> pm.Table:
    """Every combination of two bits equally often, so that the closed form holds of the very rows."""
    second, answer, _ = GATES[gate]
    a, fresh = np.tile([0, 0, 1, 1], ROWS // 4), np.tile([0, 1, 0, 1], ROWS // 4)
    order = np.random.default_rng(seed).permutation(ROWS)
    a, b = a[order], second(a, fresh)[order]
    frame = {"a": a.astype(float), "b": b.astype(float), "answer": answer(a, b)}
    return pm.Table.read(
        frame,
        target={"answer": pm.Category()},
        types={"a": pm.Tabular(columns=("a",)), "b": pm.Tabular(columns=("b",))},
    )


def main() -> None:
    table, worst = [], 0.0
    for gate, (_, _, truth) in GATES.items():
        found = []
        for seed in SEEDS:
            data = bits(gate, seed)
            model = pm.Model(seed=seed, epochs=8).fit(data)
            one = model.explain(data, metric="accuracy")["answer"].score
            found.append([*(share.share.value for share in one.contributions), one.interactions[0, 1]])
        off = np.abs(np.array(found) - truth).max()
        worst = max(worst, float(off))
        mean = np.mean(found, axis=0)
        table.append(
            {"gate": gate, **{k: f"{m:.4f} ({t:g})" for k, m, t in zip(("a", "b", "a x b"), mean, truth, strict=True)}}
            | {"furthest of any seed": f"{off:.4f}"}
        )
    publish(
        Outcome(
            name="accuracy/gates",
            question="Shapley values and interaction of the accuracy of a fitted model (closed form in brackets).",
            mark="within .02 of the closed form",
            is_reached=worst <= MARK,
            table=table,
            seeds="0 to 4",
        )
    )


if __name__ == "__main__":
    main()
