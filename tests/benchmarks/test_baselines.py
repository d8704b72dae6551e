"""Verdicts in words, plain features, and the road to AutoGluon and back."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.accuracy.autogluon import autogluon
from benchmarks.accuracy.baselines import average, boosted, published, verdict
from benchmarks.accuracy.features import everything, filled

import polymodal as pm

RUNS = [{"everything": 0.8, "a alone": 0.7, "b alone": 0.6}, {"everything": 0.9, "a alone": 0.78, "b alone": 0.8}]
FAKE = """
import pandas as pd

class TabularPredictor:
    def __init__(self, label, problem_type, path):
        self.label = label
    def fit(self, train):
        self.shares = train[self.label].value_counts(normalize=True).sort_index()
    def predict_proba(self, test):
        return pd.DataFrame([self.shares.tolist()] * len(test), columns=self.shares.index, index=test.index)
"""


@pytest.mark.parametrize(
    ("gain", "greater_is_better", "word"),
    [(0.0, True, "beats"), (-0.11, True, "ties with"), (-0.5, True, "loses to"), (0.0, False, "loses to")],
)
def test_a_verdict_compares_with_the_best_within_each_run(gain: float, greater_is_better: bool, word: str) -> None:
    runs = [{**run, "everything": run["everything"] + gain} for run in RUNS]
    assert verdict(runs, greater_is_better).startswith(f"Fused {word} the best single modality, ")


def test_one_run_is_called_one_run() -> None:
    assert verdict(RUNS[:1]) == (
        "Fused against the best single modality, a: +0.100 in one run, which cannot tell how much of it is chance."
    )


def test_lines_of_the_table() -> None:
    assert average(RUNS)[1] == {"method": "a alone", "mean": "0.740", "sd": "0.040"}
    assert published({"X": (0.25, 0.5)}, "MSE", "CI") == [{"method": "X, published", "MSE": "0.250", "CI": "0.500"}]


def table() -> pm.Table:
    random = np.random.default_rng(0)
    words = np.array(["fine weather today", "bad storm tonight", None], dtype=object)[random.integers(0, 3, 60)]
    frame = {"age": random.normal(size=60), "ward": ["a", "b"] * 30, "note": words, "curve": list(np.ones((60, 9)))}
    types = {"clinic": pm.Tabular(columns=("age", "ward")), "note": "text", "curve": "vector"}
    return pm.Table.read({**frame, "y": ["no", "yes", "maybe"] * 20}, target={"y": pm.Category()}, types=types)


def test_features_keep_gaps_and_learn_from_the_training_rows() -> None:
    rows, train = table(), np.arange(40)
    columns = everything(rows, train)
    assert np.isnan(columns).any()
    whole = filled(columns, train)
    assert np.isfinite(whole).all()
    assert np.allclose(whole[train].mean(axis=0), 0)
    assert whole.shape[1] < columns.shape[1]  # what never varies is gone
    assert np.allclose(boosted(rows, train, np.arange(40, 60))["boosted trees"].sum(axis=1), 1)


def test_autogluon_is_asked_in_its_own_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "autogluon"
    package.mkdir()
    (package / "tabular.py").write_text(FAKE, encoding="utf-8")
    (package / "multimodal.py").write_text(FAKE.replace("Tabular", "MultiModal"), encoding="utf-8")
    rows, train, test = table(), np.arange(30), np.arange(30, 60)
    monkeypatch.delenv("AUTOGLUON_PYTHON", raising=False)
    assert autogluon(rows, train, test) == {}
    monkeypatch.setenv("AUTOGLUON_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = autogluon(rows, train, test)
    assert list(found) == ["AutoGluon tabular", "AutoGluon multimodal"]
    for outputs in found.values():
        assert np.allclose(outputs, np.full((30, 3), 1 / 3))
