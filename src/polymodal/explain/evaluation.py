"""`evaluate`: how good the answers of a lattice are, next to what each modality alone would have given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.explain.request import chosen_metrics, labelled, pick, require_labels
from polymodal.explain.resampling import Estimate, number, shown
from polymodal.explain.scores import PatternScore, TargetEvaluation
from polymodal.explain.tables import Printed, Section, pattern_name
from polymodal.lattice import Lattice

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 16  # patterns printed


@dataclass(frozen=True)
class Evaluation(Printed):
    """What `evaluate` found: prints well, plots, and turns into a table or JSON.

    Attributes:
        modalities: M names.
        targets: by target name.
        n_rows: rows of the lattice.
        resamples: bootstrap resamples behind the intervals; rank metrics over the whole lattice use at most 200.
    """

    modalities: tuple[str, ...]
    targets: Mapping[str, TargetEvaluation]
    n_rows: int
    resamples: int

    def __getitem__(self, target: str) -> TargetEvaluation:
        return self.targets[target]

    def sections(self) -> list[Section]:
        return [section for one in self.targets.values() for section in _sections(self, one)]

    def plot(self, kind: str = "overview", target: str | None = None) -> Figure:
        """A figure: "overview", "patterns", "alone" or "robustness"; of the first target unless named.

        Raises SettingError for an unknown kind or target.
        """
        from polymodal.explain.plots import evaluation_figure  # matplotlib is slow to import

        return evaluation_figure(kind, self.modalities, pick(self.targets, target))

    def to_pandas(self) -> pd.DataFrame:
        """Every figure in one tidy table: target, part, name, rows, metric, value, low, high, note."""
        columns = ["target", "part", "name", "rows", "metric", "value", "low", "high", "note"]
        frame = pd.DataFrame(list(self._figures()), columns=columns)
        numbers = ["value", "low", "high"]
        return frame.assign(**{column: frame[column].astype("Float64") for column in numbers})

    def _figures(self) -> Iterator[tuple[Any, ...]]:
        for one in self.targets.values():
            n = one.n_labelled

            def row(
                part: str, name: str, rows: int, score: Estimate | None, note: str = "", one: TargetEvaluation = one
            ) -> tuple[Any, ...]:
                figures = (None, None, None) if score is None else (score.value, score.low, score.high)
                return (one.name, part, name, rows, one.metric, *figures, note)

            for metric, score in one.scores.items():
                yield (one.name, "overall", "everything", n, metric, score.value, score.low, score.high, "")
            yield row("prior", "nothing", n, one.baseline)
            for kind, found in (("pattern", one.patterns), ("lattice", one.lattice)):
                yield from (row(kind, self._pattern(kept), kept.rows, kept.score, kept.note) for kept in found)
            for each in one.alone:
                yield row("alone", each.modality, each.rows, each.score)
                yield row("fused on the same rows", each.modality, each.rows, each.fused)
                yield row("gain of fusion", each.modality, each.rows, each.gain)
            for part in one.contributions:
                yield row("share", part.modality, part.rows, part.share)
                yield row("lost when left out", part.modality, part.rows, part.left_out)
            if one.robustness:
                curve = one.robustness
                for k, mean, worst in zip(curve.dropped, curve.mean, curve.worst, strict=True):
                    yield row("robustness mean", f"{k} dropped", n, Estimate(mean))
                    yield row("robustness worst", f"{k} dropped", n, Estimate(worst))
                yield row("robustness area", "", n, Estimate(curve.area))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists, dicts, numbers and strings, for JSON."""
        return asdict(self)

    def _pattern(self, kept: PatternScore) -> str:
        return pattern_name(np.isin(self.modalities, kept.modalities), self.modalities)


def evaluate(
    lattice: Lattice, metric: str | Mapping[str, str] | None = None, resamples: int = 1000, seed: int = 0
) -> Evaluation:
    """How good the answers are: overall, per presence pattern, against each modality alone, with 95 % intervals.

    Intervals are bootstrap percentiles over rows; all figures of a target share their resamples, so differences are
    paired. Where every pattern of the lattice is scored, rank metrics use at most 200 resamples, and very large
    lattices or tables fewer, at least 50.

    Args:
        lattice: with labels for at least one target.
        metric: one name for all targets or a name for each; the primary metric where not given.
        resamples: bootstrap resamples; 0 for no intervals.
        seed: of the resamples.

    Raises DataError when no row has a label, SettingError for an unknown metric.
    """
    require_labels(lattice)
    names = [name for name in lattice.targets if labelled(lattice, name)]
    chosen = chosen_metrics(lattice.targets, metric)
    targets = {name: TargetEvaluation.of(lattice, name, chosen.get(name), resamples, seed) for name in names}
    return Evaluation(tuple(lattice.modalities), targets, lattice.present.shape[0], resamples)


def _sections(evaluation: Evaluation, one: TargetEvaluation) -> Iterator[Section]:
    title = f"{one.name} ({one.kind}): {evaluation.n_rows} rows, {one.n_labelled} with a label"
    yield Section(title, one.verdict)
    rows = [(name, str(score)) for name, score in one.scores.items()]
    decision = (one.decision[0].upper() + one.decision[1:] + ".",) if one.decision else ()
    yield Section(
        "Answers given",
        decision,
        ("metric", "score [95 % interval]"),
        [*rows, (f"prior {one.metric}", shown(one.baseline))],
    )
    yield Section(
        f"Each modality alone, and everything on the same rows ({one.metric})",
        (),
        ("modality", "rows", "alone", "everything", "gain of fusion"),
        [(a.modality, str(a.rows), shown(a.score), shown(a.fused), shown(a.gain)) for a in one.alone],
    )
    yield Section(
        f"What each modality adds to {one.metric} (positive is good)",
        (),
        ("modality", "share (Shapley)", "lost when left out"),
        [(c.modality, shown(c.share), shown(c.left_out)) for c in one.contributions],
    )
    yield _pattern_section(evaluation, f"By what the rows have ({one.metric})", one.patterns)
    by_size = tuple(sorted(one.lattice[1:], key=lambda kept: -len(kept.modalities)))
    if len(one.lattice) <= SHOWN and len(evaluation.modalities) > 1:
        yield _pattern_section(evaluation, f"Hidden down to each pattern ({one.metric})", by_size)
    if one.robustness and len(evaluation.modalities) > 1:
        curve = one.robustness
        rows3 = [
            (str(k), number(mean), number(worst))
            for k, mean, worst in zip(curve.dropped, curve.mean, curve.worst, strict=True)
        ]
        title = f"As modalities are dropped ({one.metric}; area {number(curve.area)})"
        yield Section(title, (), ("dropped", "mean", "worst"), rows3)


def _pattern_section(evaluation: Evaluation, title: str, patterns: tuple[PatternScore, ...]) -> Section:
    rows = [(evaluation._pattern(p), str(p.rows), shown(p.score) if p.score else p.note) for p in patterns[:SHOWN]]
    more = len(patterns) - len(rows)
    if more:
        rows.append((f"... and {more} more in .to_pandas()", str(sum(p.rows for p in patterns[SHOWN:])), ""))
    return Section(title, (), ("pattern", "rows", "score"), rows)
