"""Labels that a model which never saw them, and is sure of its answer, contradicts."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from polymodal.errors import SettingError, near_miss
from polymodal.model import Model
from polymodal.quality.suspects import Suspect, Suspects
from polymodal.schema.table import Table
from polymodal.schema.target import Discrete, Labels, Target

_FAR = 3.5  # robust spreads of a residual (Iglewicz & Hoaglin 1993)
_TO_SPREAD = 1.4826  # median absolute deviation to standard deviation, of a normal distribution
_JUDGED = ("category", "multilabel", "number", "ordinal")


def suspicious(
    table: Table,
    target: str | None = None,
    *,
    model: Model | Mapping[str, Any] | None = None,
    folds: int = 5,
    seed: int = 0,
) -> Suspects:
    """Rows whose label may be wrong, the most suspicious first: somebody should look at them.

    A model is fitted on all folds but one and asked about that one, in turn. Classes follow confident learning
    (Northcutt, Jiang & Chuang 2021): a row is suspicious when the probability of another class reaches what rows of
    that class are given on average, and tops that of all others that do. Numbers are when their residual is further
    from the median than 3.5 robust spreads. The label of a survival target cannot be judged so.

    Args:
        table: with known labels; rows of one group are in one fold.
        target: which one; the first that can be judged when left out.
        model: settings to fit with, as a `pm.Model` (fitted or not; it is not changed) or a dict of its arguments;
            linear models and trees when left out.
        folds, seed: of the split.

    Raises SettingError for a target that is not there or cannot be judged, and what `fit` raises.

    >>> frame = {"x": [float(n) for n in range(60)], "y": ["low"] * 30 + ["high"] * 30}
    >>> frame["y"][3] = "high"
    >>> suspicious(Table.read(frame, target="y"), model={"learners": ["linear"]}).rows.tolist()
    [3]
    """
    if not isinstance(table, Table):
        raise SettingError(f"suspicious takes a Table, {type(table).__name__} came; read it first: pm.Table.read(data)")
    if isinstance(folds, bool) or not isinstance(folds, (int, np.integer)) or folds < 2:
        raise SettingError(
            f"folds={folds!r}: rows are judged by models of the other folds, of which there are 2 or more"
        )
    name = judged_targets(table, target)[0]
    fitting = _settings(model, seed)
    schema = table.schema.model_copy(update={"targets": {name: table.schema.targets[name]}})
    table = table.with_schema(schema)
    labels = table.labels(name)
    if labels is None:
        raise SettingError(f"the table has no column of target {name!r}, so there is no label to look at")
    numbers = table.fold_numbers(folds, seed)
    outputs: np.ndarray | None = None
    for fold in range(folds):
        asked = np.flatnonzero(numbers == fold)
        fitted = copy.copy(fitting).fit(table.take(numbers != fold), progress=False)
        said = fitted.predict(table.take(asked)).outputs[name]
        outputs = np.zeros((len(table), said.shape[1])) if outputs is None else outputs
        outputs[asked] = said
    assert outputs is not None
    target_ = schema.targets[name]
    found = sorted(_found(target_, labels, outputs, table.row_names().tolist()), key=lambda one: -one.score)
    return Suspects(name, target_.kind, int((labels.known_rows & (numbers >= 0)).sum()), tuple(found))


def contradicted(probabilities: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The other class that each row `[n]` is confidently put into, or its own, and by how much it leads `[n]`.

    The off-diagonal of the confident joint of `probabilities [n, C]` and the labels `given [n]`.

    >>> sure = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.9, 0.1]])
    >>> contradicted(sure, np.array([0, 0, 1, 1, 1]))[0].tolist()
    [0, 0, 1, 1, 0]
    """
    n, classes = probabilities.shape
    own = probabilities[np.arange(n), given]
    counts = np.bincount(given, minlength=classes)
    sums = np.bincount(given, weights=own, minlength=classes)
    least = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    confident = np.where(probabilities >= least, probabilities, -1.0)
    best = confident.argmax(axis=1)
    best = np.where(confident.max(axis=1) >= 0, best, given)
    # A class may reach its own low threshold and still be less likely than the label.
    best = np.where(probabilities[np.arange(n), best] > own, best, given)
    return best, probabilities[np.arange(n), best] - own


def _found(target: Target, labels: Labels, outputs: np.ndarray, names: list[Any]) -> Iterator[Suspect]:
    classes = getattr(target, "classes", ())
    if target.kind == "number":
        rows = np.flatnonzero(labels.known)
        residual = labels.values[rows] - outputs[rows, 0]
        residual = residual - np.median(residual)
        spread = _TO_SPREAD * float(np.median(np.abs(residual))) or float(residual.std()) or 1.0
        for row, far in zip(
            rows[np.abs(residual) > _FAR * spread].tolist(), residual[np.abs(residual) > _FAR * spread], strict=True
        ):
            yield Suspect(
                row, names[row], "", float(labels.values[row]), float(outputs[row, 0]), abs(float(far)) / spread
            )
    elif isinstance(target, Discrete):
        rows = np.flatnonzero(labels.known)
        given = labels.values[rows]
        said, leads = contradicted(outputs[rows], given)
        for row, own, other, lead in zip(rows.tolist(), given, said, leads, strict=True):
            if own != other:
                yield Suspect(row, names[row], "", classes[own], classes[other], float(lead))
    else:
        for place, label in enumerate(classes):
            rows = np.flatnonzero(labels.known[:, place])
            given = labels.values[rows, place].astype(np.int64)
            likely = outputs[rows, place]
            said, leads = contradicted(np.stack([1 - likely, likely], axis=1), given)
            for row, own, other, lead in zip(rows.tolist(), given, said, leads, strict=True):
                if own != other:
                    yield Suspect(row, names[row], label, int(own), int(other), float(lead))


def judged_targets(table: Table, target: str | None = None) -> list[str]:
    """Those whose labels can be judged, or the one that is named. Raises SettingError where there is none."""
    targets = table.schema.targets
    if target is not None and target not in targets:
        raise SettingError(f"no target {target!r}. {near_miss(str(target), targets)}")
    able = [name for name, one in targets.items() if one.kind in _JUDGED and target in (None, name)]
    if able:
        return able
    if not targets:
        raise SettingError("the table has no target, so there is no label to look at: pm.Table.read(data, target=...)")
    kinds = ", ".join(f"{name!r} ({one.kind})" for name, one in targets.items())
    raise SettingError(
        f"labels of {', '.join(_JUDGED)} targets can be judged, {kinds} came: how long somebody lives is too uncertain "
        "for one row's time or event to be called wrong"
    )


def _settings(model: Any, seed: int) -> Model:
    if model is None:
        return Model(preset="fast", seed=seed)
    if isinstance(model, Model):
        return model
    if isinstance(model, Mapping):
        return Model(seed=seed).set_params(**model)
    raise SettingError(f"model= is a pm.Model or a dict of its arguments, {type(model).__name__} came")
