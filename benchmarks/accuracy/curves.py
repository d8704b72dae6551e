"""Where a mark is missed: would more rows of the same kind reach it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupKFold, train_test_split

import polymodal as pm
from benchmarks.accuracy import mosi, reviews, skab, smartwatch
from benchmarks.accuracy.baselines import FUSED, lines
from benchmarks.quick import few, model
from benchmarks.record import Outcome, publish

SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)


@dataclass(frozen=True)
class Missed:
    """A table of which the mark was missed; `units [N]` are drawn whole, by the same seed at every share."""

    name: str
    metric: str
    mark: float
    load: Callable[[], tuple[pm.Table, np.ndarray, np.ndarray, np.ndarray]]


def _reviews() -> tuple[pm.Table, np.ndarray, np.ndarray, np.ndarray]:
    table = reviews.table()
    codes = table.labels(reviews.TARGET).values
    train, test = train_test_split(np.arange(len(codes)), test_size=0.2, stratify=codes, random_state=0)
    return table, train, test, np.arange(len(codes))


def _mosi() -> tuple[pm.Table, np.ndarray, np.ndarray, np.ndarray]:
    table = mosi.table()
    split = table.frame["split"].to_numpy()
    return table, np.flatnonzero(split == "train"), np.flatnonzero(split == "test"), table.frame["video_id"].to_numpy()


def _smartwatch() -> tuple[pm.Table, np.ndarray, np.ndarray, np.ndarray]:
    """The first of the five folds: eight people to learn from, two to test."""
    table = smartwatch.table()
    person, apart = table.frame["person"].to_numpy(), table.frame["apart"].to_numpy()
    _, test = next(iter(GroupKFold(5).split(person[apart], groups=person[apart])))
    held = np.isin(person, person[apart][test])
    return table, np.flatnonzero(~held), np.flatnonzero(held & apart), person


def _skab() -> tuple[pm.Table, np.ndarray, np.ndarray, np.ndarray]:
    """Windows of some experiments to learn from; asked are the later seconds of all."""
    table, is_test = skab.table(skab.experiments())
    return table, np.flatnonzero(~is_test), np.flatnonzero(is_test), table.frame["experiment"].to_numpy()


MISSED = (
    Missed("reviews (.952 at 6,000 rows)", "auc", 0.958, _reviews),
    Missed("mosi", "accuracy", mosi.MARK, _mosi),
    Missed("smartwatch, two people held out", "accuracy", 0.92, _smartwatch),
    Missed("skab", "f1", skab.MARK, _skab),
)


def curve(one: Missed) -> Iterator[dict[str, object]]:
    """One line a share of what there is to learn from, everything and the best modality alone on the test rows."""
    table, train, test, units = one.load()
    order = np.random.default_rng(0).permutation(np.unique(units[train]))
    for size in sorted({max(2, round(share * len(order))) for share in SHARES}):
        drawn = order[:size]
        rows = few(train[np.isin(units[train], drawn)])
        found = lines(table, model().fit(table.take(rows)), rows, few(test), one.metric, trees=False)
        alone = {name: value for name, value in found.items() if name.endswith(" alone")}
        best = max(alone, key=alone.__getitem__)
        yield {
            "data": one.name,
            "rows learnt from": f"{len(rows):,}",
            "metric": one.metric,
            "mark": f"{one.mark:.3f}",
            "everything": f"{found[FUSED]:.3f}",
            "best alone": f"{alone[best]:.3f} ({best.removesuffix(' alone')})",
        }


def main() -> None:
    table = []
    for one in MISSED:
        for line in curve(one):
            print(line, flush=True)
            table.append(line)
    publish(
        Outcome(
            name="accuracy/curves",
            question="Scores on the test rows by how much there is to learn from, where a mark was missed.",
            mark="none: it shows whether more of the same would help",
            is_reached=None,
            table=table,
            seeds="model 0; rows, videos, people and experiments drawn by 0, each share within the next",
            notes=["Default settings. One fit each, so a step of a point may be chance."],
        )
    )


if __name__ == "__main__":
    main()
