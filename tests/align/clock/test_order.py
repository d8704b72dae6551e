"""The order of many numbers, against NumPy."""

import numpy as np
import pytest

from polymodal.align.clock._order import ascending, by_key

N = 120_000  # from 100,000 on they are brought into order coarsely first


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).integers(0, 500, N),
        np.random.default_rng(1).normal(size=N) * 1e-300,
        np.where(np.arange(N) == 7, 2**62, np.arange(N) % 3) - 2**61,
        np.arange(50)[::-1],
    ],
    ids=["ties", "tiny", "one far off", "few"],
)
def test_ascending(values: np.ndarray) -> None:
    assert np.array_equal(ascending(values), np.argsort(values, kind="stable"))


def test_what_is_in_order_stays() -> None:
    assert ascending(np.zeros(N)) is None
    assert ascending(np.zeros(0)) is None


@pytest.mark.parametrize("most", [3, 65_536, 10_000_000])
def test_by_key(most: int) -> None:
    keys = np.random.default_rng(0).integers(0, most, N)
    assert np.array_equal(by_key(keys), np.argsort(keys, kind="stable"))
