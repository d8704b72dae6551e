"""What a model has to beat: the prior, each modality alone, and their average."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from polymodal.asked import as_table
from polymodal.comparison.entrants import LATE, alone
from polymodal.errors import FitError
from polymodal.learners._evidence import outputs_of, prior_of
from polymodal.model import Model
from polymodal.schema.table import Table
from polymodal.schema.target import Discrete, Multilabel


def prior_answers(train: Table, n_rows: int) -> dict[str, np.ndarray]:
    """By target `[n, o]`: the class or label shares of the training rows, their mean, or no risk, for every row.

    Raises FitError for a target without any label that counts.
    """
    found = {}
    for name, target in train.schema.targets.items():
        labels, weight = train.labels(name), train.weights()
        counts = np.zeros(0) if labels is None else labels.known_rows * (1.0 if weight is None else weight)
        if labels is None or not counts.any():
            raise FitError(f"no training row has a label of target {name!r} that counts")
        if isinstance(target, (Discrete, Multilabel)):  # the majority, whatever the classes weigh in a fit
            target = target.model_copy(update={"class_weight": None})
        prior = prior_of(target, labels, weight)
        found[name] = outputs_of(target, np.zeros((n_rows, len(prior))), prior)
    return found


def single_answers(model: Model, table: Table) -> dict[str, dict[str, np.ndarray]]:
    """By line and target `[n, o]`: what a fitted model answers from each modality alone, and their average.

    A row that lacks the modality gets the model's prior. Averaged are the answers of what a row has: probabilities,
    means or log risks; there is no average of a single modality.
    """
    asked, _ = as_table(table, model.schema, None)
    memory = model.preprocessor.prepare(asked, with_labels=False)
    names = model.schema.names
    patterns = np.eye(len(names), dtype=bool)
    values = model.portfolio.answer(memory, patterns, _device_of(model))
    found = {alone(name): _by_target(model, values[place]) for place, name in enumerate(names)}
    if len(names) > 1:
        found[LATE] = _by_target(model, average(values, memory.present))
    return found


def average(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    """`[N, O]` means of `values [M, N, O]` over what each row has, `present [N, M]`; over all where it has nothing.

    >>> average(np.array([[[0.0], [1.0]], [[4.0], [3.0]]]), np.array([[True, False], [False, False]])).tolist()
    [[0.0], [2.0]]
    """
    counts = np.where(present.any(axis=1, keepdims=True), present, True)
    share = counts / counts.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("nm,mno->no", share, values))


def _by_target(model: Model, values: np.ndarray) -> dict[str, np.ndarray]:
    columns: Mapping[str, slice] = model.portfolio.columns
    return {name: values[:, place] for name, place in columns.items()}


def _device_of(model: Model) -> torch.device:
    weights = (weight for network in model.networks for weight in network.parameters())
    return next((weight.device for weight in weights), torch.device("cpu"))
