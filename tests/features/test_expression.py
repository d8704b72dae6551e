"""Counts as features: the library size, then log-normalised genes, open where they were not measured."""

import numpy as np
import pandas as pd

from polymodal.modalities.expression import Expression
from polymodal.registry import FEATURES

CELLS = [{"A": 3, "B": 7}, {"A": 30, "B": 170}, {"B": 5}, {"A": 0, "B": 1}]


def test_the_size_and_the_genes_with_their_gaps() -> None:
    kind = Expression()
    samples = kind.read("x", pd.DataFrame({"x": CELLS}), None).samples
    statistics = kind.measure(samples)
    arrays = [kind.prepare(sample, statistics) for sample in samples]
    features = FEATURES.get("expression").measure(arrays, statistics, 0)
    compact, wide = features.compact(arrays), features.wide(arrays)
    sizes, a, b = compact.T * np.array([[statistics.size_std], [statistics.std[0]], [statistics.std[1]]])
    np.testing.assert_allclose(sizes + statistics.size_mean, np.log1p([10, 200, 5, 1]), rtol=1e-5)
    np.testing.assert_allclose(a + statistics.mean[0], np.log1p([3000, 1500, np.nan, 0]), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(b + statistics.mean[1], np.log1p([7000, 8500, 1e4, 1e4]), rtol=1e-5)
    assert wide[2, 1] == 0
    np.testing.assert_allclose(wide.mean(axis=0), [0, 0, 0], atol=1e-5)
