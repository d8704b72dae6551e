"""Which way up: what a mirrored map may mean, in words."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from scipy.linalg import polar

_NEAR = 20.0  # degrees
_AXES = "xyz"


def facing(linear: np.ndarray) -> str:
    """What is likely behind a map of negative determinant: a section that lies face down, or axes that are swapped.

    >>> facing(np.array([[-1.0, 0.0], [0.0, 1.0]]))
    'the moving points are a mirror image: a section that lies face down, say'
    """
    turned, _ = polar(linear)
    d = len(turned)
    found = []
    for order in permutations(range(d)):
        swap = np.eye(d)[list(order)]
        if np.linalg.det(swap) > 0:
            continue
        rest = turned @ swap.T
        cosine = (np.trace(rest) - (d - 2)) / 2
        found.append((float(np.degrees(np.arccos(np.clip(cosine, -1, 1)))), order))
    angle, order = min(found)
    if angle > _NEAR:
        return "the moving points are a mirror image: a section that lies face down, say"
    given, wanted = ", ".join(_AXES[:d]), ", ".join(_AXES[axis] for axis in order)
    return (
        f"the axes of the moving points are likely in another order than those of the fixed ones ({wanted} where "
        f"{given} is asked for; give moving[:, {list(order)}]), or they are a mirror image turned by 90 degrees"
    )
