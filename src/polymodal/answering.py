"""Several networks asked as one: their answers averaged, for every pattern."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from polymodal.lattice import all_patterns, chain_patterns
from polymodal.network import Network
from polymodal.objectives._objective import Objective
from polymodal.store.memory import Memory
from polymodal.sweep import sweep

COMPLETE_UP_TO = 12  # modalities; 4,096 patterns


def answer_lattice(
    networks: Sequence[Network], memory: Memory, patterns: np.ndarray, device: torch.device | str = "cpu"
) -> np.ndarray:
    """`[P, N, O]` outputs of all targets side by side, the mean over the networks."""
    total: np.ndarray | None = None
    for network in networks:
        raws = sweep(network, memory, patterns, device)
        with torch.no_grad():
            parts = [
                one.outputs(raws[name].to(one.prior.device)).cpu().numpy() for name, one in network.objectives.items()
            ]
        values = np.concatenate(parts, axis=2)
        total = values if total is None else total + values
    assert total is not None
    return total / len(networks)


def outputs_of(objective: Objective) -> int:
    """How many outputs an objective has."""
    return int(objective.outputs(objective.prior[None, :]).shape[1])


def requested_patterns(n_modalities: int, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """All 2^M patterns while that is few; else the chains of sampled orders, and those orders `[K, M]`.

    Orders come in pairs, each with its reverse, which cancels most of the sampling error (antithetic sampling;
    Mitchell et al. 2022).
    """
    if n_modalities <= COMPLETE_UP_TO:
        return all_patterns(n_modalities), None
    random = np.random.default_rng(seed)
    half = [random.permutation(n_modalities) for _ in range(max(1, samples // 2))]
    permutations = np.array([order for one in half for order in (one, one[::-1])])
    return chain_patterns(permutations), permutations
