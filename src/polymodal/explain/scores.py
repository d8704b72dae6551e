"""Every score of one target that a lattice holds: overall, per pattern, each modality alone, as modalities go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from polymodal.explain.contribution import Contribution, ScoreGame
from polymodal.explain.resampling import FEW_ROWS, Estimate, Scorer
from polymodal.explain.verdict import on_fusion, on_modalities
from polymodal.lattice import Lattice
from polymodal.metrics import METRICS
from polymodal.schema.patterns import pattern_codes


@dataclass(frozen=True)
class PatternScore:
    """The score of some rows under one pattern; None with a note where it cannot be told."""

    modalities: tuple[str, ...]
    rows: int
    score: Estimate | None
    note: str = ""


@dataclass(frozen=True)
class Alone:
    """One modality by itself, next to everything together on the same rows, those that have it.

    `gain` is by how much fusion is better, from paired resamples. `greater_is_better` belongs to the metric.
    """

    modality: str
    rows: int
    score: Estimate | None
    fused: Estimate | None
    gain: Estimate | None
    greater_is_better: bool = True

    @property
    def goodness(self) -> float:
        """The score, signed so that greater is better."""
        value = -np.inf if self.score is None else self.score.value
        return float(value if self.greater_is_better else -value)


@dataclass(frozen=True)
class Robustness:
    """The score over all rows when `dropped[k]` modalities are hidden from each, over the patterns that do so.

    `area` is the mean height of the curve of means, by the trapezoid rule.
    """

    dropped: tuple[int, ...]
    mean: tuple[float, ...]
    worst: tuple[float, ...]
    area: float


@dataclass(frozen=True)
class TargetEvaluation:
    """How well one target is answered.

    Attributes:
        name, kind: the target.
        metric: the metric that matters; all below but `scores` is in it.
        greater_is_better: whether more of it is good.
        n_labelled: rows with a label; all figures are over these.
        scores: every metric, of the answers actually given.
        baseline: the answer that looks at nothing, on the same rows.
        patterns: by natural presence pattern of the rows, most frequent first.
        lattice: by pattern of the lattice, rows that have at least those modalities, the rest hidden.
        alone: each modality by itself.
        contributions: what each modality adds to the score.
        robustness: as modalities are dropped; None where the score is undefined.
        verdict: plain sentences.
        decision: how answers follow from probabilities, where that needs saying.
    """

    name: str
    kind: str
    metric: str
    greater_is_better: bool
    n_labelled: int
    scores: Mapping[str, Estimate]
    baseline: Estimate | None
    patterns: tuple[PatternScore, ...]
    lattice: tuple[PatternScore, ...]
    alone: tuple[Alone, ...]
    contributions: tuple[Contribution, ...]
    robustness: Robustness | None
    verdict: tuple[str, ...]
    decision: str = ""

    @classmethod
    def of(cls, lattice: Lattice, name: str, metric: str | None, resamples: int, seed: int) -> TargetEvaluation:
        """Everything about one labelled target."""
        scorer = Scorer.of(lattice, name, metric, resamples, seed)
        kind, full = scorer.target.kind, len(lattice.patterns) - 1
        overall = {known.name: scorer.score(full, metric=known).estimate() for known in METRICS[kind].values()}
        given, prior = scorer.score(full), scorer.score(0)
        game = ScoreGame.of(lattice, scorer)
        alone = _alone(lattice, scorer)
        gain = ((given - prior) * scorer.sign).estimate()
        return cls(
            name=name,
            kind=kind,
            metric=scorer.metric.name,
            greater_is_better=scorer.metric.greater_is_better,
            n_labelled=len(scorer.labels),
            scores={found: estimate for found, estimate in overall.items() if estimate is not None},
            baseline=prior.estimate(),
            patterns=_natural(lattice, scorer),
            lattice=_hidden_down(lattice, scorer),
            alone=alone,
            contributions=game.contributions,
            robustness=_robustness(lattice, scorer, game),
            verdict=(
                *on_fusion(scorer.metric.name, alone, gain, len(scorer.labels)),
                *on_modalities(scorer.metric.name, game.contributions),
            ),
            decision=scorer.target.decision,
        )


def _natural(lattice: Lattice, scorer: Scorer) -> tuple[PatternScore, ...]:
    kinds, which, _ = pattern_codes(scorer.present)
    return tuple(
        _pattern_score(lattice, scorer, kept, len(lattice.patterns) - 1, which == k) for k, kept in enumerate(kinds)
    )


def _hidden_down(lattice: Lattice, scorer: Scorer) -> tuple[PatternScore, ...]:
    has = np.stack([scorer.present[:, pattern].all(axis=1) for pattern in lattice.patterns])
    samples = scorer.score_each(has)
    return tuple(
        _told(_names(lattice, pattern), int(rows.sum()), sample.estimate())
        for pattern, rows, sample in zip(lattice.patterns, has, samples, strict=True)
    )


def _pattern_score(lattice: Lattice, scorer: Scorer, kept: np.ndarray, pattern: int, rows: np.ndarray) -> PatternScore:
    return _told(_names(lattice, kept), int(rows.sum()), scorer.score(pattern, rows).estimate())


def _told(names: tuple[str, ...], rows: int, score: Estimate | None) -> PatternScore:
    if rows < FEW_ROWS:
        return PatternScore(names, rows, None, f"fewer than {FEW_ROWS} rows")
    return PatternScore(names, rows, score, "" if score else "undefined on these rows")


def _names(lattice: Lattice, kept: np.ndarray) -> tuple[str, ...]:
    return tuple(name for name, keep in zip(lattice.modalities, kept, strict=True) if keep)


def _alone(lattice: Lattice, scorer: Scorer) -> tuple[Alone, ...]:
    found = []
    for m, name in enumerate(lattice.modalities):
        rows = scorer.present[:, m]
        single = lattice.place(np.arange(len(lattice.modalities)) == m)
        better = scorer.metric.greater_is_better
        if single is None or not rows.any():
            found.append(Alone(name, int(rows.sum()), None, None, None, better))
            continue
        by_itself, fused = scorer.score(single, rows), scorer.score(len(lattice.patterns) - 1, rows)
        gain = ((fused - by_itself) * scorer.sign).estimate()
        found.append(Alone(name, int(rows.sum()), by_itself.estimate(), fused.estimate(), gain, better))
    return tuple(found)


def _robustness(lattice: Lattice, scorer: Scorer, game: ScoreGame) -> Robustness | None:
    values = np.array([sample.value for sample in game.samples])
    n_modalities = len(lattice.modalities)
    dropped = n_modalities - lattice.patterns.sum(axis=1)
    groups = [values[dropped == k] for k in range(n_modalities)]
    if any(np.isnan(group).any() for group in groups):
        return None
    mean = [float(group.mean()) for group in groups]
    worst = [float(group.min() if scorer.metric.greater_is_better else group.max()) for group in groups]
    area = float(np.trapezoid(mean) / (n_modalities - 1)) if n_modalities > 1 else mean[0]
    return Robustness(tuple(range(n_modalities)), tuple(mean), tuple(worst), area)
