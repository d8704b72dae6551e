"""What a model has to beat: the majority, each modality alone, their average, boosted trees on everything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import polymodal as pm
from polymodal.metrics import score
from polymodal.schema.target import Category


def lines(
    table: pm.Table, model: pm.Model, train: np.ndarray, test: np.ndarray, metric: str, trees: bool = True
) -> dict[str, float]:
    """The metric on the test rows of the model and of every baseline.

    A modality alone is the model answering from it alone, as it was trained to. Late averaging is the mean of those
    answers over what a row has.
    """
    name, target = next(iter(table.schema.targets.items()))
    lattice, labels = model.lattice(table.take(test)), table.labels(name).take(test)
    values = lattice.of(name)

    def scored(outputs: np.ndarray) -> float:
        return score(target, outputs, labels).get(metric, float("nan"))

    alone = [values[lattice.index(np.arange(len(lattice.modalities)) == m)] for m in range(len(lattice.modalities))]
    share = lattice.present.T[:, :, None] / np.maximum(lattice.present.sum(axis=1), 1)[None, :, None]
    found = {"everything": scored(values[-1])}
    found |= {f"{one} alone": scored(answers) for one, answers in zip(lattice.modalities, alone, strict=True)}
    found["late averaging"] = scored((np.stack(alone) * share).sum(axis=0))
    if trees and isinstance(target, Category):
        found["boosted trees"] = scored(_boosted(table, name, train, test))
    found["majority"] = scored(values[0])
    return found


def average(runs: Sequence[dict[str, float]]) -> list[dict[str, object]]:
    """One line for each method: mean and spread over runs."""
    return [
        {
            "method": key,
            "mean": f"{np.nanmean([run[key] for run in runs]):.3f}",
            "sd": f"{np.nanstd([run[key] for run in runs]):.3f}",
        }
        for key in runs[0]
    ]


def best_single(runs: Sequence[dict[str, float]]) -> float:
    """The mean of the modality that is best alone."""
    alone = [key for key in runs[0] if key.endswith(" alone")]
    return max(float(np.nanmean([run[key] for run in runs])) for key in alone)


def _boosted(table: pm.Table, name: str, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Histogram gradient boosting on plain features of every cell, gaps left as gaps."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    features = np.concatenate([_features(table, one, train) for one in table.schema.names], axis=1)
    codes = table.labels(name).values
    trees = HistGradientBoostingClassifier(random_state=0).fit(features[train], codes[train])
    outputs = np.zeros((len(test), len(table.schema.targets[name].classes)))
    outputs[:, trees.classes_] = trees.predict_proba(features[test])
    return outputs


def _features(table: pm.Table, name: str, train: np.ndarray) -> np.ndarray:
    cells, kind = table.cells(name), table.schema.modalities[name].kind
    here = np.flatnonzero(cells.present)
    samples = [cells.samples[row] for row in here]
    if kind == "text":
        found = _text_features(samples, np.isin(here, train))
    elif kind == "image":
        found = np.stack([_thumbnail(sample) for sample in samples])
    elif kind == "series":
        found = np.stack([_figures(sample) for sample in samples])
    elif kind == "tabular":
        found = _codes(samples)
    else:
        found = np.stack(samples)
    features = np.full((len(table), found.shape[1]), np.nan)
    features[here] = found
    return features


def _text_features(texts: list[str], is_train: np.ndarray) -> np.ndarray:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    words.fit([text for text, seen in zip(texts, is_train, strict=True) if seen])
    counts = words.transform(texts)
    return TruncatedSVD(min(100, counts.shape[1] - 1), random_state=0).fit(counts[is_train]).transform(counts)


def _thumbnail(picture: np.ndarray) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize((12, 12)), dtype=float).ravel()


def _figures(series: np.ndarray) -> np.ndarray:
    steps = np.abs(np.diff(series, axis=0)).mean(axis=0)
    return np.concatenate([series.mean(0), series.std(0), series.min(0), series.max(0), steps])


def _codes(rows: list[tuple]) -> np.ndarray:
    columns = []
    for values in zip(*rows, strict=True):
        if any(isinstance(value, str) for value in values):
            known = {value: code for code, value in enumerate(sorted({v for v in values if v is not None}))}
            columns.append([np.nan if value is None else known[value] for value in values])
        else:
            columns.append([np.nan if value is None else value for value in values])
    return np.array(columns, dtype=float).T
