"""Several yes/no labels."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd

from polymodal.errors import SchemaError
from polymodal.schema.target._emphasis import ClassWeight, each, matched, paired
from polymodal.schema.target._target import Labels, Target
from polymodal.schema.target._threshold import Decide, Thresholds, told
from polymodal.schema.target._values import numbers


class Multilabel(Target):
    """Several yes/no labels, any number of them true: 0/1 columns, or one column of lists of label names.

    Args:
        columns: 0/1 columns; left out, the target's own column holds lists.
        classes: label names; left out, the columns or what the lists hold.
        class_weight: how many times as much a yes of each label counts as a no: "balanced" (so that both count
            alike over the rows learnt from) or a dict.
        decide: from which probability on each label is answered yes: a number, or the score that this is chosen for
            on rows held out, label by label, as "f1" or "recall>=0.9". Left out, one half.
        thresholds: those probabilities, one a label, once they are settled.
    """

    kind: ClassVar[str] = "multilabel"
    objective: str = "multilabel"
    columns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    class_weight: ClassWeight = None
    decide: Decide = None
    thresholds: Thresholds = ()

    def sources(self, name: str) -> tuple[str, ...]:
        return self.columns or (name,)

    def resolve(self, name: str, frame: pd.DataFrame) -> Target:
        self._require(name, frame)
        if self.columns:
            found = self.columns
        else:
            found = self.classes or tuple(
                sorted({str(label) for cell in frame[name] if _is_collection(cell) for label in cell})
            )
        if not found:
            raise SchemaError(f"target {name!r} names no labels: give columns=(...) or lists of label names")
        if self.decide == "f1_macro":
            raise SchemaError(f"target {name!r}: decide='f1' is the F1 of each label, whose mean is f1_macro")
        thresholds = (self.decide,) * len(found) if isinstance(self.decide, float) else self.thresholds
        if thresholds and len(thresholds) != len(found):
            raise SchemaError(f"target {name!r}: {len(found)} labels have as many thresholds; {thresholds} came")
        weight = matched(name, self.class_weight, found)
        resolved = self.model_copy(update={"classes": found, "class_weight": weight, "thresholds": thresholds})
        resolved.read(name, frame)
        return resolved

    def read(self, name: str, frame: pd.DataFrame) -> Labels:
        self._require(name, frame)
        values = self._from_columns(name, frame) if self.columns else self._from_lists(name, frame)
        known = ~np.isnan(values)
        return Labels(np.where(known, values, 0.0), known)

    @property
    def decision(self) -> str:
        return told(self.classes, self.thresholds, self.decide)

    def answered(self, outputs: np.ndarray) -> np.ndarray:
        """`[..., L]` bool: which labels are answered yes, from probabilities of the same shape."""
        return np.asarray(outputs >= (np.array(self.thresholds) if self.thresholds else 0.5))

    def settle(self, labels: Labels, weight: np.ndarray | None) -> Target:
        if self.class_weight != "balanced":
            return self
        share = labels.known * (1.0 if weight is None else weight[:, None])
        yes, no = (labels.values * share).sum(axis=0), ((1 - labels.values) * share).sum(axis=0)
        both = (yes > 0) & (no > 0)
        found = np.where(both, no / np.where(both, yes, 1.0), 1.0)
        return self.model_copy(update={"class_weight": paired(self.classes, found)})

    @property
    def class_weights(self) -> np.ndarray:
        """`[L]` how many times as much a yes counts as a no. Call after `settle`."""
        return each(self.class_weight, self.classes)

    def loss_weight(self, labels: Labels, weight: np.ndarray) -> np.ndarray:
        return np.asarray(weight[:, None] * np.where(labels.values > 0.5, self.class_weights, 1.0))

    def strata(self, labels: Labels) -> np.ndarray:
        rarest = np.argsort(labels.values.sum(axis=0), kind="stable")
        strata = np.where(labels.known_rows, len(rarest), -1)
        for code in rarest[::-1]:  # the rarest label a row has decides its stratum
            strata[labels.values[:, code] > 0] = code
        return strata

    def _from_columns(self, name: str, frame: pd.DataFrame) -> np.ndarray:
        values = np.stack([numbers(name, column, frame) for column in self.columns], axis=1)
        if not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
            raise SchemaError(f"target {name!r}: label columns may hold 0, 1 or nothing")
        return values

    def _from_lists(self, name: str, frame: pd.DataFrame) -> np.ndarray:
        codes = {label: code for code, label in enumerate(self.classes)}
        values = np.full((len(frame), len(codes)), np.nan)
        strange: set[str] = set()
        for row, cell in enumerate(frame[name]):
            if not _is_collection(cell):  # an empty list says "none of them"; a null says "not known"
                continue
            values[row] = 0.0
            strange |= {str(label) for label in cell} - codes.keys()
            for label in cell:
                if str(label) in codes:
                    values[row, codes[str(label)]] = 1.0
        if strange:
            raise SchemaError(f"target {name!r} holds labels that the schema does not know: {sorted(strange)[:10]}")
        return values


def _is_collection(cell: Any) -> bool:
    return isinstance(cell, (list, tuple, set, frozenset, np.ndarray))
