"""AutoGluon, tabular and multimodal, in an environment of its own that `AUTOGLUON_PYTHON` names the interpreter of."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import polymodal as pm
from benchmarks.accuracy.features import features

RUNNER = Path(__file__).parents[1] / "peers" / "run_autogluon.py"
PROBLEMS = {"category": "multiclass", "number": "regression"}
SECONDS: dict[str, float] = {}  # wall time of the last fit and answer, by method


def autogluon(table: pm.Table, train: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """Its answers `[n, o]` on the test rows; none without the interpreter, or for a target it does not know.

    Texts and tabular columns go in as they are; of every other kind of cell it gets plain features. The multimodal
    predictor is asked only where there is text.
    """
    python = os.environ.get("AUTOGLUON_PYTHON")
    name, target = next(iter(table.schema.targets.items()))
    if python is None or target.kind not in PROBLEMS:
        return {}
    frame, texts = flat(table, train)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        labels = table.labels(name).values
        frame.iloc[train].assign(__label=labels[train]).to_parquet(Path(folder) / "train.parquet")
        frame.iloc[test].to_parquet(Path(folder) / "test.parquet")
        for kind in ("tabular", "multimodal") if texts else ("tabular",):
            asked = {"kind": kind, "problem": PROBLEMS[target.kind], "label": "__label"}
            if target.kind == "category" and len(target.classes) == 2:
                asked["problem"] = "binary"
            (Path(folder) / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
            subprocess.run([python, str(RUNNER), folder], check=True)
            answer = pd.read_parquet(Path(folder) / "answer.parquet")
            outputs = np.zeros((len(test), max(1, len(getattr(target, "classes", ())))))
            columns = [int(code) for code in answer.columns] if target.kind == "category" else [0]
            outputs[:, columns] = answer.to_numpy()
            method = f"AutoGluon {kind}"
            found[method] = outputs
            SECONDS[method] = float((Path(folder) / "seconds.txt").read_text(encoding="utf-8"))
    return found


def flat(table: pm.Table, train: np.ndarray) -> tuple[pd.DataFrame, list[str]]:
    """The table as plain columns, and which of them are texts."""
    parts, texts = [], []
    for name, modality in table.schema.modalities.items():
        if modality.kind == "text":
            texts.append(name)
            parts.append(table.frame[[name]])
        elif modality.kind == "tabular":
            parts.append(table.frame[list(modality.columns)])
        else:
            numbers = features(table, name, train)
            headings = [f"{name} {place}" for place in range(numbers.shape[1])]
            parts.append(pd.DataFrame(numbers, columns=headings, index=table.frame.index))
    return pd.concat(parts, axis=1), texts
