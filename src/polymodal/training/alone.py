"""What each modality's own head says: the most that its encoder lets a linear head tell without the others."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from polymodal.fusion._fusion import pooled
from polymodal.network import Network
from polymodal.schema.batch import Fused
from polymodal.store.memory import Memory

_ROWS = 1024  # encoded at once


@torch.no_grad()
def alone_outputs(network: Network, memory: Memory) -> Float[np.ndarray, "M N O"]:
    """Outputs of all targets side by side, from each modality by itself; the prior where a row does not have it.

    What is relative, such as log risks, is of each modality centred on the rows that have it, so that several networks
    on rows of their own can stand side by side.
    """
    network.eval()
    names, objectives = list(network.encoders), list(network.objectives.values())
    prior = torch.cat([one.outputs(one.prior[None]) for one in objectives], dim=1).cpu().numpy()
    found = np.tile(prior, (len(names), len(memory), 1))
    device = next(network.parameters()).device
    for rows, batch in memory.batches(_ROWS):
        for name, tokens in network.encode(batch.to(device)).items():
            values = pooled(tokens).float()
            told = Fused(values, torch.ones(len(values), dtype=torch.bool, device=device))
            said = torch.cat([head.outputs(head.raw(told)) for head in network.alone[name].values()], dim=1)
            found[names.index(name), rows[tokens.rows.cpu().numpy()]] = said.cpu().numpy()
    start = 0
    for objective in objectives:
        if objective.is_relative:
            for place, here in enumerate(memory.present.T):
                found[place, here, start] -= found[place, here, start].mean() if here.any() else 0.0
        start += len(objective.prior)
    return found
