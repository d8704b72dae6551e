"""Rows of text, pictures, series and numbers, and the same rows once more as somebody else would have stored them."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from polymodal.schema.table import Table

GROUPS = (("note",), ("photo",), ("wave",), ("age", "bmi", "pulse", "iron", "sex", "site"))
WORDS = [
    a + b for a in ("ka", "lo", "mi", "ter", "su", "ven", "dor", "pli") for b in ("ran", "tos", "min", "vel", "gu")
]


def rows(n: int, random: np.random.Generator) -> list[dict]:
    commonness = 1 / np.arange(1, len(WORDS) + 1)
    found = []
    for number in range(n):
        small = random.integers(0, 256, (6, 6, 3)).astype(np.uint8)
        wave = (
            np.sin(np.arange(80) * (0.1 + 0.1 * (number % 3)) + random.uniform(0, 6.28)) + random.normal(size=80) * 0.5
        )
        words = random.choice(WORDS, p=commonness / commonness.sum(), size=random.integers(12, 24))
        found.append(
            {
                "note": " ".join(words),
                "photo": np.asarray(Image.fromarray(small).resize((32, 32), Image.Resampling.BICUBIC)),
                "wave": wave.astype(np.float32),
                "age": float(random.normal(60, 15)),
                "bmi": float(random.normal(25, 4)),
                "pulse": float(random.normal(70, 14)),
                "iron": float(random.normal(90, 30)),
                "sex": str(random.choice(["f", "m"])),
                "site": "north",
            }
        )
    return found


def copied(row: dict, random: np.random.Generator) -> dict:
    """A word changed, the picture as JPEG, noise on the series, numbers rounded."""
    words = row["note"].split()
    words[random.integers(len(words))] = str(random.choice(WORDS))
    stored = io.BytesIO()
    Image.fromarray(row["photo"]).save(stored, format="JPEG", quality=75)
    return row | {
        "note": " ".join(words),
        "photo": np.asarray(Image.open(stored)),
        "wave": (row["wave"] + random.normal(size=80) * 0.1).astype(np.float32),
        "age": float(round(row["age"])),
        "bmi": round(row["bmi"], 1),
        "pulse": float(round(row["pulse"])),
        "iron": float(round(row["iron"])),
    }


def with_gaps(some: list[dict], share: float, random: np.random.Generator) -> pd.DataFrame:
    found = []
    for row in some:
        gone = {column for group in GROUPS if random.random() < share for column in group}
        found.append({column: None if column in gone else value for column, value in row.items()})
    return pd.DataFrame(found)


@pytest.fixture(scope="module", params=[0.0, 0.3], ids=["whole", "a third missing"])
def planted(request: pytest.FixtureRequest) -> tuple[Table, Table, set[tuple[int, int]]]:
    """Train rows, test rows that are copies of the first of them (and as many new ones), and the true pairs."""
    random = np.random.default_rng(0)
    first = rows(200, random)
    again = [copied(row, random) for row in first[:40]] + rows(40, random)
    train = Table.read(with_gaps(first, request.param, random))
    test = Table(with_gaps(again, request.param, random), train.schema)
    share_something = (train.present()[:40] & test.present()[:40]).any(axis=1)
    return train, test, {(row, row) for row in np.flatnonzero(share_something).tolist()}
