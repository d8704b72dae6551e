"""`explain`: which modality told the model, for each row and overall, from a lattice alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.errors import DataError, SettingError, near_miss
from polymodal.explain.attribution import TargetExplanation
from polymodal.explain.request import chosen_metrics, pick
from polymodal.explain.resampling import number, shown
from polymodal.explain.tables import Printed, Section
from polymodal.lattice import Lattice
from polymodal.schema.jsonable import jsonable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 8  # rows and pairs printed
PARTS = ("rows", "overall", "interactions")


@dataclass(frozen=True, eq=False)
class Explanation(Printed):
    """What `explain` found, by target name: prints well, plots, and turns into tables or JSON."""

    targets: Mapping[str, TargetExplanation]

    def __getitem__(self, target: str) -> TargetExplanation:
        return self.targets[target]

    def sections(self) -> list[Section]:
        return [section for one in self.targets.values() for section in _sections(one)]

    def plot(self, kind: str = "overview", target: str | None = None, row: int = 0) -> Figure:
        """A figure: "overview", "overall", "rows", "interactions" or "row" (the one at position `row`).

        Raises SettingError for an unknown kind or target, or where what it shows is not there.
        """
        from polymodal.explain.plots import explanation_figure  # matplotlib is slow to import

        return explanation_figure(kind, pick(self.targets, target), row)

    def to_pandas(self, part: str = "rows") -> pd.DataFrame:
        """One tidy table: "rows" (a line a row and modality), "overall" (a modality) or "interactions" (a pair).

        Raises SettingError for an unknown part.
        """
        if part not in PARTS:
            raise SettingError(f"an explanation has no part {part!r}. {near_miss(part, PARTS)}")
        if part == "rows":
            return pd.concat([_row_table(one) for one in self.targets.values()], ignore_index=True)
        lines = _overall_lines if part == "overall" else _interaction_lines
        return pd.DataFrame([line for one in self.targets.values() for line in lines(one)])

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists, dicts, numbers and strings, for JSON."""
        return {"targets": {name: jsonable(asdict(one)) for name, one in self.targets.items()}}


def explain(
    lattice: Lattice,
    target: str | None = None,
    metric: str | Mapping[str, str] | None = None,
    *,
    output: str | None = None,
    resamples: int = 200,
    seed: int = 0,
) -> Explanation:
    """Splits every answer, and the score, over the modalities: exact Shapley values and interactions (Shapley 1953).

    Removing a modality means answering from the others, as the model was trained to; nothing is imputed.

    Args:
        lattice: with or without labels; without, only the answers are explained.
        target: one target, or all when None.
        metric: of the score that is split; the primary metric where not given.
        output: a class or label whose probability is explained for every row, instead of the answer given.
        resamples: bootstrap resamples behind the intervals of the score's shares.
        seed: of the resamples.

    Raises SettingError for an unknown target, metric or output, DataError when there are no rows.
    """
    if not lattice.present.shape[0]:
        raise DataError("there are no rows to explain")
    if target is not None and target not in lattice.targets:
        raise SettingError(f"unknown target {target!r}. {near_miss(target, lattice.targets)}")
    chosen = chosen_metrics(lattice.targets, metric)
    names = list(lattice.targets) if target is None else [target]
    return Explanation(
        {name: TargetExplanation.of(lattice, name, chosen.get(name), output, resamples, seed) for name in names}
    )


def told(one: TargetExplanation, row: int, most: int = 4) -> str:
    """What told the model about one row, the strongest first: `'ecg +0.31, note -0.05'`."""
    values = one.contributions[row]
    order = [m for m in np.argsort(-np.abs(values), kind="stable") if one.present[row, m]]
    order = order[:1] + [m for m in order[1:most] if abs(values[m]) >= 0.005]
    return ", ".join(f"{one.modalities[m]} {values[m]:+.2f}" for m in order) or "nothing present"


def part_rows(one: TargetExplanation) -> list[list[str]]:
    """By modality its part in the answers: rows with it, mean size over all rows and over those, and mean."""
    return [
        [
            line["modality"],
            f"{line['rows']:,}",
            number(line["mean_absolute"]),
            number(line["mean_absolute_present"]),
            f"{line['mean']:+.3f}",
        ]
        for line in _overall_lines(one)
    ]


