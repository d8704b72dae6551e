"""How alike neighbours express once two sections lie upon each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polymodal.align.space.copying import copy
from polymodal.align.space.frames import Frame
from polymodal.align.space.transforms.affine import Affine

_REACH = 1.5  # distances of neighbours, within which expression is copied
_NEIGHBOURS = 6
_VARIABLE = 250  # genes by which a placement is judged


@dataclass(frozen=True)
class Expressed:
    """Two sections of which neighbours are compared.

    Attributes:
        moving, fixed: `[n, d]` and `[m, d]` places in one unit.
        own, others: `[n, g]` and `[m, g]` logarithms of counts in 10,000 plus one.
        step: the usual distance between fixed spots.
    """

    moving: np.ndarray
    fixed: np.ndarray
    own: np.ndarray
    others: np.ndarray
    step: float

    @classmethod
    def of(
        cls, moving: np.ndarray, fixed: np.ndarray, counts: np.ndarray, others: np.ndarray, step: float
    ) -> Expressed:
        """From counts `[n, g]` and `[m, g]`, of which the genes that vary most in the fixed section are kept."""
        logs = _logs(others)
        variable = np.sort(np.argsort(-logs.var(axis=0), kind="stable")[:_VARIABLE])
        return cls(moving, fixed, _logs(counts)[:, variable], logs[:, variable], step)

    def correlation(self, linear: np.ndarray, offset: np.ndarray) -> tuple[float | None, float]:
        """Of what a moved spot expresses with what the fixed spots around it do, on average over genes.

        And the share of moving spots that have any around them; None where fewer than three have, or nothing varies.
        """
        d = self.moving.shape[1]
        way = Affine.of(linear, offset, Frame("moving", dimensions=d), Frame("fixed", dimensions=d))
        read = copy(way, self.moving, self.fixed, self.others, within=_REACH * self.step, k=_NEIGHBOURS)
        near = read.neighbours.found
        share = float(near.mean())
        if near.sum() < 3:
            return None, share
        one, other = (values - values.mean(axis=0) for values in (self.own[near], read.values[near]))
        strength = np.sqrt((one**2).sum(axis=0) * (other**2).sum(axis=0))
        varies = strength > 1e-12
        if not varies.any():
            return None, share
        return float(((one * other).sum(axis=0)[varies] / strength[varies]).mean()), share


def _logs(counts: np.ndarray) -> np.ndarray:
    totals = counts.sum(axis=1, keepdims=True)
    logs: np.ndarray = np.log1p(counts / np.where(totals > 0, totals, 1.0) * 1e4)
    return logs
