"""Run by AutoGluon's own interpreter: `run_autogluon.py FOLDER` trains on train.parquet and answers test.parquet.

FOLDER/asked.json says which predictor, which problem and which column is the label. Written: answer.parquet, one
column a class (or one of numbers), and seconds.txt, the wall time of fit and answer. Nothing of this project is needed.
"""

import json
import sys
import time
from pathlib import Path

import pandas as pd


def main() -> None:
    folder = Path(sys.argv[1])
    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    train, test = pd.read_parquet(folder / "train.parquet"), pd.read_parquet(folder / "test.parquet")
    start = time.perf_counter()
    settings = {"label": asked["label"], "problem_type": asked["problem"], "path": str(folder / asked["kind"])}
    if asked["kind"] == "tabular":
        from autogluon.tabular import TabularPredictor

        predictor = TabularPredictor(**settings)
    else:
        from autogluon.multimodal import MultiModalPredictor

        predictor = MultiModalPredictor(**settings)
    predictor.fit(train)
    if asked["problem"] == "regression":
        answer = pd.DataFrame({"answer": predictor.predict(test)})
    else:
        answer = predictor.predict_proba(test)
    answer.columns = [str(column) for column in answer.columns]
    answer.reset_index(drop=True).to_parquet(folder / "answer.parquet")
    (folder / "seconds.txt").write_text(str(time.perf_counter() - start), encoding="utf-8")


if __name__ == "__main__":
    main()
