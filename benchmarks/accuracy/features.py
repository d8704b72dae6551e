"""Plain features of every kind of cell, for the baselines: what a careful person tries first."""

from __future__ import annotations

import numpy as np

import polymodal as pm
from polymodal.modalities._mel import log_mel


def features(table: pm.Table, name: str, train: np.ndarray) -> np.ndarray:
    """`[N, F]` numbers of one modality, NaN where the cell is absent; only the rows `train` are learnt from."""
    cells, kind = table.cells(name), table.schema.modalities[name].kind
    here = np.flatnonzero(cells.present)
    samples = [cells.samples[row] for row in here]
    if kind in ("text", "sequence"):
        found = _of_texts(samples, np.isin(here, train))
    elif kind == "molecule":  # as the letters it is written in
        found = _of_texts(table.frame[name].iloc[here].astype(str).tolist(), np.isin(here, train))
    elif kind == "image":
        found = np.stack([_thumbnail(sample) for sample in samples])
    elif kind == "series":
        found = np.stack([_figures(sample) for sample in samples])
    elif kind == "audio":
        found = np.stack([heard(sample, table.schema.modalities[name].rate) for sample in samples])
    elif kind == "tabular":
        found = _codes(samples)
    else:
        found = np.stack(samples)
    columns = np.full((len(table), found.shape[1]), np.nan)
    columns[here] = found
    return columns


def everything(table: pm.Table, train: np.ndarray) -> np.ndarray:
    """`[N, F]` the features of all modalities side by side."""
    return np.concatenate([features(table, name, train) for name in table.schema.names], axis=1)


def filled(columns: np.ndarray, train: np.ndarray) -> np.ndarray:
    """The columns that vary over the rows `train`, gaps filled with their medians, in units of their spread."""
    seen = columns[:, ~np.isnan(columns[train]).all(axis=0)]
    whole = np.where(np.isnan(seen), np.nanmedian(seen[train], axis=0), seen)
    mean, spread = whole[train].mean(axis=0), whole[train].std(axis=0)
    return (whole[:, spread > 0] - mean[spread > 0]) / spread[spread > 0]


def _of_texts(texts: list[str], is_train: np.ndarray) -> np.ndarray:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    # A text may be in thousands of rows, as a molecule is; each is counted and decomposed once.
    known, place = np.unique(np.array(texts, dtype=object), return_inverse=True)
    learnt = np.unique(place[is_train])
    least = 2 if len(learnt) > 100 else 1
    if np.mean([len(text.split()) for text in known]) < 1.5:  # strings of symbols without words
        words = TfidfVectorizer(analyzer="char", lowercase=False, ngram_range=(1, 3), min_df=least, sublinear_tf=True)
    else:
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=least, sublinear_tf=True)
    counts = words.fit(known[learnt]).transform(known)
    size = min(100, counts.shape[1] - 1, len(learnt))
    return TruncatedSVD(size, random_state=0).fit(counts[learnt]).transform(counts)[place]


def _thumbnail(picture: np.ndarray) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize((12, 12)), dtype=float).ravel()


def _figures(series: np.ndarray) -> np.ndarray:
    steps = np.abs(np.diff(series, axis=0)).mean(axis=0) if len(series) > 1 else np.zeros(series.shape[1])
    return np.concatenate([series.mean(0), series.std(0), series.min(0), series.max(0), steps])


def heard(sound: np.ndarray, rate: int) -> np.ndarray:
    """`[160]` log power in 32 mel bands averaged over each of five parts of a recording."""
    return np.concatenate([part.mean(axis=0) for part in np.array_split(log_mel(sound, rate, 32), 5)])


def _codes(rows: list[tuple]) -> np.ndarray:
    columns = []
    for values in zip(*rows, strict=True):
        if any(isinstance(value, str) for value in values):
            known = {value: code for code, value in enumerate(sorted({v for v in values if v is not None}))}
            columns.append([np.nan if value is None else known[value] for value in values])
        else:
            columns.append([np.nan if value is None else value for value in values])
    return np.array(columns, dtype=float).T
