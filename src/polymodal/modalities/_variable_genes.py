"""Genes that vary more between samples than genes of their mean do."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

Chunks = Callable[[], Iterable[np.ndarray]]


def most_variable(chunks: Chunks, most: int) -> np.ndarray:
    """Places, ascending, of the `most` genes of counts `[n, G]`, given in chunks of rows; NaN is a count not taken.

    As Seurat v3 does (Stuart et al. 2019): log variance against log mean gives the spread that a gene of that mean is
    expected to have, here by a parabola; counts in such spreads, cut at the root of n, are ranked by their variance. A
    gene that some samples lack counts as far as it was measured.
    """
    n, mean, variance = moments(chunks)
    usable = (n > 1) & (variance > 0)
    logs = np.log10(mean[usable])
    terms = np.stack([np.ones_like(logs), logs, logs**2], axis=1)
    fit = terms @ np.linalg.lstsq(terms, np.log10(variance[usable]), rcond=None)[0]
    spread = np.ones_like(mean)
    spread[usable] = np.sqrt(10**fit)
    total = np.zeros_like(mean)
    for counts in chunks():
        cut = np.minimum((counts - mean) / spread, np.sqrt(np.maximum(n, 1)))
        total += np.where(np.isnan(cut), 0.0, cut**2).sum(axis=0)
    score = np.where(usable, total / np.maximum(n - 1, 1), 0.0) * n / max(n.max(initial=0), 1)
    return np.sort(np.argsort(-score, kind="stable")[:most])


def moments(chunks: Chunks) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often each column was measured, its mean, and its variance (of n - 1)."""
    n, total = 0.0, 0.0
    for values in chunks():
        known = ~np.isnan(values)
        n, total = n + known.sum(axis=0), total + np.where(known, values, 0.0).sum(axis=0)
    counted = np.asarray(n)
    mean = total / np.maximum(counted, 1)
    squares = 0.0
    for values in chunks():
        squares = squares + np.where(np.isnan(values), 0.0, (values - mean) ** 2).sum(axis=0)
    return counted, mean, squares / np.maximum(counted - 1, 1)
