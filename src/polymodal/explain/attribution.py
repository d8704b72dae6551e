"""What told the model, for one target: each row's answer and the score, split over the modalities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polymodal.explain.contribution import Contribution, ScoreGame
from polymodal.explain.request import labelled
from polymodal.explain.resampling import Scorer
from polymodal.explain.row_game import RowGame
from polymodal.explain.split import drops, pairs, shares
from polymodal.explain.verdict import on_modalities
from polymodal.lattice import Lattice


@dataclass(frozen=True, eq=False)
class ScoreAttribution:
    """The score over all labelled rows, split.

    Attributes:
        metric: its name.
        base, full: its value when nothing and when everything is used.
        contributions: one a modality; shares sum to what everything adds to nothing (signed so that more is better).
        interactions: `[M, M]` pairwise Shapley interactions, or None where only sampled orders are known.
    """

    metric: str
    base: float
    full: float
    contributions: tuple[Contribution, ...]
    interactions: np.ndarray | None


@dataclass(frozen=True, eq=False)
class TargetExplanation:
    """Who told the model, for each row and overall.

    Attributes:
        name, kind, unit: the target, and the figure that is split.
        modalities: M names.
        rows: `[N]` labels of the rows.
        present: `[N, M]`.
        answers: the N answers given.
        base: `[N]` the figure when nothing is used, which is the prior answer's.
        full: `[N]` the figure when everything the row has is used.
        contributions: `[N, M]` Shapley values; sum to full - base; exactly zero where a modality is absent.
        error: `[N, M]` their standard errors where orders were sampled, else None.
        left_out: `[N, M]` by how much the figure falls when one is left out; None where a pattern was not asked for.
        interactions: `[M, M]` pairwise Shapley interactions, mean over rows; None where orders were sampled.
        score: the score, split; None without labels, or where it is undefined.
        remarks: plain sentences.
    """

    name: str
    kind: str
    unit: str
    modalities: tuple[str, ...]
    rows: np.ndarray
    present: np.ndarray
    answers: tuple[str, ...]
    base: np.ndarray
    full: np.ndarray
    contributions: np.ndarray
    error: np.ndarray | None
    left_out: np.ndarray | None
    interactions: np.ndarray | None
    score: ScoreAttribution | None
    remarks: tuple[str, ...]

    @property
    def mean_absolute(self) -> np.ndarray:
        """`[M]` mean size of each modality's contribution over all rows, zero where it is absent."""
        return np.asarray(np.abs(self.contributions).mean(axis=0))

    @property
    def mean_absolute_present(self) -> np.ndarray:
        """`[M]` mean size over the rows that have the modality; zero when none has."""
        count = np.maximum(self.present.sum(axis=0), 1)
        return np.asarray(np.abs(self.contributions).sum(axis=0) / count)

    @property
    def efficiency_gap(self) -> float:
        """Largest amount by which a row's contributions miss full - base; rounding only."""
        return float(np.abs(self.contributions.sum(axis=1) - (self.full - self.base)).max(initial=0.0))

    @classmethod
    def of(
        cls, lattice: Lattice, name: str, metric: str | None, output: str | None, resamples: int, seed: int
    ) -> TargetExplanation:
        """Splits one target's answers, and their score where there are labels."""
        game = RowGame.of(lattice, name, output)
        score = _score(lattice, name, metric, resamples, seed)
        values, error = shares(lattice, game.v)
        return cls(
            name=name,
            kind=lattice.targets[name].kind,
            unit=game.unit,
            modalities=tuple(lattice.modalities),
            rows=np.arange(game.v.shape[1]) if lattice.rows is None else lattice.rows,
            present=lattice.present,
            answers=game.answers,
            base=np.asarray(game.v[0], dtype=np.float64),
            full=np.asarray(game.v[-1], dtype=np.float64),
            contributions=np.where(lattice.present, values.T, 0.0),
            error=None if error is None else np.where(lattice.present, error.T, 0.0),
            left_out=_left_out(lattice, game.v),
            interactions=_mean_interactions(lattice, game.v),
            score=score,
            remarks=_remarks(lattice, name, score),
        )


def _left_out(lattice: Lattice, v: np.ndarray) -> np.ndarray | None:
    found = drops(lattice, v)
    if len(found) < len(lattice.modalities):
        return None
    return np.where(lattice.present, np.stack(list(found.values()), axis=1), 0.0)


def _mean_interactions(lattice: Lattice, v: np.ndarray) -> np.ndarray | None:
    # The index is linear in the game, so the mean over rows is the index of the mean game.
    return pairs(lattice, v.mean(axis=1, dtype=np.float64)) if v.shape[1] else None


def _score(lattice: Lattice, name: str, metric: str | None, resamples: int, seed: int) -> ScoreAttribution | None:
    if not labelled(lattice, name):
        return None
    scorer = Scorer.of(lattice, name, metric, resamples, seed)
    game = ScoreGame.of(lattice, scorer)
    if any(np.isnan(sample.value) for sample in game.samples):
        return None
    base, full = game.samples[0].value, game.samples[-1].value
    return ScoreAttribution(scorer.metric.name, base, full, game.contributions, game.interactions)


def _remarks(lattice: Lattice, name: str, score: ScoreAttribution | None) -> tuple[str, ...]:
    said = []
    if score is not None:
        said += on_modalities(score.metric, score.contributions)
    elif labelled(lattice, name):
        said.append("The score is undefined on these rows (such as one class only), so it is not split.")
    else:
        said.append("No row has a label, so the answers are explained, but not their score.")
    if lattice.permutations is not None:
        said.append(
            f"With {len(lattice.modalities)} modalities the contributions are means over {len(lattice.permutations)} "
            "sampled orders, with standard errors. Pairwise interactions need all patterns, so they are not given."
        )
    return tuple(said)
