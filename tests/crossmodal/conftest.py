"""Two views of the same letters, some views missing, and a model of what belongs together."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import polymodal as pm

LETTERS = 12


def views(n: int, seed: int) -> pd.DataFrame:
    """Each row shows one of twelve letters: as a noisy panel of numbers, as two words, and how it is priced."""
    random = np.random.default_rng(seed)
    middles = np.random.default_rng(99).normal(size=(LETTERS, 10))
    letter = random.integers(0, LETTERS, n)
    panel = list(middles[letter] + 0.2 * random.normal(size=(n, 10)))
    note: list[str | None] = [f"letter{one} shade{random.integers(0, 4)}" for one in letter]
    for row in random.choice(n, n // 5, replace=False):
        if row % 2:
            panel[row] = None
        else:
            note[row] = None
    return pd.DataFrame({"panel": panel, "note": note, "price": letter * 10.0, "letter": [f"l{one}" for one in letter]})


def table(n: int, seed: int, **settings: object) -> pm.Table:
    """Only the two views are modalities."""
    frame = views(n, seed)
    types = {"panel": "vector", "note": "text"}
    return pm.Table.read(
        frame, types=types, ignore=[c for c in ("price", "letter") if c != settings.get("target")], **settings
    )


@pytest.fixture(scope="session")
def make_table() -> Callable[..., pm.Table]:
    """Makes rows of views; with `target="letter"` their letter is to be learnt."""
    return table


@pytest.fixture(scope="session")
def train() -> pm.Table:
    return table(500, seed=0)


@pytest.fixture(scope="session")
def test() -> pm.Table:
    return table(120, seed=1)


@pytest.fixture(scope="session")
def model(train: pm.Table) -> pm.Model:
    return pm.Model(objective="align", width=32, epochs=12).fit(train, progress=False)
