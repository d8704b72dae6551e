"""Does a training step cost in proportion to what is present?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from benchmarks.cost.tables import mixed, panels
from benchmarks.cost.timing import cpu_seconds, one_thread
from benchmarks.record import Outcome, publish
from polymodal.schema.table import Table
from polymodal.store.memory import Memory
from polymodal.store.preprocessing import Preprocessor
from polymodal.training.build import build
from polymodal.training.fit import adamw
from polymodal.training.patterns import uniform_patterns
from polymodal.training.plan import Plan
from polymodal.training.step import ALONE

ROWS, BATCH, SEED, MARK = 1024, 128, 0, 0.65


class Stepper:
    """A network and its optimizer, as `fit` sets them up, stepping through the rows of a memory."""

    def __init__(self, memory: Memory, table: Table) -> None:
        self.memory = memory
        self.network = build(
            memory.collate,
            table.schema.targets,
            fusion="transformer",
            width=64,
            dropout=0.1,
            encoders={},
            features={},
            seed=SEED,
        ).train()
        self.optimizer = adamw(self.network, Plan.for_rows(ROWS, batch_size=BATCH))

    def steps(self) -> None:
        """Once over the rows: pack, encode, fuse full and drawn patterns, loss, backward, clip, update."""
        for start in range(0, len(self.memory), BATCH):
            rows = np.arange(start, start + BATCH)
            batch = self.memory.batch(rows, with_labels=True)
            present = torch.from_numpy(self.memory.present[rows])
            kept = torch.stack([present, uniform_patterns(present)])
            tokens = self.network.encode(batch)
            fused = self.network.fuse_under(tokens, kept)
            loss = self.network.loss(fused, batch, 2) + ALONE * self.network.loss_alone(tokens, batch)
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimizer.step()


def half_missing(memory: Memory) -> Memory:
    """Each cell dropped with probability one half."""
    return replace(memory, present=memory.present & (np.random.default_rng(SEED).random(memory.present.shape) < 0.5))


def measure(name: str, table: Table) -> dict[str, object]:
    """One line of the table."""
    memory = Preprocessor.measure(table, {}).prepare(table)
    assert memory.present.all()
    full, half = cpu_seconds(Stepper(memory, table).steps, Stepper(half_missing(memory), table).steps)
    steps = ROWS / BATCH
    return {
        "encoders": name,
        "nothing missing, ms a step": 1e3 * full / steps,
        "half missing, ms a step": 1e3 * half / steps,
        "ratio": half / full,
    }


def main() -> None:
    one_thread()
    torch.manual_seed(SEED)
    table = [
        measure("panels as in the miniACC demo", panels(ROWS, SEED, is_complete=True)),
        measure("pictures, texts, series, columns", mixed(ROWS, SEED)),
    ]
    publish(
        Outcome(
            name="cost/training_step",
            question="A training step on 8 modalities, 50 % of the cells missing at random, against nothing missing.",
            mark=f"CPU time ratio <= {MARK}",
            is_reached=all(float(str(line["ratio"])) <= MARK for line in table),
            table=table,
            seeds=str(SEED),
            notes=[f"Whole steps of {BATCH} rows as `fit` makes them, one thread, least of 5 passes, in turns."],
        )
    )


if __name__ == "__main__":
    main()
