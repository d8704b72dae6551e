"""Tables of eight modalities: panels as in the miniACC demo, and one with pictures, texts and series."""

from __future__ import annotations

import numpy as np
import pandas as pd

from polymodal.demos.miniacc import MiniACC
from polymodal.modalities.image import Image
from polymodal.modalities.series import Series
from polymodal.modalities.tabular import Tabular
from polymodal.modalities.text import Text
from polymodal.modalities.vector import Vector
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.schema.target import Category

_WORDS = ("calm", "storm", "rain", "wind", "heavy", "light", "fever", "cough", "pain", "chest", "left", "right", "mild")
_TARGET = {"y": Category(classes=(0, 1))}


def panels(rows: int, seed: int, *, is_complete: bool) -> Table:
    """Patients of the demo drawn with replacement, its six modalities cut into eight.

    With `is_complete`, only from the 43 patients who have everything; otherwise with the gaps they have.
    """
    demo = MiniACC().load()
    random = np.random.default_rng(seed)
    pool = np.flatnonzero(demo.present().all(axis=1)) if is_complete else np.arange(len(demo))
    frame = demo.frame.iloc[random.choice(pool, rows)].reset_index(drop=True)
    kinds = dict(demo.schema.modalities)
    for name in ("mirna", "rna"):  # the two largest panels in halves
        whole = kinds.pop(name)
        columns = [column for column in demo.frame.columns if str(column).startswith(f"{name}:")]
        for number, half in enumerate(np.array_split(np.array(columns, dtype=object), 2), start=1):
            kinds[f"{name}{number}"] = Vector(columns=tuple(half), scale=whole.scale)
    frame = frame.assign(y=random.integers(0, 2, rows))
    return Table(frame, Schema(modalities=kinds, targets=_TARGET))


def mixed(rows: int, seed: int) -> Table:
    """Two pictures, two texts, two series and two groups of columns, all present, drawn at random."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(index=range(rows))
    for number in (1, 2):
        frame[f"image{number}"] = list(random.integers(0, 256, (rows, 32, 32, 3), dtype=np.uint8))
        frame[f"text{number}"] = [" ".join(random.choice(_WORDS, random.integers(5, 30))) for _ in range(rows)]
        frame[f"series{number}"] = [random.normal(size=(int(random.integers(100, 200)), 3)) for _ in range(rows)]
        for column in "abcd":
            frame[f"{column}{number}"] = random.normal(size=rows)
        frame[f"e{number}"] = random.choice(["u", "v", "w"], rows)
    kinds = {}
    for number in (1, 2):
        kinds |= {f"image{number}": Image(), f"text{number}": Text(), f"series{number}": Series(rate=100)}
        columns = tuple(f"{column}{number}" for column in "abcde")
        kinds[f"tabular{number}"] = Tabular(columns=columns, categories=(f"e{number}",))
    frame["y"] = random.integers(0, 2, rows)
    return Table(frame, Schema(modalities=kinds, targets=_TARGET))
