"""Rows that are nearly the same by what a model makes of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from polymodal.crossmodal.vectors import Vectors

_AT_ONCE = 1 << 23  # similarities held at once


def alike_pairs(vectors: Vectors, centred: Mapping[str, np.ndarray], least: float) -> pd.DataFrame:
    """Every two rows whose mean cosine over the modalities that both have is `least` or more: row, other, score, each.

    Every row is compared with every later one, a stretch of rows at a time.
    """
    n = len(vectors)
    wide = {}
    for name, values in centred.items():
        wide[name] = np.zeros((n, values.shape[1]), dtype=np.float32)
        wide[name][vectors.rows[name]] = values
    there = np.stack([np.isin(np.arange(n), rows) for rows in vectors.rows.values()], axis=1).astype(np.float32)
    left, right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    step = max(1, _AT_ONCE // max(n, 1))
    for start in range(0, n, step):
        some = slice(start, start + step)
        sums = np.sum([one[some] @ one.T for one in wide.values()], axis=0)
        shared = there[some] @ there.T
        near = (sums >= least * shared - 1e-6) & (shared > 0)
        one, other = np.nonzero(np.triu(near, k=start + 1))
        left.append(one + start)
        right.append(other)
    first, second = np.concatenate(left), np.concatenate(right)
    told = {}
    for place, (name, values) in enumerate(wide.items()):
        both = (there[first, place] * there[second, place]) > 0
        told[name] = np.where(both, np.einsum("nd,nd->n", values[first], values[second]), np.nan)
    score = np.nanmean(np.stack(list(told.values()), axis=1), axis=1) if len(first) else np.zeros(0)
    order = np.argsort(-score, kind="stable")
    columns = {"row": vectors.names[first], "other": vectors.names[second], "score": score}
    found = pd.DataFrame(columns | {name: pd.array(one, dtype="Float64") for name, one in told.items()})
    return found.iloc[order].reset_index(drop=True)
