"""Rows of several kinds with gaps, as a table and as a store."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import polymodal as pm

N_ROWS = 90


def picture(random: np.random.Generator, height: int, width: int) -> bytes:
    data = io.BytesIO()
    Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(data, format="JPEG")
    return data.getvalue()


def rows(n: int = N_ROWS) -> pd.DataFrame:
    random = np.random.default_rng(0)
    cells = {
        "photo": [picture(random, *random.integers(8, 33, 2).tolist()) for _ in range(n)],
        "note": ["calm " * int(random.integers(1, 9)) for _ in range(n)],
        "scan": [random.integers(-9, 9, int(random.integers(5, 20)), dtype=np.int16) for _ in range(n)],
        "panel": [random.normal(size=6).astype(np.float32) for _ in range(n)],
        "age": random.normal(50, 9, n).tolist(),
    }
    for column in cells.values():
        for row in np.flatnonzero(random.random(n) < 0.3).tolist():
            column[row] = None
    frame = pd.DataFrame({name: pd.Series(held, dtype=object) for name, held in cells.items()})
    frame["age"] = frame["age"].astype(float)
    frame["ward"] = [f"W{row % 4}" for row in range(n)]
    frame["heavy"] = np.where(np.arange(n) % 5 == 0, 4.0, 1.0)
    frame["y"] = ["rare" if row % 10 == 0 else "common" for row in range(n)]
    return frame


TYPES = {"photo": pm.Image(size=32), "note": "text", "scan": "series", "panel": "vector"}


@pytest.fixture(scope="session")
def table() -> pm.Table:
    return pm.Table.read(rows(), target="y", group="ward", weight="heavy", types=TYPES)


@pytest.fixture(scope="session")
def store(table: pm.Table, tmp_path_factory: pytest.TempPathFactory) -> pm.Store:
    return pm.Store.create(tmp_path_factory.mktemp("store") / "rows.lance", table, rows_per_fragment=40)
