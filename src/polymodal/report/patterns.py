"""Presence patterns as a table of dots, one line a pattern (after UpSet, Lex et al. 2014), with counts and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polymodal.explain.resampling import Estimate
from polymodal.explain.scores import PatternScore, TargetEvaluation
from polymodal.explain.tables import pattern_name
from polymodal.report.subject import Subject
from polymodal.schema.patterns import pattern_codes

MOST = 20


@dataclass(frozen=True)
class Line:
    """One pattern.

    Attributes:
        name: in words.
        has: for each modality whether the rows have it.
        rows, share: how many rows, and their part of the most frequent pattern's.
        scored: rows with a label.
        score: in words, or why there is none.
        at: value, low and high on the common scale, in percent; low and high may be None.
    """

    name: str
    has: Sequence[bool]
    rows: int
    share: float
    scored: int
    score: str
    at: tuple[float, float | None, float | None] | None


@dataclass(frozen=True)
class Patterns:
    """The most frequent patterns; `low`, `high` and `prior` are the scale of their scores, prior in percent."""

    lines: Sequence[Line]
    more: int
    more_rows: int
    metric: str = ""
    low: float = 0.0
    high: float = 1.0
    prior: float | None = None

    @property
    def is_scaled(self) -> bool:
        """Whether any pattern has enough labelled rows for a score."""
        return any(line.at is not None for line in self.lines)


def patterns(subject: Subject, one: TargetEvaluation | None) -> Patterns:
    """What the rows have, and how good the answers are for each pattern."""
    kinds, _, counts = pattern_codes(subject.lattice.present)
    known = {} if one is None else {each.modalities: each for each in one.patterns}
    low, high = _scale(one)
    place = _Place(low, high)
    lines = []
    for kept, count in zip(kinds[:MOST], counts[:MOST], strict=True):
        names = tuple(name for name, has in zip(subject.modalities, kept, strict=True) if has)
        found = known.get(names)
        lines.append(
            Line(
                name=pattern_name(kept, subject.modalities),
                has=kept.tolist(),
                rows=int(count),
                share=float(count / counts[0]),
                scored=0 if found is None else found.rows,
                score=_words(found),
                at=place.of(found.score) if found is not None and found.score is not None else None,
            )
        )
    base = None if one is None or one.baseline is None else place(one.baseline.value)
    more = len(kinds) - len(lines)
    return Patterns(lines, more, int(counts[MOST:].sum()), "" if one is None else one.metric, low, high, base)


@dataclass(frozen=True)
class _Place:
    low: float
    high: float

    def __call__(self, value: float) -> float:
        return 100 * (value - self.low) / (self.high - self.low)

    def of(self, score: Estimate) -> tuple[float, float | None, float | None]:
        low, high = (None if bound is None else self(bound) for bound in (score.low, score.high))
        return self(score.value), low, high


def _scale(one: TargetEvaluation | None) -> tuple[float, float]:
    found = [] if one is None else [each.score for each in one.patterns if each.score is not None]
    if one is not None and one.baseline is not None:
        found.append(Estimate(one.baseline.value))
    ends = [end for score in found for end in (score.low, score.high, score.value) if end is not None]
    if not ends or min(ends) == max(ends):
        return (min(ends) - 0.5, min(ends) + 0.5) if ends else (0.0, 1.0)
    return min(ends), max(ends)


def _words(found: PatternScore | None) -> str:
    if found is None:
        return "no label"
    return str(found.score) if found.score is not None else found.note
