"""One class out of several: what categories and ordinal levels have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from polymodal.errors import SchemaError
from polymodal.schema.target._emphasis import ClassWeight, balanced, each, matched, paired
from polymodal.schema.target._target import Label, Labels, Target
from polymodal.schema.target._values import plain


class Discrete(Target):
    """One of C `classes`; labels are their codes `[N]`, outputs their probabilities `[N, C]`."""

    class_weight: ClassWeight = None

    if TYPE_CHECKING:  # pydantic takes a field that overrides a property for a mistake

        @property
        def classes(self) -> tuple[Label, ...]: ...

    @abstractmethod
    def answered(self, outputs: np.ndarray) -> np.ndarray:
        """`[...]` codes of the classes answered, from probabilities `[..., C]`."""

    def sources(self, name: str) -> tuple[str, ...]:
        return (name,)

    def read(self, name: str, frame: pd.DataFrame) -> Labels:
        self._require(name, frame)
        codes = {value: code for code, value in enumerate(self.classes)}
        raw = [None if pd.isna(value) else plain(value) for value in frame[name]]
        strange = sorted({str(value) for value in raw if value is not None and value not in codes})
        if strange:
            raise SchemaError(
                f"target {name!r} holds classes that the schema does not know: {', '.join(strange[:10])}. "
                f"Known: {', '.join(map(str, self.classes[:20]))}. Leave the cell empty where the label is unknown."
            )
        known = np.array([value is not None for value in raw], dtype=bool)
        values = np.array([0 if value is None else codes[value] for value in raw], dtype=np.int64)
        return Labels(values, known)

    def strata(self, labels: Labels) -> np.ndarray:
        return np.where(labels.known, labels.values, -1)

    def settle(self, labels: Labels, weight: np.ndarray | None) -> Target:
        if self.class_weight != "balanced":
            return self
        share = None if weight is None else weight[labels.known]
        counts = np.bincount(labels.values[labels.known], share, minlength=len(self.classes)).astype(np.float64)
        return self.model_copy(update={"class_weight": paired(self.classes, balanced(counts))})

    @property
    def class_weights(self) -> np.ndarray:
        """`[C]` how much each class counts in a loss. Call after `settle`."""
        return each(self.class_weight, self.classes)

    def loss_weight(self, labels: Labels, weight: np.ndarray) -> np.ndarray:
        return weight if self.class_weight is None else weight * self.class_weights[labels.values]

    def _weighed(self, name: str) -> Self:
        """The same with the classes of `class_weight` as they are called here. Raises SchemaError for strange ones."""
        return self.model_copy(update={"class_weight": matched(name, self.class_weight, self.classes)})

    def _seen(self, name: str, frame: pd.DataFrame) -> list[Label]:
        """The values that occur, two at least."""
        seen = [plain(value) for value in frame[name].dropna().unique()]
        if len(seen) < 2:
            count = f"one class only, {seen[0]!r}" if seen else "no known label"
            what = "an ordinal" if self.kind == "ordinal" else f"a {self.kind}"
            raise SchemaError(
                f"target {name!r} has {count}; {what} needs at least two. "
                "Check that the column is the right one and that no class was filtered away."
            )
        return seen
