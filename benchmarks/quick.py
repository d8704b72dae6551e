"""A dry run: with `--quick` a script keeps a few rows and hardly trains, to see that it runs; nothing is kept."""

from __future__ import annotations

import os
import sys

import numpy as np

import polymodal as pm

QUICK = "--quick" in sys.argv[1:]


def model(seed: int = 0, **settings: object) -> pm.Model:
    """The model under test: default settings but the seed."""
    return pm.Model(seed=seed, epochs=1, folds=1, **settings) if QUICK else pm.Model(seed=seed, **settings)


def few(rows: np.ndarray, most: int = 200) -> np.ndarray:
    """All rows, in a dry run `most` of them, drawn at random, in their order."""
    if not QUICK or len(rows) <= most:
        return rows
    return rows[np.sort(np.random.default_rng(0).choice(len(rows), most, replace=False))]


def seeds(usual: int) -> range:
    """From 0 up to `usual`, or as many as `SEEDS` says; a dry run has one."""
    return range(1) if QUICK else range(int(os.environ.get("SEEDS", usual)))
