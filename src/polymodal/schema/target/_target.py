"""What every target is: settings, and how labels are read from a table with their gaps."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from polymodal.errors import SchemaError
from polymodal.schema.settings import Settings

Label = bool | int | float | str


@dataclass(frozen=True)
class Labels:
    """The labels of one target for N rows.

    Attributes:
        values: `[N]` int64 codes, `[N]` or `[N, L]` float64, or `[N, 2]` (time, event); zero where unknown.
        known: bool of the shape `[N]`, or `[N, L]` for Multilabel.
    """

    values: np.ndarray
    known: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def known_rows(self) -> np.ndarray:
        """`[N]` bool: rows with at least one known label."""
        return self.known if self.known.ndim == 1 else np.asarray(self.known.any(axis=1))

    def take(self, rows: np.ndarray) -> Labels:
        """The labels of some rows."""
        return Labels(self.values[rows], self.known[rows])


class Target(Settings):
    """Settings of one thing to be learnt; `objective` names the part that learns it.

    `is_relative`: answers mean something beside each other only, so that rows are judged together and a baseline, which
    is kept with the model, makes a forecast of them.
    """

    kind: ClassVar[str]
    is_relative: ClassVar[bool] = False
    objective: str = ""  # each kind names its own

    @abstractmethod
    def sources(self, name: str) -> tuple[str, ...]:
        """The table columns it reads."""

    @abstractmethod
    def resolve(self, name: str, frame: pd.DataFrame) -> Target:
        """The same target with what had to be read off the data (such as its classes) filled in.

        Raises SchemaError when the columns cannot hold this target.
        """

    @abstractmethod
    def read(self, name: str, frame: pd.DataFrame) -> Labels:
        """The labels of `frame`; a gap is a gap. Call on a resolved target. Raises SchemaError on impossible values."""

    @abstractmethod
    def strata(self, labels: Labels) -> np.ndarray:
        """`[N]` int: rows alike enough to be spread evenly over a split."""

    def sameness(self, labels: Labels) -> str:
        """Why there is nothing to tell these rows apart by, in a few words; empty where there is something."""
        known = labels.values[labels.known_rows]
        if not len(known):
            return "no known label"
        return "" if (known != known[0]).any() else "the same label everywhere"

    def amounts(self, labels: Labels) -> np.ndarray:
        """`[N]` by which rows are ordered from few or little to much; NaN where nothing is known."""
        values = labels.values.astype(np.float64)
        return np.where(labels.known_rows, values if values.ndim == 1 else values.sum(axis=1), np.nan)

    def settle(self, labels: Labels, weight: np.ndarray | None) -> Target:
        """The same target with what hangs on the rows that are learnt from (such as balanced class weights) filled in.

        `weight` is `[N]`.
        """
        return self

    def loss_weight(self, labels: Labels, weight: np.ndarray) -> np.ndarray:
        """How much each label counts in a loss, of the shape of `labels.known`, for rows that count `weight [N]`."""
        return weight

    @property
    def decision(self) -> str:
        """How answers follow from probabilities, in a sentence; empty where that goes without saying."""
        return ""

    def _require(self, name: str, frame: pd.DataFrame) -> None:
        gone = [column for column in self.sources(name) if column not in frame.columns]
        if gone:
            raise SchemaError(f"target {name!r} needs columns that the table lacks: {', '.join(map(repr, gone))}")
