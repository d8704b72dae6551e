"""`compare`: several models and the baselines they have to beat, on the same rows of one table, with equal budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from polymodal.comparison.comparison import Comparison
from polymodal.comparison.entrants import entrants, held_out
from polymodal.comparison.lines import compare_lines
from polymodal.comparison.runs import run_all
from polymodal.comparison.significance import Judges
from polymodal.errors import DataError, SettingError
from polymodal.explain.request import chosen_metrics
from polymodal.metrics import find
from polymodal.model import Model
from polymodal.schema.split import group_codes
from polymodal.schema.table import Table
from polymodal.training.budget import seconds


def compare(
    table: Table,
    models: Mapping[str, Model] | Sequence[str] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    budget: str | float | None = None,
    test: float | int = 0.2,
    splits: int | Sequence[np.ndarray] = 1,
    by: Literal["random", "time"] = "random",
    metric: str | Mapping[str, str] | None = None,
    seed: int = 0,
    resamples: int = 2000,
    max_unreadable: float = 0.1,
    progress: bool = True,
) -> Comparison:
    """Fit several models on the same rows with the same budget, and score them on the same rows held out.

    Next to the models stand the default portfolio and what all have to beat: the prior (which for a category is the
    majority), each modality alone and their average (late averaging), as the portfolio answers from them. Every line
    has the metric with its 95 % bootstrap interval, and a paired difference to the best line and to the best single
    modality: p from the percentiles of the same resamples (Efron and Tibshirani 1993; Davison and Hinkley 1997),
    corrected for the number of lines (Holm 1979). Groups are drawn whole where at least 10 are held out. Both best
    lines are picked on the rows that judge, so the one picked is a little flattered. A model that fails is a line with
    its error.

    Args:
        table: with at least one target.
        models: names of fusions, each a `pm.Model(fusion, learners=["network"])`, all that are registered when left
            out; or models by name, of which copies are fitted. One that is called "portfolio" takes its place.
        settings: of the networks of fusions that are named, and of the portfolio, as a dict of arguments of `pm.Model`,
            such as {"epochs": 20, "patterns": "rates"}.
        budget: time for each fit, such as "10min".
        test: share or count of the rows that is held out, as in `Table.split`.
        splits: how many times that is done, with seeds from `seed` on; or a bool mask `[N]` of the rows held out for
            each split, such as `[folds == k for k in range(5)]` with `folds = table.fold_numbers(5)`. A score is the
            mean over splits; a row that is held out several times is drawn for all of them at once.
        by: "random", or "time" to hold out the latest rows.
        metric: one name for all targets or a name for each; the primary metric where not given.
        seed: of the splits, the default models and the resamples.
        resamples: of the bootstrap; 0 for no intervals and no p. Fewer, but at least 1,000, for very many rows.
        max_unreadable: share of a column's filled cells that may be unreadable.
        progress: show a bar on a terminal.

    Raises SettingError for what is out of range, DataError when the table has no target or no label, FitError when
    every model fails.

    >>> import polymodal as pm
    >>> table = pm.Table.read({"x": [0.0, 1.0] * 40, "y": ["a", "b"] * 40}, target="y")
    >>> found = pm.compare(table, {"portfolio": pm.Model(preset="fast")}, test=0.3, resamples=200)
    >>> [line.name for line in found["y"].lines]
    ['portfolio', 'tabular alone', 'prior']
    >>> found["y"]["prior"].score.value
    0.5
    """
    if not isinstance(table, Table):
        raise SettingError(
            f"compare takes a Table, {type(table).__name__} came; read it first: pm.Table.read(data, target=...)"
        )
    if isinstance(resamples, bool) or not isinstance(resamples, (int, np.integer)) or resamples < 0:
        raise SettingError(f"resamples={resamples!r}: the number of bootstrap resamples is 0 (no intervals) or more")
    limit = seconds(budget)
    asked = entrants(models, table, seed, settings)
    labels = {name: found for name in table.schema.targets if (found := table.labels(name)) is not None}
    if not any(found.known_rows.any() for found in labels.values()):
        raise DataError("the table has no target with a label; name it: pm.Table.read(data, target=...)")
    chosen = chosen_metrics(table.schema.targets, metric)
    metrics = {name: find(table.schema.targets[name], chosen.get(name)) for name in labels}
    masks = held_out(table, test, splits, by, seed)
    runs = run_all(table, asked, masks, metrics, budget=limit, max_unreadable=max_unreadable, progress=progress)
    groups = group_codes(table.frame, table.schema)
    judges = {
        name: Judges.of(table.schema.targets[name], metrics[name], found, table.weights(), masks, groups)
        for name, found in labels.items()
    }
    return Comparison(
        targets={name: compare_lines(name, one, runs, resamples, seed) for name, one in judges.items()},
        n_train=tuple(int((~mask).sum()) for mask in masks),
        n_test=tuple(int(mask.sum()) for mask in masks),
        budget=limit,
        resamples=int(resamples),
    )
