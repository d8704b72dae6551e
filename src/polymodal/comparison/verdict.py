"""Plain sentences: which line is best, which cannot be told from it, and whether fusion helps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from polymodal.explain.resampling import FEW_ROWS

if TYPE_CHECKING:
    from polymodal.comparison.lines import Line, TargetComparison


def verdict(one: TargetComparison) -> Iterator[str]:
    """Of one target; what differs at 5 % after the correction counts as different."""
    judged = [line for line in one.lines if line.score is not None]
    if one.best is None:
        yield f"{one.metric} is undefined on the {one.n_rows} labelled rows held out: nothing to compare."
    elif one.n_drawn < FEW_ROWS:
        yield f"Only {one.n_drawn} {one.drawn} judge: too few for intervals; take every figure as an anecdote."
    else:
        yield from _on_best(one, judged)
        yield from _on_single(one, judged)
    for line in one.lines:
        if line.error:
            yield f"{line.name} failed: {line.error}"


def _on_best(one: TargetComparison, judged: Sequence[Line]) -> Iterator[str]:
    tested = [line for line in judged if line.to_best is not None and line.to_best.p is not None]
    tied = [line.name for line in tested if line.to_best is not None and not line.to_best.is_sure]
    score = one[str(one.best)].score
    rest = (
        f"; cannot be told from it: {', '.join(tied)}" if tied else "; every other line is worse at 5 %" * bool(tested)
    )
    yield f"Best is {one.best} ({one.metric} {score}){rest}."


def _on_single(one: TargetComparison, judged: Sequence[Line]) -> Iterator[str]:
    models = [line for line in judged if line.kind == "model" and line.to_single is not None]
    if one.best_single is None or all(line.to_single is None or line.to_single.p is None for line in models):
        return
    sure = [line for line in models if line.to_single is not None and line.to_single.is_sure]
    better = [line.name for line in sure if line.to_single is not None and line.to_single.value.value > 0]
    worse = [line.name for line in sure if line.name not in better]
    single = f"the best single modality, {one.best_single} ({one[one.best_single].score})"
    yield f"Better than {single}: {', '.join(better) or 'no model'}."
    if worse:
        yield f"Worse than {single}: {', '.join(worse)}."
