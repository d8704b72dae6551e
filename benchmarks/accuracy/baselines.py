"""What a model has to beat: the majority, each modality alone, their average, boosted trees on everything, peers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

import polymodal as pm
from benchmarks.accuracy.autogluon import autogluon
from benchmarks.accuracy.features import everything, filled
from polymodal.metrics import score

Scored = Callable[[np.ndarray], float]
FUSED = "everything"


def lines(
    table: pm.Table,
    model: pm.Model,
    train: np.ndarray,
    test: np.ndarray,
    metric: str,
    trees: bool = True,
    peers: bool = False,
) -> dict[str, float]:
    """The metric on the test rows of the model and of every baseline; with `peers`, of AutoGluon where there is one."""
    name, target = next(iter(table.schema.targets.items()))
    labels = table.labels(name).take(test)
    found = answers(table, model, train, test, trees, peers)
    return {method: score(target, one, labels).get(metric, float("nan")) for method, one in found.items()}


def answers(
    table: pm.Table,
    model: pm.Model,
    train: np.ndarray,
    test: np.ndarray,
    trees: bool = True,
    peers: bool = False,
) -> dict[str, np.ndarray]:
    """What the model and every baseline answer on the test rows, `[n, o]` as in `Lattice.values`.

    A modality alone is the model answering from it alone, as it was trained to. Late averaging is the mean of those
    answers over what a row has.
    """
    name = next(iter(table.schema.targets))
    lattice = model.lattice(table.take(test))
    values = lattice.of(name)
    alone = [values[lattice.index(np.arange(len(lattice.modalities)) == m)] for m in range(len(lattice.modalities))]
    share = lattice.present.T[:, :, None] / np.maximum(lattice.present.sum(axis=1), 1)[None, :, None]
    found = {FUSED: values[-1]}
    found |= {f"{one} alone": outputs for one, outputs in zip(lattice.modalities, alone, strict=True)}
    found["late averaging"] = (np.stack(alone) * share).sum(axis=0)
    if trees:
        found |= boosted(table, train, test)
    if peers:
        found |= autogluon(table, train, test)
    found["majority"] = values[0]
    return found


def boosted(table: pm.Table, train: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """Boosted trees on plain features of every cell, gaps left as gaps; for survival also Cox with a ridge."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    name, target = next(iter(table.schema.targets.items()))
    columns, labels = everything(table, train), table.labels(name).values
    if target.kind == "survival":
        return _survival(filled(columns, train), labels, train, test)
    if target.kind == "number":
        trees = HistGradientBoostingRegressor(random_state=0).fit(columns[train], labels[train])
        return {"boosted trees": trees.predict(columns[test])[:, None]}
    if target.kind == "category":
        trees = HistGradientBoostingClassifier(random_state=0).fit(columns[train], labels[train])
        outputs = np.zeros((len(test), len(target.classes)))
        outputs[:, trees.classes_] = trees.predict_proba(columns[test])
        return {"boosted trees": outputs}
    return {}


def _survival(columns: np.ndarray, labels: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """Log risks of two models of scikit-survival, where it is installed; gaps filled with medians."""
    try:
        from sksurv.ensemble import GradientBoostingSurvivalAnalysis
        from sksurv.linear_model import CoxPHSurvivalAnalysis
        from sksurv.util import Surv
    except ImportError:
        return {}
    truth = Surv.from_arrays(labels[train, 1] > 0, labels[train, 0])
    # A penalty in proportion to the number of columns keeps the linear predictor of the size it has with few of them.
    linear = CoxPHSurvivalAnalysis(alpha=float(columns.shape[1])).fit(columns[train], truth)
    trees = GradientBoostingSurvivalAnalysis(max_features="sqrt", subsample=0.5, random_state=0)
    trees.fit(columns[train], truth)
    return {
        "boosted trees": trees.predict(columns[test])[:, None],
        "Cox, ridge": linear.predict(columns[test])[:, None],
    }


def average(runs: Sequence[Mapping[str, float]], heading: str = "mean", spread: str = "sd") -> list[dict[str, object]]:
    """One line for each method: mean and spread over runs."""
    return [
        {
            "method": key,
            heading: f"{np.nanmean([run[key] for run in runs]):.3f}",
            spread: f"{np.nanstd([run[key] for run in runs]):.3f}",
        }
        for key in runs[0]
    ]


def published(figures: Mapping[str, float | Sequence[float]], *headings: str) -> list[dict[str, object]]:
    """Lines of figures that others report; they have no spread."""
    return [
        {"method": f"{method}, published"}
        | {heading: f"{value:.3f}" for heading, value in zip(headings, np.atleast_1d(found), strict=True)}
        for method, found in figures.items()
    ]


def best_single(runs: Sequence[Mapping[str, float]]) -> float:
    """The mean of the modality that is best alone."""
    return max(_means(runs).values())


def verdict(runs: Sequence[Mapping[str, float]], greater_is_better: bool = True) -> str:
    """Whether fusion beat the modality that is best alone on average, from the differences within each run.

    A difference is signed so that plus is better; one smaller than its own spread is a tie.
    """
    means = _means(runs)
    best = (max if greater_is_better else min)(means, key=lambda key: means[key])
    gains = np.array([run[FUSED] - run[best] for run in runs]) * (1 if greater_is_better else -1)
    mean, named = float(np.nanmean(gains)), f"the best single modality, {best.removesuffix(' alone')}"
    if len(runs) == 1:
        return f"Fused against {named}: {mean:+.3f} in one run, which cannot tell how much of it is chance."
    spread = float(np.nanstd(gains, ddof=1))
    word = "beats" if mean > spread else "loses to" if mean < -spread else "ties with"
    return f"Fused {word} {named}: {mean:+.3f}, standard deviation {spread:.3f} over {len(runs)} runs."


def _means(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: float(np.nanmean([run[key] for run in runs])) for key in runs[0] if key.endswith(" alone")}
