"""One small mixed table on disk, for the tests that walk the whole road: pictures, text, series, numbers, gaps."""

from __future__ import annotations

import os

# Read when numpy and torch are first imported: many threads on small matrices only get in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

N_ROWS = 60


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Small networks gain nothing from threads, and lose much when other processes are busy."""
    torch.set_num_threads(1)


def _write(folder: Path, n_rows: int = N_ROWS) -> None:
    """`patients.csv`, `survival.csv` and `data/`; note, age, picture and series each tell something of the outcome."""
    random = np.random.default_rng(0)
    (folder / "data").mkdir()
    rows = []
    for number in range(n_rows):
        ill = number % 2 == 1
        shade = random.integers(0, 120, (12, 12, 3)) + (100 if ill else 0)
        Image.fromarray(shade.astype(np.uint8)).save(folder / "data" / f"{number}.png")
        length = int(random.integers(20, 40))
        wave = np.sin(np.arange(length) * (0.9 if ill else 0.3)) + random.normal(scale=0.3, size=length)
        np.save(folder / "data" / f"{number}.npy", wave.astype(np.float32))
        rows.append(
            {
                "patient": f"P{number:03}",
                "hospital": f"H{number % 12}",
                "age": round(float(random.normal(70 if ill else 55, 8)), 1),
                "sex": str(random.choice(["f", "m"])),
                "note": f"{random.choice(['mild', 'dull'])} {'chest pain' if ill else 'cough and cold'}, day {number}",
                "photo": f"{number}.png",
                "ecg": f"{number}.npy",
                "days": round(float(random.exponential(200 if ill else 800)), 1),
                "dead": int(random.random() < (0.8 if ill else 0.4)),
                "outcome": "ill" if ill else "well",
            }
        )
    frame = pd.DataFrame(rows)
    for column in ("age", "sex", "note", "photo", "ecg"):
        frame.loc[random.random(n_rows) < 0.3, column] = None
    frame.drop(columns=["days", "dead"]).to_csv(folder / "patients.csv", index=False)
    frame.drop(columns=["outcome"]).to_csv(folder / "survival.csv", index=False)


@pytest.fixture(scope="session")
def write_patients() -> Callable[[Path], None]:
    """Writes the sample table into a folder."""
    return _write


@pytest.fixture
def patients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of `patients.csv`, beside `survival.csv`, in a folder of its own that is also the working directory."""
    _write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "patients.csv"


@pytest.fixture(scope="session")
def importable_torchvision() -> Any:
    """Let torchvision's Python half be imported next to a torch its compiled half was not built for.

    Its own import registers stand-ins for two operators and fails when they are not declared. Nothing here runs them.
    """
    found = find_spec("torchvision")
    if found is None or found.origin is None:
        return None
    try:
        for compiled in Path(found.origin).parent.glob("_C*.so"):
            torch.ops.load_library(compiled)
        return None
    except OSError:
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return library
