"""`learning_curve`: how good a model is after 1, 5, 10 or 50 examples of each class."""

from __future__ import annotations

import copy
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from polymodal.comparison.baselines import prior_answers
from polymodal.comparison.curve import LearningCurve, Point
from polymodal.comparison.runs import FAILURES, bar
from polymodal.comparison.shots import PER_CLASS, asked_shots, first_rows, in_turn, short_classes
from polymodal.errors import DataError, SettingError
from polymodal.explain.request import pick
from polymodal.metrics import find, resampled
from polymodal.metrics.metric import Metric
from polymodal.model import Model
from polymodal.registry import LEARNERS
from polymodal.schema.cells import is_absent
from polymodal.schema.split import group_codes
from polymodal.schema.table import Table
from polymodal.schema.target import Labels, Target
from polymodal.training.budget import seconds
from polymodal.training.rows import refuse_unreadable

_HEADS = ("gaussian", "linear", "prototypes")


def learning_curve(
    train: Table,
    test: Table,
    shots: Sequence[int | float] | int | float | None = None,
    *,
    model: Model | Mapping[str, Model] | None = None,
    repeats: int = 5,
    target: str | None = None,
    metric: str | None = None,
    budget: str | float | None = None,
    seed: int = 0,
    max_unreadable: float = 0.1,
    progress: bool = True,
) -> LearningCurve:
    """Fit on ever more examples of `train`, and score each fit on all rows of `test`.

    Examples are drawn `repeats` times; within a draw a larger point shows all that a smaller one does, and every group
    is shown once before any is shown twice. A modality that no example has is left out of that fit.

    Args:
        train: rows to draw from.
        test: rows to score on, apart from them.
        shots: whole numbers: examples of each class of a category, rows of another target; or shares of the rows, such
            as 0.25. (1, 5, 10, 50) or (0.1, 0.25, 0.5, 1.0) by default.
        model: a model, or several by name, of which copies are fitted; by default the heads "gaussian", "linear" and
            "prototypes", as far as they can learn the target.
        repeats: draws of examples.
        target: which one; the first that there is when left out.
        metric: the primary metric of the target when left out.
        budget: time for each fit, such as "1min".
        seed: of the draws, and of the default models.
        max_unreadable: share of a column's filled cells in `train` that may be unreadable.
        progress: show a bar on a terminal.

    Warns of rows or groups that are on both sides. A class with fewer examples than asked shows what it has, and a
    note says so; a fit that fails is a point without a score. Raises SettingError for what is out of range, DataError
    when there is no label on either side.

    >>> import polymodal as pm
    >>> table = pm.Table.read({"x": [float(n) for n in range(80)], "y": ["low"] * 40 + ["high"] * 40}, target="y")
    >>> found = pm.learning_curve(*table.split(test=0.5), shots=(1, 10), repeats=2)
    >>> found.models, [round(point.n_rows) for point in found.points][:2]
    (('gaussian', 'linear', 'prototypes'), [2, 20])
    """
    for came, place in ((train, "train"), (test, "test")):
        if not isinstance(came, Table):
            raise SettingError(
                f"learning_curve takes Tables; {type(came).__name__} came as {place}: pm.Table.read(...)"
            )
    if isinstance(repeats, bool) or not isinstance(repeats, (int, np.integer)) or repeats < 1:
        raise SettingError(f"repeats={repeats!r}: the number of draws is a whole number from 1")
    if not train.schema.targets:
        raise DataError("the table has no target; name it: pm.Table.read(data, target=...)")
    pick(train.schema.targets, target)
    name = target or next(iter(train.schema.targets))
    train, test = (_about(side, name, train.schema.targets[name]) for side in (train, test))
    one = train.schema.targets[name]
    scored = find(one, metric)
    sizes, limit = asked_shots(shots, one), seconds(budget)
    models = _models(model, one, seed)
    labels, judged = train.labels(name), test.labels(name)
    refuse_unreadable(train, max_unreadable)
    usable = np.zeros(len(train), dtype=bool) if labels is None else labels.known_rows & train.present().any(axis=1)
    weight = train.weights()
    usable &= True if weight is None else weight > 0
    if labels is None or judged is None or not usable.any() or not judged.known_rows.any():
        side = "test" if labels is not None and usable.any() else "train"
        raise DataError(f"no row of {side} has a known label of target {name!r} and any cell")
    leaks = list(_overlap(train, test))
    for leak in leaks:
        warnings.warn(leak, stacklevel=2)
    notes = [*leaks, *short_classes(np.flatnonzero(usable), sizes, one, labels)]
    groups = group_codes(train.frame, train.schema)
    orders = [in_turn(usable, groups, seed + repeat) for repeat in range(repeats)]
    test.present()  # decodes the cells, so that no model is charged for what all share
    judge = _Judge(name, one, scored, judged, test.weights())
    points = []
    with bar(progress, len(models) * len(sizes) * repeats) as step:
        for called, chosen in models.items():
            for size in sizes:
                shown = [first_rows(order, size, one, labels) for order in orders]
                points.append(_point(called, chosen, size, shown, train, test, judge, limit, step))
    return LearningCurve(
        target=name,
        kind=one.kind,
        metric=scored.name,
        greater_is_better=scored.greater_is_better,
        unit="examples per class" if one.kind in PER_CLASS else "examples",
        n_test=int(judged.known_rows.sum()),
        repeats=int(repeats),
        prior=judge.score(prior_answers(train, len(test))[name]),
        points=tuple(points),
        notes=tuple(notes),
    )


