"""The lines of one target: each score, and its distance to the best line and to the best single modality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from polymodal.comparison.runs import Run
from polymodal.comparison.significance import Judges, holm, p_value
from polymodal.comparison.verdict import verdict
from polymodal.explain.resampling import Estimate


@dataclass(frozen=True)
class Difference:
    """One line less another on the same rows, signed so that positive is better; `p` is corrected for all lines."""

    value: Estimate
    p: float | None

    @property
    def is_sure(self) -> bool:
        """Whether it differs from zero at 5 %."""
        return self.p is not None and self.p < 0.05


@dataclass(frozen=True)
class Line:
    """One model or baseline.

    Attributes:
        name, kind: what it is called; "model", "modality" or "baseline".
        score: the metric, a mean over splits; None where it failed or the metric is undefined.
        by_split: the metric on each split.
        to_best, to_single: the difference to the best line and to the best single modality; None for that line.
        fit_seconds, answer_seconds: means over splits; None for what is read off the portfolio, or the prior.
        error: why it has no score; "" when all went well.
    """

    name: str
    kind: str
    score: Estimate | None = None
    by_split: tuple[float | None, ...] = ()
    to_best: Difference | None = None
    to_single: Difference | None = None
    fit_seconds: float | None = None
    answer_seconds: float | None = None
    error: str = ""


@dataclass(frozen=True)
class TargetComparison:
    """All lines of one target.

    Attributes:
        name, kind: the target.
        metric, greater_is_better: what every figure is in.
        n_rows: distinct rows held out that have a label.
        drawn: what the bootstrap draws, "rows" or "groups", and how many there are of it in `n_drawn`.
        best, best_single: names of lines; None where none has a score.
        lines: best first, what failed last.
        verdict: plain sentences.
    """

    name: str
    kind: str
    metric: str
    greater_is_better: bool
    n_rows: int
    drawn: str
    n_drawn: int
    best: str | None
    best_single: str | None
    lines: tuple[Line, ...]
    verdict: tuple[str, ...]

    def __getitem__(self, line: str) -> Line:
        return next(one for one in self.lines if one.name == line)


def compare_lines(name: str, judges: Judges, runs: Sequence[Run], resamples: int, seed: int) -> TargetComparison:
    """Score every run on the rows of `judges`, and set it against the best of them."""
    sound = [run for run in runs if not run.error]
    answers = {run.name: [said[name] for said in run.answers] for run in sound}
    scores = judges.score(answers, resamples, seed)
    sign = 1.0 if judges.metric.greater_is_better else -1.0
    heights = {run.name: sign * judges.pooled(scores[run.name]).value for run in sound}
    best = _highest(heights)
    best_single = _highest({run.name: heights[run.name] for run in sound if run.kind == "modality"})
    to_best = _differences(judges, scores, best, sign)
    to_single = _differences(judges, scores, best_single, sign)
    lines = [
        Line(
            run.name,
            run.kind,
            judges.pooled(scores[run.name]).estimate(),
            tuple(None if np.isnan(one) else float(one) for one in scores[run.name][:, 0]),
            to_best.get(run.name),
            to_single.get(run.name),
            _mean(run.fit_seconds),
            _mean(run.answer_seconds),
        )
        for run in sound
    ]
    lines.sort(key=lambda one: -np.inf if one.score is None else sign * one.score.value, reverse=True)
    lines += [Line(run.name, run.kind, error=run.error) for run in runs if run.error]
    found = TargetComparison(
        name=name,
        kind=judges.target.kind,
        metric=judges.metric.name,
        greater_is_better=judges.metric.greater_is_better,
        n_rows=judges.n_rows,
        drawn="groups" if judges.are_groups else "rows",
        n_drawn=judges.n_units,
        best=best,
        best_single=best_single,
        lines=tuple(lines),
        verdict=(),
    )
    return replace(found, verdict=tuple(verdict(found)))


def _highest(heights: dict[str, float]) -> str | None:
    defined = {name: height for name, height in heights.items() if not np.isnan(height)}
    return max(defined, key=lambda name: defined[name]) if defined else None


def _differences(
    judges: Judges, scores: dict[str, np.ndarray], other: str | None, sign: float
) -> dict[str, Difference]:
    """Of every line to one of them, by name; the differences are taken within each split."""
    if other is None:
        return {}
    samples = {name: judges.pooled(sign * (one - scores[other])) for name, one in scores.items() if name != other}
    estimates = {name: sample.estimate() for name, sample in samples.items()}
    corrected = holm([p_value(samples[name]) if estimates[name] else None for name in samples])
    return {
        name: Difference(estimate, p)
        for (name, estimate), p in zip(estimates.items(), corrected, strict=True)
        if estimate is not None
    }


def _mean(seconds: Sequence[float]) -> float | None:
    return float(np.mean(seconds)) if seconds else None
