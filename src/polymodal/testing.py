"""Random mixed tables with gaps, for the laws of this library and for anybody's own tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.errors import MissingExtraError, SettingError, near_miss
from polymodal.registry import MODALITIES
from polymodal.schema.many import per_cell
from polymodal.schema.modality import Modality
from polymodal.schema.table import Table
from polymodal.schema.target import TARGETS, Category, Multilabel, Number, Ordinal, Survival, Target

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def random_frame(
    random: np.random.Generator,
    modalities: Mapping[str, str | Modality] | None = None,
    rows: int = 20,
    missing: float = 0.4,
) -> pd.DataFrame:
    """A frame of `rows` random raw cells in each column, of which a share `missing` is None.

    `modalities` gives the kind of each column, or its settings, as in `pm.Image(many=True)`; left out, there is one
    column of every registered kind, named like it.
    Each column keeps at least one cell. Raises SettingError for an unknown kind.

    >>> frame = random_frame(np.random.default_rng(0), {"note": "text", "age": "tabular"}, rows=50)
    >>> frame.shape, bool(frame["note"].isna().any())
    ((50, 2), True)
    """
    kinds = _every_kind() if modalities is None else modalities
    present = random.random((rows, len(kinds))) >= missing
    if rows:
        present[random.integers(rows, size=len(kinds)), np.arange(len(kinds))] = True
    return _fill(random, kinds, present)


def random_table(
    random: np.random.Generator,
    modalities: Mapping[str, str | Modality] | None = None,
    rows: int = 20,
    missing: float = 0.4,
    targets: Mapping[str, Target] | None = None,
    unlabelled: float = 0.0,
) -> Table:
    """A Table of `random_frame`, with random labels for `targets`, of which a share `unlabelled` is not known.

    Targets are a `Category` named "target" unless given, and resolved already. Labels are drawn apart from the cells:
    there is nothing to learn.

    >>> random_table(np.random.default_rng(0), {"note": "text"}, rows=5)
    Table(5 rows; note (text); target target (category))
    """
    kinds = _every_kind() if modalities is None else modalities
    frame = random_frame(random, kinds, rows, missing)
    asked = {"target": Category()} if targets is None else dict(targets)
    for name, target in asked.items():
        known = random.random(rows) >= unlabelled
        for column, values in _labels(random, name, target, rows).items():
            frame[column] = pd.Series(values, dtype=object).where(known, None)
    return Table.read(frame, target=asked or None, types=dict(kinds))


def tables(max_modalities: int = 4, max_rows: int = 8) -> SearchStrategy[Table]:
    """A hypothesis strategy: tables without a target, of any kinds, any presence, rows with nothing at all included.

    Raises MissingExtraError without hypothesis.
    """
    try:
        from hypothesis import strategies
    except ImportError as error:
        raise MissingExtraError("polymodal.testing.tables", "dev") from error

    @strategies.composite
    def draw_table(draw: DrawFn) -> Table:
        sorts: SearchStrategy[str | Modality] = strategies.sampled_from([*_every_kind().values(), *_several()])
        drawn = draw(strategies.lists(sorts, min_size=1, max_size=max_modalities))
        kinds = {f"{getattr(one, 'kind', one)} {position}": one for position, one in enumerate(drawn)}
        rows = draw(strategies.integers(1, max_rows))
        bits = draw(strategies.integers(0, 2 ** (rows * len(kinds)) - 1))
        seed = draw(strategies.integers(0, 2**16))
        present = (np.array([bits >> place & 1 for place in range(rows * len(kinds))]) == 1).reshape(rows, -1)
        frame = _fill(np.random.default_rng(seed), kinds, present)
        return Table.read(frame, types=kinds)

    return draw_table()


def _every_kind() -> dict[str, str]:
    return {kind: kind for kind in MODALITIES.names()}


def _several() -> list[Modality]:
    """Every kind whose cells may be lists of it."""
    return [kind(many=True) for kind in map(MODALITIES.get, MODALITIES.names()) if not kind.is_group]


def _fill(random: np.random.Generator, kinds: Mapping[str, str | Modality], present: np.ndarray) -> pd.DataFrame:
    columns = {}
    for position, (name, kind) in enumerate(kinds.items()):
        one = per_cell(kind) if isinstance(kind, Modality) else MODALITIES.get(kind)
        cells = np.empty(len(present), dtype=object)
        for row in np.flatnonzero(present[:, position]):
            cells[row] = one.example(random)
        columns[name] = cells
    return pd.DataFrame(columns, index=range(len(present)))


def _labels(random: np.random.Generator, name: str, target: Target, rows: int) -> dict[str, Any]:
    """Label columns of one target; every class, label or outcome is there once rows allow."""
    turns = random.permutation(rows)
    if isinstance(target, Category):
        classes = target.classes or ("red", "green", "blue")
        return {name: [classes[turn % len(classes)] for turn in turns]}
    if isinstance(target, Ordinal):
        levels = target.levels or (1, 2, 3)
        return {name: [levels[turn % len(levels)] for turn in turns]}
    if isinstance(target, Multilabel) and target.columns:
        return {column: random.integers(0, 2, rows) for column in target.columns}
    if isinstance(target, Multilabel):
        labels = target.classes or ("round", "sweet")
        return {name: [[one for place, one in enumerate(labels) if turn >> place & 1] for turn in turns]}
    if isinstance(target, Number):
        return {name: random.normal(3.0, 2.0, rows)}
    if isinstance(target, Survival):
        outcomes = (target.event_values[0], "still here")
        seen = [outcomes[turn % 2] for turn in turns]
        return {target.time: random.exponential(100.0, rows).round(1), target.event: seen}
    raise SettingError(f"no random labels for a target of kind {target.kind!r}. {near_miss(target.kind, TARGETS)}")
