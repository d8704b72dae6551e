"""Small models of every kind of target on one mixed table with gaps, and the page that each of them writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import polymodal as pm
from polymodal.report.page import render

DAY = date(2024, 2, 29)
TARGETS: dict[str, Any] = {
    "category": {"ill": pm.Category(decide="f1")},
    "survival": {"life": pm.Survival("days", "dead")},
    "several": {
        "cost": pm.Number(),
        "grade": pm.Ordinal(levels=("none", "mild", "severe")),
        "tags": pm.Multilabel(columns=("fever", "rash"), decide=0.4),
    },
}


def mixed(n_rows: int = 36) -> pd.DataFrame:
    """Pictures, text, series, a panel and numbers; row 3 has nothing, row 5 a broken picture."""
    random = np.random.default_rng(0)
    ill = np.arange(n_rows) % 2 == 1
    frame = pd.DataFrame(
        {
            "name": [f"P{row:02}" for row in range(n_rows)],
            "photo": [random.integers(0, 120, (8, 8, 3), dtype=np.uint8) + np.uint8(90 * one) for one in ill],
            "note": [f"{'pain' if one else 'no complaints'}, visit {row}" for row, one in enumerate(ill)],
            "gait": [np.sin(np.arange(12 + row % 5) * (0.9 if one else 0.3)) for row, one in enumerate(ill)],
            "panel": [random.normal(size=4).tolist() for _ in range(n_rows)],
            "age": random.normal(60, 8, n_rows).round(),
            "ill": np.where(ill, "ill", "well"),
            "cost": 100 + 50 * ill + random.normal(0, 10, n_rows),
            "fever": ill.astype(int),
            "grade": np.array(["none", "mild", "severe"])[ill + random.integers(0, 2, n_rows)],
            "rash": random.integers(0, 2, n_rows),
            "days": random.exponential(np.where(ill, 200, 800)).round() + 1,
            "dead": (random.random(n_rows) < 0.6).astype(int),
        }
    )
    for column in ("photo", "note", "gait", "panel", "age"):
        frame[column] = frame[column].astype(object).where(random.random(n_rows) > 0.3, None)
    frame.loc[3, ["photo", "note", "gait", "panel", "age"]] = None
    frame.at[5, "photo"] = b"\x89PNG broken"
    return frame


def table_of(frame: pd.DataFrame, target: dict[str, Any]) -> pm.Table:
    """The mixed table with that target, the columns of the others left out."""
    used = {column for name, one in target.items() for column in one.sources(name)}
    labels = {"ill", "cost", "fever", "rash", "grade", "days", "dead"}
    types = {"photo": "image", "note": "text", "gait": pm.Series(rate=10), "panel": pm.Vector()}
    return pm.Table.read(frame.drop(columns=list(labels - used)), target=target, id="name", types=types)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small are slower on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def fitted() -> Callable[[str], tuple[pm.Model, pm.Table]]:
    """A model of one kind of target, fitted once, and the table it was fitted on."""
    kept: dict[str, tuple[pm.Model, pm.Table]] = {}

    def get(kind: str) -> tuple[pm.Model, pm.Table]:
        if kind not in kept:
            table = table_of(mixed(), TARGETS[kind])
            kept[kind] = pm.Model(folds=1, epochs=1, width=8).fit(table, progress=False), table
        return kept[kind]

    return get


@pytest.fixture(scope="session")
def page(fitted: Callable[[str], tuple[pm.Model, pm.Table]]) -> Callable[[str], str]:
    """The page on one kind of target, rendered once."""
    kept: dict[str, str] = {}

    def get(kind: str) -> str:
        if kind not in kept:
            kept[kind] = render(*fitted(kind), DAY)
        return kept[kind]

    return get
