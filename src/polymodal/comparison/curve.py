"""What `learning_curve` found: prints well, plots, and turns into a table or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.explain.resampling import number
from polymodal.explain.tables import Printed, Section

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Point:
    """One model at one size.

    Attributes:
        model: its name.
        shots: what was asked: examples of each class or rows, or a share of the rows.
        n_rows: rows shown, the mean over repeats.
        scores: the metric on the test rows in each repeat; None where the fit failed or the metric is undefined.
        fit_seconds: mean of a fit; None where all failed.
        errors: why fits failed, each reason once.
    """

    model: str
    shots: int | float
    n_rows: float
    scores: tuple[float | None, ...]
    fit_seconds: float | None
    errors: tuple[str, ...] = ()

    @property
    def mean(self) -> float | None:
        """Over the repeats that have a score."""
        return float(np.mean(self._known)) if self._known else None

    @property
    def spread(self) -> float | None:
        """Standard deviation over repeats: how much luck of the draw there is; None for fewer than two."""
        return float(np.std(self._known, ddof=1)) if len(self._known) > 1 else None

    @property
    def _known(self) -> list[float]:
        return [one for one in self.scores if one is not None]


@dataclass(frozen=True)
class LearningCurve(Printed):
    """Scores on the same test rows after ever more examples.

    Attributes:
        target, kind: what is learnt.
        metric, greater_is_better: what every score is in.
        unit: what a whole number of `shots` counts.
        n_test: test rows with a known label.
        repeats: draws of examples, each with a fit.
        prior: the score of an answer that looks at no cell; None where undefined.
        points: by model, then by size.
        notes: what was not as asked, one sentence each.
    """

    target: str
    kind: str
    metric: str
    greater_is_better: bool
    unit: str
    n_test: int
    repeats: int
    prior: float | None
    points: tuple[Point, ...]
    notes: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """Names in the order given."""
        return tuple(dict.fromkeys(point.model for point in self.points))

    def sections(self) -> Iterator[Section]:
        one = "once" if self.repeats == 1 else f"{self.repeats} draws of examples"
        better = "" if self.greater_is_better else ", less is better"
        title = f"{self.target} ({self.kind}): {self.metric} on {self.n_test} test rows, {one}{better}"
        errors = {(point.model, error) for point in self.points for error in point.errors}
        yield Section(title, (*self.notes, *(f"{model} failed: {error}" for model, error in sorted(errors))))
        header = (self.unit, "rows", *self.models)
        sizes = list(dict.fromkeys(point.shots for point in self.points))
        yield Section("", (), header, [self._line(size) for size in sizes])
        spread = "mean ± standard deviation over draws" if self.repeats > 1 else "from one draw"
        yield Section("", (f"Scores: {spread}; an answer that looks at nothing has {number(self.prior)}.",))

    def to_pandas(self) -> pd.DataFrame:
        """One row for each model, size and repeat."""
        lines = [
            {"target": self.target, "model": point.model, "shots": point.shots, "rows": point.n_rows,
             "repeat": repeat, "metric": self.metric, "value": np.nan if score is None else score,
             "error": "; ".join(point.errors)}
            for point in self.points for repeat, score in enumerate(point.scores)
        ]  # fmt: skip
        return pd.DataFrame(lines)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists, dicts, numbers and strings, for JSON."""
        told = asdict(self)
        for line, point in zip(told["points"], self.points, strict=True):
            line |= {"mean": point.mean, "spread": point.spread}
        return told

    def plot(self) -> Figure:
        """A line for each model over the number of rows shown."""
        from polymodal.comparison.curve_plot import figure  # matplotlib is slow to import

        return figure(self)

    def _line(self, size: int | float) -> tuple[str, ...]:
        here = {point.model: point for point in self.points if point.shots == size}
        rows = [point.n_rows for point in here.values()]
        shown = str(size) if isinstance(size, int) else f"{size:.0%} of rows"
        return (shown, f"{np.mean(rows):g}", *(_score(here[model]) for model in self.models))


def _score(point: Point) -> str:
    spread = "" if point.spread is None else f" ± {number(point.spread)}"
    return number(point.mean) + spread