def _sections(one: TargetExplanation) -> Iterator[Section]:
    yield Section(f"{one.name} ({one.kind}): what told the model, {len(one.rows)} rows", one.remarks)
    yield Section(
        f"Part of each modality in the answers ({one.unit})",
        (),
        ("modality", "rows with it", "mean size", "mean size where present", "mean"),
        part_rows(one),
    )
    if one.score is not None:
        title = f"Part in the score ({one.score.metric}: {number(one.score.base)} from nothing, "
        yield Section(
            f"{title}{number(one.score.full)} from everything; positive is good)",
            (),
            ("modality", "share (Shapley) [95 %]", "lost when left out [95 %]"),
            [(c.modality, shown(c.share), shown(c.left_out)) for c in one.score.contributions],
        )
    yield from _pair_section(one)
    rows = range(min(SHOWN, len(one.rows)))
    title = f"Rows (figure: {one.unit})" + (f", {SHOWN} of {len(one.rows)}" if len(one.rows) > SHOWN else "")
    yield Section(
        title,
        (),
        ("row", "answer", "figure", "prior", "told by"),
        [(str(one.rows[n]), one.answers[n], number(one.full[n]), number(one.base[n]), told(one, n)) for n in rows],
    )


def _pair_section(one: TargetExplanation) -> Iterator[Section]:
    lines = sorted(_interaction_lines(one), key=lambda line: -abs(line["answers"]))
    if lines:
        header = ("pair", "answers", *((f"{one.score.metric}",) if one.score else ()))
        rows = [
            (
                f"{line['one']} x {line['other']}",
                f"{line['answers']:+.3f}",
                *([f"{line['score']:+.3f}"] if one.score else []),
            )
            for line in lines[:SHOWN]
        ]
        yield Section("Interactions (positive: tell more together; negative: repeat each other)", (), header, rows)


def _row_table(one: TargetExplanation) -> pd.DataFrame:
    n_rows, n_modalities = one.present.shape
    each = np.repeat(np.arange(n_rows), n_modalities)
    columns: dict[str, Any] = {
        "target": one.name,
        "row": np.asarray(one.rows)[each],
        "answer": np.array(one.answers, dtype=object)[each],
        "base": one.base[each],
        "full": one.full[each],
        "modality": np.tile(np.array(one.modalities, dtype=object), n_rows),
        "present": one.present.reshape(-1),
        "contribution": one.contributions.reshape(-1),
    }
    if one.error is not None:
        columns["standard_error"] = one.error.reshape(-1)
    if one.left_out is not None:
        columns["left_out"] = one.left_out.reshape(-1)
    return pd.DataFrame(columns)


def _overall_lines(one: TargetExplanation) -> Iterator[dict[str, Any]]:
    for m, modality in enumerate(one.modalities):
        line = {
            "target": one.name,
            "modality": modality,
            "rows": int(one.present[:, m].sum()),
            "mean_absolute": one.mean_absolute[m],
            "mean_absolute_present": one.mean_absolute_present[m],
            "mean": one.contributions[:, m].mean(),
        }
        if one.score is not None:
            part = one.score.contributions[m]
            line["metric"] = one.score.metric
            for name, estimate in (("share", part.share), ("left_out", part.left_out)):
                line[name] = None if estimate is None else estimate.value
                line[f"{name}_low"] = None if estimate is None else estimate.low
                line[f"{name}_high"] = None if estimate is None else estimate.high
        yield line


def _interaction_lines(one: TargetExplanation) -> Iterator[dict[str, Any]]:
    if one.interactions is None:
        return
    for i, first in enumerate(one.modalities):
        for j in range(i + 1, len(one.modalities)):
            line = {"target": one.name, "one": first, "other": one.modalities[j], "answers": one.interactions[i, j]}
            if one.score is not None and one.score.interactions is not None:
                line["score"] = one.score.interactions[i, j]
            yield line
