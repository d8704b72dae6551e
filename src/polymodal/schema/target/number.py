"""A real number."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from polymodal.errors import SchemaError
from polymodal.schema.target._target import Labels, Target
from polymodal.schema.target._values import numbers


class Number(Target):
    """A real number."""

    kind: ClassVar[str] = "number"
    objective: str = "number"

    def sources(self, name: str) -> tuple[str, ...]:
        return (name,)

    def resolve(self, name: str, frame: pd.DataFrame) -> Target:
        labels = self.read(name, frame)
        if len(np.unique(labels.values[labels.known])) < 2:
            raise SchemaError(f"target {name!r} never varies (or is empty); there is nothing to learn from it")
        return self

    def read(self, name: str, frame: pd.DataFrame) -> Labels:
        self._require(name, frame)
        values = numbers(name, name, frame)
        known = ~np.isnan(values)
        return Labels(np.where(known, values, 0.0), known)

    def strata(self, labels: Labels) -> np.ndarray:
        strata = np.full(len(labels), -1)
        known = labels.values[labels.known]
        if len(known):
            edges = np.quantile(known, [0.25, 0.5, 0.75])
            strata[labels.known] = np.searchsorted(edges, known)
        return strata
