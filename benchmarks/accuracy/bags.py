"""Bags of one to five digits: is there a nine, and what is their sum? The label is the bag's, never a picture's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

import polymodal as pm
from benchmarks.quick import few, model, seeds
from benchmarks.record import Outcome, publish
from polymodal.features.image import ImageFeatures

N_TRAIN, N_TEST, MOST = 800, 500, 5
STRENGTHS = np.logspace(-3, 3, 7)


def drawn(pictures: np.ndarray, digits: np.ndarray, n: int, random: np.random.Generator) -> pd.DataFrame:
    """`n` bags of pictures, some of which are in several bags."""
    rows = [random.choice(len(digits), random.integers(1, MOST + 1)) for _ in range(n)]
    return pd.DataFrame(
        {
            "digits": [list(pictures[some]) for some in rows],
            "nine": [int((digits[some] == 9).any()) for some in rows],
            "total": [float(digits[some].sum()) for some in rows],
        }
    )


def averaged(features: ImageFeatures, bags: pd.DataFrame) -> np.ndarray:
    """The mean of the features of a bag's pictures, how many there are, and the one times the other."""
    mean = np.stack([features.compact([_coloured(one) for one in bag]).mean(axis=0) for bag in bags["digits"]])
    count = np.array([[float(len(bag))] for bag in bags["digits"]])
    return np.hstack([mean, count, mean * count])


def scores(nine: Any, total: Any, bags: pd.DataFrame) -> tuple[float, float]:
    """AUC of the nine, and how far off the sum is (RMSE)."""
    return float(roc_auc_score(bags["nine"], nine)), float(np.sqrt(np.mean((total - bags["total"]) ** 2)))


def compared(seed: int) -> dict[str, tuple[float, float]]:
    """Both scores of each method, on bags of digits that no training bag holds."""
    pixels, digits = load_digits(return_X_y=True)
    pictures = (pixels.reshape(-1, 8, 8) * 15.9).astype(np.uint8)
    random = np.random.default_rng(seed)
    order = random.permutation(len(digits))
    known, unseen = order[:1000], order[1000:]
    train = drawn(pictures[known], digits[known], len(few(np.arange(N_TRAIN))), random)
    test = drawn(pictures[unseen], digits[unseen], N_TEST, random)

    singles = [_coloured(one) for one in pictures[known]]
    features = ImageFeatures.measure(singles, pm.Image().measure(singles), seed)
    scaler = StandardScaler().fit(averaged(features, train))
    here, there = (scaler.transform(averaged(features, bags)) for bags in (train, test))
    nine = LogisticRegressionCV(
        Cs=1 / STRENGTHS, max_iter=2000, scoring="neg_log_loss", l1_ratios=(0.0,), use_legacy_attributes=False
    )
    probability = nine.fit(here, train["nine"]).predict_proba(there)[:, 1]
    total = RidgeCV(STRENGTHS).fit(here, train["total"]).predict(there)
    found = {"mean of features": scores(probability, total, test)}

    targets = {"nine": pm.Category(), "total": pm.Number()}
    table = pm.Table.read(train, target=targets, types={"digits": pm.Image(many=True)})
    asked = pm.Table(test, table.schema)
    outputs = model(seed).fit(table, progress=False).predict(asked).outputs
    found["polymodal"] = scores(outputs["nine"][:, 1], outputs["total"][:, 0], test)
    return found


def _coloured(picture: np.ndarray) -> np.ndarray:
    return np.repeat(picture[:, :, None], 3, axis=2)


def main() -> None:
    runs = [compared(seed) for seed in seeds(2)]
    mean = {name: np.mean([run[name] for run in runs], axis=0) for name in runs[0]}
    plain, ours = mean["mean of features"], mean["polymodal"]
    publish(
        Outcome(
            name="accuracy/bags",
            question=(
                f"Bags of 1 to {MOST} of scikit-learn's digits in one cell, {N_TRAIN} to learn from and {N_TEST} of "
                "other digits to answer: is there a nine (AUC), what is the sum (RMSE)?"
            ),
            mark="both better than linear models on the mean of the pictures' features",
            is_reached=bool(ours[0] > plain[0] and ours[1] < plain[1]),
            table=[
                {"method": name, "nine, AUC": f"{one[0]:.3f}", "sum, RMSE": f"{one[1]:.2f}"}
                for name, one in mean.items()
            ],
            seeds=f"0 to {len(runs) - 1}, each its own bags",
            notes=["The baseline is told the count, and the mean times the count."],
        )
    )


if __name__ == "__main__":
    main()
