"""Women's clothing reviews again, 6,000 to learn from: how good, how robust to lost text, how fast?"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

import polymodal as pm
from benchmarks.accuracy.autogluon import SECONDS, autogluon
from benchmarks.accuracy.baselines import FUSED, average, lines, verdict
from benchmarks.accuracy.fits import Fits
from benchmarks.accuracy.reviews import TARGET, TEXTS, linear, table
from benchmarks.quick import few, seeds
from benchmarks.record import Outcome, publish
from polymodal.metrics import score

ROWS, MARK, NO_REVIEW, NO_TEXT = 6_000, 0.952, 0.875, 0.57
LOST = {"without the review": ("Review Text",), "without any text": TEXTS}
# AutoGluon 1.6.3 on the same number of rows, 2 cores; AUC whole, without the review, without any text; seconds.
MEASURED = {"AutoGluon multimodal": (0.946, 0.839, 0.534, 959.0), "AutoGluon tabular": (0.928, 0.810, 0.562, 38.0)}
SECONDS_MARK = MEASURED["AutoGluon multimodal"][3] / 5


def main() -> None:
    reviews = table()
    codes = reviews.labels(TARGET).values
    train, test = train_test_split(np.arange(len(codes)), test_size=0.2, stratify=codes, random_state=0)
    train = few(np.random.default_rng(0).choice(train, ROWS, replace=False))
    test = few(test, 400)
    fits, runs, lost, seconds = Fits(), [], [], []
    for seed in seeds(5):
        start = time.perf_counter()
        fitted = fits(reviews.take(train), seed)
        seconds.append(time.perf_counter() - start)
        runs.append(lines(reviews, fitted, train, test, "auc", trees=seed == 0))
        lost.append({f"{FUSED}, {name}": _scored(fitted, reviews, test, gone) for name, gone in LOST.items()})
        if seed == 0:
            once = {"TF-IDF + logistic regression": linear(reviews, train, test)} | _autogluon(reviews, train, test)
        runs[-1] = {**runs[0], **runs[-1], **once}
        print(seed, f"{seconds[-1]:.0f} s", lost[-1], runs[-1], flush=True)
    whole = float(np.mean([run[FUSED] for run in runs]))
    shortened = [float(np.mean([run[key] for run in lost])) for key in lost[0]]
    slowest = max(seconds)
    kept = [whole >= MARK, shortened[0] >= NO_REVIEW, shortened[1] >= NO_TEXT, slowest <= SECONDS_MARK]
    peers = [
        {"method": f"{peer} 1.6.3{'' if gone is None else ', ' + gone}, measured before", "mean": f"{figure:.3f}"}
        for peer, figures in MEASURED.items()
        for gone, figure in zip((None, *LOST), figures, strict=False)
    ]
    publish(
        Outcome(
            name="accuracy/reviews_small",
            question=f"AUC of 'recommended' over {len(test):,} reviews, {len(train):,} to learn from, as they are and "
            "with texts taken away at test.",
            mark=f">= {MARK}; without the review >= {NO_REVIEW}; without any text >= {NO_TEXT}; a fit of at most "
            f"{SECONDS_MARK:.0f} s (a fifth of AutoGluon multimodal)",
            is_reached=all(kept),
            table=[*average(runs), *average(lost), *peers],
            seeds=f"model 0 to {len(runs) - 1}; split and rows 0",
            verdict=verdict(runs),
            notes=[
                f"A fit took {np.mean(seconds):.0f} s (slowest {slowest:.0f} s) of wall time. AutoGluon multimodal "
                f"fine-tuned MiniLM in {MEASURED['AutoGluon multimodal'][3]:.0f} s, tabular took "
                f"{MEASURED['AutoGluon tabular'][3]:.0f} s, on 2 cores. "
                + " ".join(f"In this run {method} took {took:.0f} s." for method, took in SECONDS.items()),
                fits.said(),
                "Without any text AUC is far from 1 for everybody: the product and the age say little.",
            ],
        )
    )


def _without(reviews: pm.Table, rows: np.ndarray, gone: tuple[str, ...]) -> pm.Table:
    frame = reviews.frame.iloc[rows].assign(**dict.fromkeys(gone))
    return pm.Table(frame, reviews.schema)


def _scored(fitted: pm.Model, reviews: pm.Table, test: np.ndarray, gone: tuple[str, ...]) -> float:
    answer = fitted.predict(_without(reviews, test, gone)).outputs[TARGET]
    return score(reviews.schema.targets[TARGET], answer, reviews.labels(TARGET).take(test))["auc"]


def _autogluon(reviews: pm.Table, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
    """AutoGluon where there is one, on the whole rows and on the shortened ones, trained once."""
    tests = [_without(reviews, test, gone).frame for gone in ((), *LOST.values())]
    together = pm.Table(pd.concat([reviews.frame.iloc[train], *tests], ignore_index=True), reviews.schema)
    rows = np.arange(len(train), len(together))
    target, labels = reviews.schema.targets[TARGET], reviews.labels(TARGET).take(test)
    found = {}
    for method, outputs in autogluon(together, np.arange(len(train)), rows).items():
        for name, part in zip((None, *LOST), np.split(outputs, len(tests)), strict=True):
            found[method if name is None else f"{method}, {name}"] = score(target, part, labels)["auc"]
    return found


if __name__ == "__main__":
    main()
