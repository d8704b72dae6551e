"""How well modalities find each other in the space of a model, and how that space is filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.crossmodal.vectors import Vectors
from polymodal.errors import FitError, SettingError
from polymodal.explain.tables import Printed, Section
from polymodal.metrics.retrieval import alignment, median_rank, modality_gap, ranks, recall_at, uniformity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FIRST = (1, 5, 10)


@dataclass(frozen=True)
class Finding:
    """One modality looked for by another.

    Attributes:
        query, found: names.
        rows: that have both, each of which is looked for among all of them.
        recall: by k, the share whose own cell is among the first k.
        by_chance: the same of an order drawn at random.
        median_rank: the middle place of the own cell, from 1.
        alignment: mean squared distance between the two cells of a row, from 0 to 4.
        gap: distance between the means of both modalities.
    """

    query: str
    found: str
    rows: int
    recall: Mapping[int, float]
    by_chance: Mapping[int, float]
    median_rank: float
    alignment: float
    gap: float


@dataclass(frozen=True)
class Retrieval(Printed):
    """What `retrieval` found: prints well, plots, and turns into a table or JSON.

    Attributes:
        n_rows: rows looked at.
        findings: for every two modalities, both ways.
        uniformity: by modality, how evenly its cells fill the space; lower is more evenly.
    """

    n_rows: int
    findings: Sequence[Finding]
    uniformity: Mapping[str, float]

    def __getitem__(self, pair: tuple[str, str]) -> Finding:
        """The finding of a query and what it looks for, as in `found["note", "photo"]`.

        Raises SettingError for two that were not looked for by each other.
        """
        found = {(one.query, one.found): one for one in self.findings}
        if pair not in found:
            allowed = ", ".join(map(repr, found))
            raise SettingError(f"{pair!r} is no query and what it looked for, in this order. Allowed: {allowed}.")
        return found[pair]

    def to_pandas(self) -> pd.DataFrame:
        """One line a direction: recall at each k with its chance, median rank, alignment, gap."""
        lines = []
        for one in self.findings:
            recall = {f"recall@{k}": share for k, share in one.recall.items()}
            chance = {f"chance@{k}": share for k, share in one.by_chance.items()}
            plain = {"query": one.query, "found": one.found, "rows": one.rows}
            rest = {"median_rank": one.median_rank, "alignment": one.alignment, "gap": one.gap}
            lines.append({**plain, **recall, **chance, **rest})
        return pd.DataFrame(lines)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists, dicts, numbers and strings, for JSON."""
        plain = asdict(self)
        for one in plain["findings"]:
            one |= {name: {str(k): share for k, share in one[name].items()} for name in ("recall", "by_chance")}
        return plain

    def plot(self) -> Figure:
        """Recall by how many are looked at, a line a direction; and how the space is filled."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(10.4, 4), layout="constrained")
        axes, apart, spread = figure.subplots(1, 3, width_ratios=[3, 2, 1])
        self._plot_spread(apart, spread)
        for one in self.findings:
            [line] = axes.plot(
                list(one.recall), list(one.recall.values()), "o-", label=f"{one.query} → {one.found} ({one.rows} rows)"
            )
            axes.plot(list(one.by_chance), list(one.by_chance.values()), ":", color=line.get_color(), linewidth=1)
        axes.set_xticks(FIRST)
        axes.set_ylim(0, 1)
        axes.set_xlabel("how many are looked at")
        axes.set_ylabel("share with the right one among them")
        axes.set_title("One modality found by another (dotted: by chance)", fontsize=10)
        axes.legend(fontsize=8, frameon=False)
        return figure

    def _plot_spread(self, apart: Axes, spread: Axes) -> None:
        pairs = [one for one in self.findings if (one.query, one.found) < (one.found, one.query)]
        places = np.arange(len(pairs))
        apart.bar(places - 0.2, [one.alignment for one in pairs], 0.4, label="of the cells of a row, mean square")
        apart.bar(places + 0.2, [one.gap for one in pairs], 0.4, label="of the means of both modalities")
        apart.set_xticks(places, [f"{one.query}, {one.found}" for one in pairs], rotation=30, ha="right", fontsize=8)
        apart.set_title("How far apart (lower is better)", fontsize=10)
        apart.legend(fontsize=8, frameon=False)
        spread.bar(np.arange(len(self.uniformity)), list(self.uniformity.values()), 0.6, color="tab:gray")
        names = list(self.uniformity)
        spread.set_xticks(np.arange(len(names)), names, rotation=30, ha="right", fontsize=8)
        spread.set_title("Uniformity (lower\nis more evenly spread)", fontsize=10)

    def sections(self) -> list[Section]:
        rows = [
            [
                f"{one.query} → {one.found}",
                f"{one.rows:,}",
                *(f"{share:.3f}" for share in one.recall.values()),
                f"{one.by_chance[1]:.3f}",
                f"{one.median_rank:g}",
                f"{one.alignment:.2f}",
                f"{one.gap:.2f}",
            ]
            for one in self.findings
        ]
        header = ["query → found", "rows", *(f"recall@{k}" for k in FIRST), "@1 by chance", "median rank"]
        spread = [[name, f"{value:.2f}"] for name, value in self.uniformity.items()]
        return [
            Section(f"Found across modalities ({self.n_rows:,} rows)", (), [*header, "alignment", "gap"], rows),
            Section("Uniformity", ("Lower is more evenly spread.",), ["modality", "uniformity"], spread),
        ]


def retrieval(vectors: Vectors) -> Retrieval:
    """Each modality looked for by each other, among the rows that have both. Cells of equal content are all right.

    Raises FitError when no two modalities share two rows.
    """
    findings = []
    for query in vectors.modalities:
        for found in vectors.modalities:
            if query != found:
                here, there = vectors.pair(query, found)
                if len(here) > 1:
                    findings.append(_finding(vectors, query, found, here, there))
    if not findings:
        raise FitError(
            "no two modalities are there together in two rows or more, so nothing can be looked for; give rows that "
            f"have both. There is {', '.join(map(repr, vectors.modalities)) or 'no modality at all'}"
        )
    return Retrieval(len(vectors), findings, {name: uniformity(one) for name, one in vectors.values.items()})


def _finding(vectors: Vectors, query: str, found: str, here: np.ndarray, there: np.ndarray) -> Finding:
    first, second = vectors.values[query][here], vectors.values[found][there]
    keys = vectors.keys[found][there]
    places = ranks(first, second, keys=keys)
    n, same = len(here), np.bincount(keys)[keys]
    return Finding(
        query,
        found,
        n,
        {k: recall_at(places, k) for k in FIRST},
        {k: float(_by_chance(n, same, k).mean()) for k in FIRST},
        median_rank(places),
        alignment(first, second),
        modality_gap([first, second]),
    )


def _by_chance(n: int, same: np.ndarray, k: int) -> np.ndarray:
    """The chance that one of `same` right ones is among the first k of n, none drawn twice."""
    missed = np.ones(len(same))
    for drawn in range(min(k, n)):
        missed *= np.maximum(n - drawn - same, 0) / (n - drawn)
    return np.asarray(1 - missed)