class _Judge:
    """Scores answers for the test rows by one metric."""

    def __init__(self, name: str, target: Target, metric: Metric, labels: Labels, weight: np.ndarray | None) -> None:
        self.name, self.target, self.metric, self.labels = name, target, metric, labels
        self.weight = np.ones((len(labels), 1)) if weight is None else weight[:, None]
        self.last: Model | None = None  # what it has loaded, such as a pretrained encoder, serves the next fit

    def score(self, outputs: np.ndarray) -> float | None:
        found = float(resampled(self.target, self.metric, outputs, self.labels, self.weight)[0])
        return None if np.isnan(found) else found


def _about(table: Table, name: str, target: Target) -> Table:
    """The same rows with one target."""
    return table.with_schema(table.schema.model_copy(update={"targets": {name: target}}))


def _models(model: Any, target: Target, seed: int) -> dict[str, Model]:
    if model is None:
        heads = [one for one in _HEADS if LEARNERS.get(one).learns(target)]
        return {one: Model(learners=[one], seed=seed) for one in heads}
    found = {"model": model} if isinstance(model, Model) else model
    if not isinstance(found, Mapping) or not found or not all(isinstance(one, Model) for one in found.values()):
        raise SettingError(f"model= is a pm.Model or a dict of name to pm.Model, and not empty; {model!r} came")
    return {str(called): one for called, one in found.items()}


def _point(
    called: str,
    model: Model,
    size: int | float,
    shown: Sequence[np.ndarray],
    train: Table,
    test: Table,
    judge: _Judge,
    budget: float | None,
    step: Any,
) -> Point:
    scores: list[float | None] = []
    took, errors = [], []
    for repeat, rows in enumerate(shown):
        step(f"{called}: {size}, draw {repeat + 1} of {len(shown)}")
        start, score = time.perf_counter(), None
        try:
            fitted = _fitted(model, train.take(rows), budget)
            took.append(time.perf_counter() - start)
            judge.last = fitted
            score = judge.score(fitted.predict(test).outputs[judge.name])
        except FAILURES as error:
            errors.append(str(error))
        scores.append(score)
    seconds_each = float(np.mean(took)) if took else None
    n_rows = float(np.mean([len(rows) for rows in shown]))
    return Point(called, size, n_rows, tuple(scores), seconds_each, tuple(dict.fromkeys(errors)))


def _fitted(model: Model, few: Table, budget: float | None) -> Model:
    """A copy fitted on few rows; modalities that none of them has are left out."""
    present = few.present()
    there = [name for place, name in enumerate(few.schema.names) if present[:, place].any()]
    fitted = copy.copy(model)
    if len(there) < len(few.schema.names):
        kept = {name: few.schema.modalities[name] for name in there}
        few = few.with_schema(few.schema.model_copy(update={"modalities": kept}))
        fitted.encoders = {name: one for name, one in model.encoders.items() if name in kept}
    return fitted.fit(few, budget=budget, max_unreadable=1.0, progress=False)


def _overlap(train: Table, test: Table) -> Iterator[str]:
    """A sentence for whatever is on both sides."""
    for role in ("group", "id"):
        column = train.schema.roles.get(role)
        if column is not None and column in train.frame.columns and column in test.frame.columns:
            both = set(train.frame[column].dropna()) & set(test.frame[column].dropna())
            if both:
                yield f"{len(both)} values of {column!r} ({role}) are in train and test; the curve will be too good"
    sides = [set(_rows(side, train)) for side in (train, test)]
    same = len(sides[0] & sides[1])
    if same:
        yield f"{same} rows of train are in test too; the curve will be too good"


def _rows(table: Table, like: Table) -> Iterator[bytes]:
    """What tells one row from all others: its label in the frame, and every cell."""
    columns = [source for name, one in like.schema.modalities.items() for source in one.sources(name)]
    cells = [table.frame[one].tolist() for one in columns if one in table.frame.columns]
    for label, *row in zip(table.frame.index, *cells, strict=True):
        yield b"\0".join([repr(label).encode(), *map(_content, row)])


def _content(cell: Any) -> bytes:
    return b"" if is_absent(cell) else cell.tobytes() if hasattr(cell, "tobytes") else repr(cell).encode()
