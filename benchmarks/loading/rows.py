"""Made rows of mixed cells: a small JPEG, a sentence, a recording of numbers, a panel, each missing by itself."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
from PIL import Image

import polymodal as pm

MISSING = 0.3
TYPES = {"photo": "image", "note": "text", "scan": "series", "panel": "vector"}
WORDS = ("calm", "storm", "rain", "heavy", "light", "wind", "from", "north", "and", "later", "snow", "fog")


def frame(rows: int, seed: int = 0, missing: float = MISSING) -> pd.DataFrame:
    """Rows in memory; pictures of 64 to 128 pixels, 2,000 numbers of 16 bits, 500 of 32."""
    random = np.random.default_rng(seed)
    there = random.random((rows, 4)) >= missing
    cells: dict[str, list[object]] = {name: [None] * rows for name in TYPES}
    for row in range(rows):
        if there[row, 0]:
            cells["photo"][row] = picture(random)
        if there[row, 1]:
            cells["note"][row] = " ".join(random.choice(WORDS, 12))
        if there[row, 2]:
            cells["scan"][row] = random.integers(-1000, 1000, 2000, dtype=np.int16)
        if there[row, 3]:
            cells["panel"][row] = random.normal(size=500).astype(np.float32)
    columns = {name: pd.Series(held, dtype=object) for name, held in cells.items()}
    return pd.DataFrame({**columns, "age": random.normal(50, 10, rows), "y": random.integers(0, 2, rows)})


def table(rows: int, seed: int = 0, missing: float = MISSING) -> pm.Table:
    """The same as a table."""
    return pm.Table.read(frame(rows, seed, missing), target="y", types=TYPES)


def picture(random: np.random.Generator) -> bytes:
    """A JPEG of about 4 KB."""
    side = int(random.integers(64, 129))
    coarse = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    data = io.BytesIO()
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(data, format="JPEG", quality=90)
    return data.getvalue()
