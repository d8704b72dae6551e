"""The cells of many rows in the space of a network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from polymodal.contrastive._contrast import Placed
from polymodal.network import Network
from polymodal.store.memory import Memory

_ROWS = 1024  # rows encoded at once


@torch.no_grad()
def place_rows(network: Network, memory: Memory, device: torch.device | str = "cpu") -> dict[str, Placed]:
    """By modality, the vectors of the rows that have it, in the order of the rows; each cell is encoded once."""
    if network.training:
        network.eval()
    canonical = None if network.space is None else network.space.canonical
    values: dict[str, list[torch.Tensor]] = {name: [] for name in memory.collate}
    rows: dict[str, list[torch.Tensor]] = {name: [] for name in memory.collate}
    for places, batch in memory.batches(_ROWS):
        where = torch.from_numpy(np.asarray(places)).to(device)
        batch = batch.to(device)
        for name, one in network.place(network.encode(batch)).items():
            both = one.values
            if canonical is not None and canonical.is_set:
                both = canonical.beside(name, both, batch.fields[name].cleared().values)
            values[name].append(both)
            rows[name].append(where[one.rows])
    found = {name: Placed(torch.cat(parts), torch.cat(rows[name])) for name, parts in values.items() if parts}
    if memory.same is None:
        return found
    same = torch.from_numpy(memory.same).to(device)
    return {name: replace(one, same=same[one.rows]) for name, one in found.items()}
