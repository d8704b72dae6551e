"""Which patterns are asked of a model."""

from __future__ import annotations

import numpy as np

from polymodal.lattice import all_patterns, chain_patterns

COMPLETE_UP_TO = 12  # modalities; 4,096 patterns


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
