"""The benchmark of damaged cells on a few rows of every kind: told, or of a form that holds no sum."""

import numpy as np
import pytest
from benchmarks.loading.corruption import arriving, column, stored
from benchmarks.loading.damage import forms

import polymodal as pm

ROWS, HIT = 30, 9


@pytest.mark.parametrize("name", forms())
def test_nothing_crashes_and_nothing_becomes_a_blank(name, tmp_path):
    kind, make, has_sums = forms()[name]
    random = np.random.default_rng(1)
    hit = np.arange(ROWS) < HIT
    table = pm.Table.read(column([make(random) for _ in range(ROWS)]), types={"cell": kind})
    came = arriving(name, table, hit, random)
    assert came["crashes"] == came["silent"] == 0
    assert came["listed"] >= HIT // 3  # another type always is
    assert not (has_sums and came["other value"])
    assert stored(name, table, hit, random, tmp_path)["listed"] == HIT
