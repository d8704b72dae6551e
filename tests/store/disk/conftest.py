"""Small stores, and a look at what is on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import polymodal as pm

N = 40
Make = Callable[..., pm.Store]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of pictures `0.png` to `39.png`, each of another shade."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(N):
        noise = np.random.default_rng(number).integers(0, 256, (12, 16, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def rows() -> pd.DataFrame:
    """Pictures, notes, numbers and a target; some of each missing."""
    return pd.DataFrame(
        {
            "photo": [f"{number}.png" if number % 4 else None for number in range(N)],
            "note": [f"case {number} of many" if number % 3 else None for number in range(N)],
            "age": [float(number) if number % 5 else None for number in range(N)],
            "ward": ["A", "B"] * (N // 2),
            "ill": [number % 2 for number in range(N)],
        }
    )


@pytest.fixture
def make(tmp_path: Path, pictures: Path, rows: pd.DataFrame) -> Make:
    """Makes a store of these rows, or of others."""

    def made(source: object = None, name: str = "rows.lance", **settings: object) -> pm.Store:
        if source is None:
            settings = {"files": pictures, "target": "ill", **settings}
        return pm.Store.create(tmp_path / name, rows if source is None else source, **settings)

    return made


def names(store: pm.Store) -> list:
    """What the rows of a store are called, in order."""
    return store.table(columns=[]).frame.index.tolist()
