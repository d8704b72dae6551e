"""`zero_shot` by a model of one's own: rows told apart by what is said of the classes, in the space it learnt."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from scipy.special import log_softmax

from polymodal.asked import as_table
from polymodal.contrastive._contrast import Contrast
from polymodal.crossmodal.vectors import Vectors
from polymodal.errors import SchemaError, SettingError, near_miss
from polymodal.model import Model
from polymodal.predictions import Predictions
from polymodal.schema.target import Category

_SHARPEST = 100.0


def by_space(
    model: Model,
    rows: Any,
    said: Mapping[str, Sequence[str]],
    files: str | os.PathLike[str] | None,
    target: str,
    text: str | None = None,
) -> Predictions:
    """Each class is where its sentences lie on average; a row is compared by all that it has besides that text.

    `text` is the column that sentences are read as; a row with nothing else gets equal chances.

    Raises SettingError for a model that reads no text column, one that is none, and several where none is named.
    """
    text = _read_as(model, text)
    sentences = model.vectors([{text: one} for some in said.values() for one in some])
    if len(sentences.rows.get(text, ())) < len(sentences):
        raise SchemaError("a prompt says nothing that the model can read; write whole words")
    owner = np.repeat(np.arange(len(said)), [len(some) for some in said.values()])
    middles = np.stack([_unit(sentences.values[text][owner == place].mean(axis=0)) for place in range(len(said))])
    table, _ = as_table(rows, model.schema, files)
    vectors = model.vectors(table)
    contrast = model.space.contrast
    others = [name for name in vectors.modalities if name != text]
    logits, used = _logits(contrast, vectors, others, text, middles)
    places = {label: place for place, label in enumerate(table.frame.index)}
    faults = [fault for name in others for fault in table.cells(name).faults]
    return Predictions(
        rows=table.row_names(),
        outputs={target: np.exp(log_softmax(logits, axis=1))},
        targets={target: Category(classes=tuple(said))},
        modalities=tuple(others),
        used=used,
        faults=faults,
        faulty_rows=[places[fault.row] for fault in faults],
    )


def _read_as(model: Model, text: str | None) -> str:
    """The text column that prompts are read as."""
    texts = [name for name, one in model.schema.modalities.items() if one.kind == "text" and not one.many]
    if text is None and len(texts) == 1:
        return texts[0]
    if not texts:
        raise SettingError("prompts are read as a text column, and the model has none")
    if text is None:
        raise SettingError(
            f"prompts are read as one text column of the model, and it has {', '.join(map(repr, texts))}; say which by "
            "modality=..."
        )
    if text not in texts:
        raise SettingError(f"modality={text!r} is no text column of the model. {near_miss(text, texts)}")
    return text


@torch.no_grad()
def _logits(
    contrast: Contrast, vectors: Vectors, others: Sequence[str], text: str, middles: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`[N, C]`, and `[N, M]` what each row was told by; rows of one pattern at a time."""
    used = np.zeros((len(vectors), len(others)), dtype=bool)
    for place, name in enumerate(others):
        used[vectors.rows[name], place] = True
    logits = np.zeros((len(vectors), len(middles)))
    parameter = next(contrast.parameters())
    candidates = torch.from_numpy(middles.astype(np.float32)).to(parameter.device)
    sharpness = float(contrast.log_factor.exp().mean().clamp(max=_SHARPEST))  # type: ignore[operator]
    for pattern in np.unique(used, axis=0):
        here = np.flatnonzero((used == pattern).all(axis=1))
        query = {}
        for name, is_there in zip(others, pattern, strict=True):
            if is_there:
                cells = vectors.values[name][np.searchsorted(vectors.rows[name], here)]
                query[name] = torch.from_numpy(cells).to(parameter.device)
        if query:
            logits[here] = sharpness * contrast.scores(query, text, candidates).cpu().numpy()
    return logits, used


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))
