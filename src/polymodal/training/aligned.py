"""A network that learns nothing but a space: which cells belong to one row."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from polymodal.network import Network
from polymodal.schema.table import Table
from polymodal.store.memory import Memory
from polymodal.training.canonical import add_canonical
from polymodal.training.ensemble import Recipe, Watch, held_out_rows
from polymodal.training.fit import fit
from polymodal.training.history import History
from polymodal.training.segments import hidable


def train_space(
    table: Table,
    memory: Memory,
    recipe: Recipe,
    *,
    budget: float | None = None,
    checkpoint: Path | None = None,
    watch: Watch | None = None,
) -> tuple[Network, History]:
    """Train on most rows of `table`, prepared as `memory`, up to the epoch in which those held out are found best."""
    [held] = held_out_rows(table, 1, recipe.seed)
    rest = np.setdiff1d(np.arange(len(memory)), held)
    seed = recipe.seed * 1000
    network = recipe.network(memory, {}, seed)
    history = fit(
        network,
        memory.take(rest),
        memory.take(held),
        {},
        recipe.plan(len(rest)),
        in_parts=hidable(table.schema),
        seed=seed,
        budget=budget,
        checkpoint=checkpoint,
        report=None if watch is None else lambda epoch, epochs, figures: watch(0, 1, epoch, epochs, figures),
    )
    add_canonical(network, memory.take(rest), memory.take(held), next(network.parameters()).device)
    network.to("cpu")
    return network, history
