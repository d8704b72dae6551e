"""LightGBM, asked for one model at a time and kept as its own text format."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch  # noqa: F401 (its OpenMP runtime serves LightGBM, where the system has none)

from polymodal.errors import ArtifactError, FitError
from polymodal.learners._learner import Task

if TYPE_CHECKING:
    from lightgbm import Booster, Dataset


# Several classes grow a tree each in every round; steps twice as long need half of them.
RATE = {"regression": 0.05, "binary": 0.05, "cox": 0.05, "multiclass": 0.1}


def boost(
    x: np.ndarray, values: np.ndarray, weight: np.ndarray, loss: str, rounds: int, categorical: list[int], task: Task
) -> str:
    """Train on `[n, C]` and return the model as text.

    `loss` is "regression", "binary", "multiclass" (codes from 0) or "cox" (time, event). Small data get small trees.
    """
    lightgbm = _lightgbm()
    n = len(x)
    settings: dict[str, Any] = {
        "objective": _cox_slopes(values, weight) if loss == "cox" else loss,
        "learning_rate": RATE[loss],
        "num_leaves": int(np.clip(n // 25, 4, 31)),
        "min_data_in_leaf": int(np.clip(n // 50, 3, 20)),
        "min_data_per_group": 20,
        "feature_fraction": 0.5 if x.shape[1] > 50 else 0.8,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "max_bin": 127,
        "seed": task.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": task.threads,
        "verbose": -1,
    }
    if loss == "multiclass":
        settings["num_class"] = int(values.max()) + 1
    label = values[:, 0] if loss == "cox" else values
    data = lightgbm.Dataset(
        np.asarray(x, dtype=np.float64),
        label,
        weight=weight,
        categorical_feature=categorical,
        params={"verbose": -1, "max_bin": 127, "feature_pre_filter": False},
    )
    return str(lightgbm.train(settings, data, num_boost_round=rounds).model_to_string(num_iteration=-1))


@lru_cache(maxsize=32)
def load(model: str) -> Booster:
    """A model from its text, read once for all the numbers of rounds that it is asked with.

    Raises ArtifactError when it is damaged.
    """
    lightgbm = _lightgbm()
    try:
        found: Booster = lightgbm.Booster(model_str=model)
    except lightgbm.basic.LightGBMError as error:
        raise ArtifactError(f"the boosted trees in the file are damaged: {error}") from error
    return found


def _lightgbm() -> Any:
    try:
        import lightgbm
    except OSError as error:  # the package is there, but not the OpenMP runtime that it is linked to
        raise FitError(
            f"LightGBM cannot be loaded ({error}); it needs OpenMP: `brew install libomp` on macOS, `apt install "
            "libgomp1` on Debian. Or go without boosted trees: Model(learners=['linear', 'network'])"
        ) from error
    return lightgbm


def _cox_slopes(labels: np.ndarray, weight: np.ndarray) -> Any:
    """Slope and curvature of the negative log partial likelihood (Breslow's ties) in the risk of each row."""
    time, event = labels[:, 0], labels[:, 1]
    order = np.argsort(time, kind="stable")
    share = weight[order]
    # First row of each risk set: everyone whose time is not earlier.
    first = np.searchsorted(time[order], time[order], side="left")
    last = np.searchsorted(time[order], time[order], side="right") - 1

    def slopes(risk: np.ndarray, data: Dataset) -> tuple[np.ndarray, np.ndarray]:
        hazard = np.exp(np.clip(risk[order], -30, 30))
        at_risk = np.cumsum((share * hazard)[::-1])[::-1][first]
        events = event[order] * share
        once = np.cumsum(events / at_risk)[last]
        twice = np.cumsum(events / at_risk**2)[last]
        slope, curve = np.empty_like(risk), np.empty_like(risk)
        slope[order] = share * hazard * once - events
        curve[order] = np.maximum(share * hazard * once - (share * hazard) ** 2 * twice, 1e-6)
        return slope, curve

    return slopes
