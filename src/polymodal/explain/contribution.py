"""What each modality adds to the score: the game v(S) = score of the answers from modalities S, over all rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polymodal.explain.resampling import Estimate, Sample, Scorer
from polymodal.explain.split import drops, only, pairs, shares, without
from polymodal.lattice import Lattice


@dataclass(frozen=True)
class Contribution:
    """One modality's part in the score; positive figures are good for the answer, whatever the metric.

    Attributes:
        modality: its name.
        rows: how many labelled rows have it.
        share: its Shapley value; the shares sum to what all modalities together add to the prior answer's score.
        left_out: what is lost when it alone is left out; None where that pattern was not asked for.
        change: how far the answers move when it is left out, relative to leaving out everything; 0 to about 1.
        reach: how far the answers move from the prior by it alone, on the same scale; None as for `left_out`.
    """

    modality: str
    rows: int
    share: Estimate | None
    left_out: Estimate | None
    change: float | None
    reach: float | None


@dataclass(frozen=True, eq=False)
class ScoreGame:
    """Every pattern's score over all labelled rows.

    Attributes:
        samples: P scores, each with its resamples, in the order of the lattice's patterns.
        contributions: one a modality.
        interactions: `[M, M]` pairwise Shapley interactions, or None where only sampled orders are known.
    """

    samples: list[Sample]
    contributions: tuple[Contribution, ...]
    interactions: np.ndarray | None

    @classmethod
    def of(cls, lattice: Lattice, scorer: Scorer) -> ScoreGame:
        """Scores every pattern of the lattice; rows that lack a modality take part with what they have."""
        samples = scorer.score_each()
        draws = np.stack([np.append(sample.value, sample.draws) for sample in samples]) * scorer.sign
        defined = np.asarray(~np.isnan(draws).any(axis=0))
        v = np.where(defined, draws, 0.0)
        parts, dropped = shares(lattice, v)[0], drops(lattice, v)
        contributions = tuple(
            Contribution(
                modality=name,
                rows=int(scorer.present[:, m].sum()),
                share=_estimate(parts[m], defined, samples[0].n_rows),
                left_out=_estimate(dropped[m], defined, samples[0].n_rows) if m in dropped else None,
                change=_moved(scorer, m, len(lattice.patterns) - 1, without(lattice, m)),
                reach=_moved(scorer, m, 0, only(lattice, m)),
            )
            for m, name in enumerate(lattice.modalities)
        )
        return cls(samples, contributions, pairs(lattice, v[:, 0]) if defined[0] else None)


def _estimate(values: np.ndarray, defined: np.ndarray, n_rows: int) -> Estimate | None:
    draws = np.where(defined, values, np.nan)
    return Sample(float(draws[0]), draws[1:], n_rows).estimate()


def _moved(scorer: Scorer, m: int, one: int, other: int | None) -> float | None:
    """Mean absolute way between the answers of two patterns over that from nothing to everything, where m is there."""
    rows = scorer.present[:, m]
    if other is None or not rows.any():
        return None
    everything = float(np.abs(scorer.values[-1, rows] - scorer.values[0, rows]).mean())
    way = float(np.abs(scorer.values[one, rows] - scorer.values[other, rows]).mean())
    return way / everything if everything > 0 else 0.0
