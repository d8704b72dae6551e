"""Where rows stand by what decides about their cells: a column, a target or the size of the cell itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from polymodal.errors import SettingError
from polymodal.schema.cells import is_absent
from polymodal.schema.table import Table


def places_of(table: Table, name: str, by: str | None) -> np.ndarray:
    """`[N]` from 0 for the rows least likely to lose the cell to 1 for the likeliest; the middle where not known."""
    if by is None:
        samples = table.cells(name).samples
        if getattr(table.schema.modalities[name], "irregular", False):
            samples = [None if sample is None else sample[:, 1:] for sample in samples]  # without the times
        sizes = _column_ranks(samples) if any(isinstance(one, tuple) for one in samples) else _sizes(name, samples)
        return _ranks(pd.Series(sizes))
    if by in table.schema.targets:
        labels = table.labels(by)
        assert labels is not None
        return _ranks(pd.Series(table.schema.targets[by].amounts(labels)))
    return _ranks(table.frame[by])


def _sizes(name: str, samples: Sequence[Any]) -> list[float]:
    sizes = []
    for sample in samples:
        if sample is None:
            sizes.append(math.nan)
        elif isinstance(sample, str):
            sizes.append(float(len(sample)))
        elif isinstance(sample, list):
            sizes.append(float(sum(one is not None for one in sample)))
        elif isinstance(sample, np.ndarray) and sample.dtype.kind in "biuf":
            known = sample[~np.isnan(sample)] if sample.dtype.kind == "f" else sample
            sizes.append(float(known.mean(dtype=np.float64)) if known.size else math.nan)
        else:
            raise SettingError(
                f"a cell of {name!r} has no size to go by ({type(sample).__name__}); hide it by a target or a column"
            )
    return sizes


def _column_ranks(samples: Sequence[Any]) -> np.ndarray:
    """The mean over the columns of a group of where the row stands in each."""
    width = max(len(sample) for sample in samples if sample is not None)
    columns = [[None if sample is None else sample[column] for sample in samples] for column in range(width)]
    return np.mean([_ranks(pd.Series(column, dtype=object)) for column in columns], axis=0)


def _ranks(values: pd.Series) -> np.ndarray:
    """`[N]` from 0 for the smallest to 1 for the largest, ties alike; .5 where there is nothing or no difference."""
    known = ~values.map(is_absent).to_numpy(dtype=bool)
    if pd.api.types.is_datetime64_any_dtype(values):
        numeric = values.astype("int64").astype(np.float64)
    else:
        numeric = pd.to_numeric(values, errors="coerce")
    comparable = numeric if numeric[known].notna().all() else values.astype(str)
    ranks = comparable.where(known).rank().to_numpy(dtype=np.float64)
    low, high = (np.nanmin(ranks), np.nanmax(ranks)) if known.any() else (0.0, 0.0)
    return np.where(known & (high > low), (ranks - low) / max(high - low, 1.0), 0.5)
