"""What a table does not let a model learn or check, in words: it is fitted all the same, and says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from polymodal.schema.table import Table
from polymodal.schema.target import Discrete, Labels, Multilabel
from polymodal.store.memory import Memory

_FEW_ROWS = 10  # that have a modality, below which hardly any is left to check it on
_WIDE = 10  # numbers a row, for each row, from which some go with any target by chance
_NAMED = 5


def limitations(table: Table, memory: Memory, held_out: Sequence[np.ndarray], n_asked: int) -> list[str]:
    """One sentence each, of the rows that are learnt from.

    Args:
        table: those rows.
        memory: the same, prepared.
        held_out: positions of the rows that each fold does not learn from.
        n_asked: how many folds were asked for.
    """
    found = []
    if len(held_out) < n_asked:
        noun = "rows" if table.n_groups == len(table) else "groups of rows"
        found.append(f"{n_asked} folds became {len(held_out)}: there are only {table.n_groups} {noun} to hold out")
    for name, labels in memory.labels.items():
        found += _of_labels(name, table, labels, held_out)
    return [*found, *_of_modalities(memory), *_same(memory), *_of_columns(table)]


def _of_labels(name: str, table: Table, labels: Labels, held_out: Sequence[np.ndarray]) -> Iterator[str]:
    target, everything = table.schema.targets[name], np.arange(len(labels))
    blind = sum(bool(target.sameness(labels.take(np.setdiff1d(everything, rows)))) for rows in held_out)
    if blind:
        yield (
            f"target {name!r} does not vary over the rows that {blind} of {len(held_out)} folds learn from; what is "
            "said of the rows held out from them is a guess, and so are weights and scores that rest on it"
        )
    elif target.sameness(labels.take(np.concatenate(list(held_out)))):
        yield f"target {name!r} does not vary over the rows held out; how good the model is cannot be told from them"
    if isinstance(target, Multilabel):
        same = [
            label
            for place, label in enumerate(target.classes)
            if len(np.unique(labels.values[labels.known[:, place], place])) < 2
        ]
        if same:
            yield f"target {name!r}: {_listed(same)} never varies, so nothing is learnt of it but its share"
    if isinstance(target, Discrete):
        yield from _of_classes(name, target, labels, held_out)


def _of_classes(name: str, target: Discrete, labels: Labels, held_out: Sequence[np.ndarray]) -> Iterator[str]:
    """A row checks a class if it is held out while others of its class are learnt from."""
    codes = np.where(labels.known_rows, labels.values, -1)
    counts = np.bincount(codes[codes >= 0], minlength=len(target.classes))
    checks = np.zeros_like(counts)
    for rows in held_out:
        held = np.bincount(codes[rows][codes[rows] >= 0], minlength=len(counts))
        checks += np.where(counts > held, held, 0)
    unchecked = [label for label, n, c in zip(target.classes, counts, checks, strict=True) if n and not c]
    few = [label for label, n, c in zip(target.classes, counts, checks, strict=True) if c and n < len(held_out)]
    if unchecked:
        yield (
            f"target {name!r}: no row of {_listed(unchecked)} could be held out while another of the same class was "
            "learnt from, so nothing checks when the model says it; take its probability for a guess, and collect more"
        )
    if few:
        has, its = ("has", "its probability was") if len(few) == 1 else ("have", "their probabilities were")
        yield (
            f"target {name!r}: {_listed(few)} {has} fewer rows than there are folds ({len(held_out)}); {its} checked "
            "on those few only, and may be too sure"
        )


def _of_modalities(memory: Memory) -> Iterator[str]:
    for place, (name, (modality, _)) in enumerate(memory.collate.items()):
        n_rows = int(memory.present[:, place].sum())
        if n_rows < min(_FEW_ROWS, len(memory)):
            yield (
                f"modality {name!r} is in {n_rows} of {len(memory)} rows, too few to learn much from or to check; "
                "answers that rest on it alone are guesses"
            )
        if modality.kind in ("expression", "tabular", "vector"):
            width = next((array.shape[0] for array in memory.arrays[name] if array is not None), 0)
            if width >= _WIDE * len(memory):
                yield (
                    f"modality {name!r} has {width} numbers for {len(memory)} rows, so that some go with any target "
                    "by chance; trust the scores on rows held out, and no single column"
                )


def _same(memory: Memory) -> Iterator[str]:
    for (i, one), (j, other) in combinations(enumerate(memory.collate), 2):
        (kind, statistics), (other_kind, others) = memory.collate[one], memory.collate[other]
        if kind.kind != other_kind.kind or statistics != others or (memory.present[:, i] != memory.present[:, j]).any():
            continue
        pairs = zip(memory.arrays[one], memory.arrays[other], strict=True)
        if all(a is None or b is None or _equal(a, b) for a, b in pairs):
            yield (
                f"modalities {one!r} and {other!r} hold the same in every row: they share the credit that one of them "
                f"would get, and nothing is lost with ignore=[{other!r}]"
            )


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    if one.dtype == object:
        return len(one) == len(other) and all(map(_equal, one, other))
    return np.array_equal(one, other, equal_nan=True)


def _of_columns(table: Table) -> Iterator[str]:
    for name, modality in table.schema.modalities.items():
        for column in getattr(modality, "categories", ()):
            if column not in table.frame.columns:  # it stayed in its store
                continue
            known = table.frame[column].dropna()
            if len(known) >= _FEW_ROWS and known.astype(str).is_unique:
                yield (
                    f"column {column!r} of {name!r} has another category in every row, so nothing in it carries over "
                    f"to other rows; as free text it may: types={{{column!r}: 'text'}}, else ignore=[{column!r}]"
                )


def _listed(classes: Sequence[object]) -> str:
    more = f" and {len(classes) - _NAMED} more" if len(classes) > _NAMED else ""
    return ", ".join(map(repr, classes[:_NAMED])) + more
