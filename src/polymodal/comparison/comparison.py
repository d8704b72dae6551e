"""What `compare` found: prints well, plots, and turns into a table or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from polymodal.comparison.lines import Difference, Line, TargetComparison
from polymodal.explain.request import pick
from polymodal.explain.resampling import Estimate, number, shown
from polymodal.explain.tables import Printed, Section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WORDS = 28  # letters of a name that are printed


@dataclass(frozen=True)
class Comparison(Printed):
    """Models and baselines on the same rows with the same budget.

    Attributes:
        targets: by target name.
        n_train, n_test: rows of each split.
        budget: seconds a fit was given; None where it took what it needs.
        resamples: bootstrap resamples asked for.
    """

    targets: Mapping[str, TargetComparison]
    n_train: tuple[int, ...]
    n_test: tuple[int, ...]
    budget: float | None
    resamples: int

    def __getitem__(self, target: str) -> TargetComparison:
        return self.targets[target]

    def sections(self) -> list[Section]:
        return [section for one in self.targets.values() for section in self._sections(one)]

    def plot(self, target: str | None = None) -> Figure:
        """Every line's score with its interval; of the first target unless named. Raises SettingError for another."""
        from polymodal.comparison.plot import figure  # matplotlib is slow to import

        return figure(pick(self.targets, target))

    def to_pandas(self) -> pd.DataFrame:
        """One row for each target and line, best first.

        Differences are signed so that positive is better; `p` is corrected for all lines of the target.
        """
        frame = pd.DataFrame([_record(one, line) for one in self.targets.values() for line in one.lines])
        texts = ["target", "line", "kind", "metric", "error"]
        return frame.astype({column: "Float64" for column in frame.columns if column not in texts})

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists, dicts, numbers and strings, for JSON."""
        return asdict(self)

    def _sections(self, one: TargetComparison) -> Iterator[Section]:
        several = len(self.n_test) > 1
        rows = f"{_span(self.n_train)} rows to learn from, {_span(self.n_test)} held out" + (
            f", {len(self.n_test)} splits" if several else ""
        )
        budget = "" if self.budget is None else f", {self.budget:g} s a fit"
        yield Section(f"{one.name} ({one.kind}): {rows}{budget}", one.verdict)
        header = ("", f"{one.metric} [95 % interval]", "to best", "p", "to single", "p", "fit s", "answer s")
        yield Section("", (), header, [_shown(line) for line in one.lines if not line.error])
        mean = " Scores are means over splits." if several else ""
        yield Section(
            "",
            (
                f"p: two-sided paired bootstrap over the {one.n_drawn} {one.drawn} held out that have a label, "
                f"Holm-corrected; it tells nothing of another training run.{mean}",
            ),
        )


def _shown(line: Line) -> tuple[str, ...]:
    seconds = (_seconds(line.fit_seconds), _seconds(line.answer_seconds))
    return (line.name[:_WORDS], shown(line.score), *_difference(line.to_best), *_difference(line.to_single), *seconds)


def _difference(found: Difference | None) -> tuple[str, str]:
    if found is None:
        return "", ""
    value = found.value.value
    return ("+" if value > 0 else "") + number(value), "-" if found.p is None else f"{found.p:.3f}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _span(counts: tuple[int, ...]) -> str:
    return f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"


def _record(one: TargetComparison, line: Line) -> dict[str, Any]:
    figures = _figures("", line.score)
    for to, found in (("to_best", line.to_best), ("to_single", line.to_single)):
        figures |= _figures(f"{to}_", None if found is None else found.value)
        figures[f"{to}_p"] = None if found is None else found.p
    return {
        "target": one.name,
        "line": line.name,
        "kind": line.kind,
        "metric": one.metric,
        **figures,
        "fit_seconds": line.fit_seconds,
        "answer_seconds": line.answer_seconds,
        "error": line.error,
    }


def _figures(prefix: str, found: Estimate | None) -> dict[str, float | None]:
    value, low, high = (None, None, None) if found is None else (found.value, found.low, found.high)
    return {f"{prefix}value": value, f"{prefix}low": low, f"{prefix}high": high}
