"""Metrics of a time until an event; outputs `[N, 1]` are log risks."""

from __future__ import annotations

import numpy as np

from polymodal.metrics.metric import Metric, table
from polymodal.metrics.ranking import concordance
from polymodal.schema.target import Labels


def _c_index(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """Harrell's concordance; undefined without a comparable pair."""
    return concordance(outputs[:, 0], labels.values[:, 0], labels.values[:, 1] > 0.5, weights)


METRICS = table(Metric("c_index", _c_index, orders_rows=True))
