"""What the page asks of every kind of target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from markupsafe import Markup

from polymodal.lattice import Lattice
from polymodal.predictions import Predictions
from polymodal.report.blocks import Block
from polymodal.schema.target import Labels


@dataclass(frozen=True)
class Bar:
    """One class or label of an answer, with its probability."""

    label: str
    share: float
    is_true: bool | None = None


@dataclass(frozen=True)
class Answer:
    """One row's answer and truth in words.

    Attributes:
        text: the answer.
        sure: how sure, or how much, in a few words.
        truth: None where it is unknown.
        right: whether the answer is right; None where it is unknown, or a matter of degree.
        bars: probabilities.
        curve: a drawing of the answer.
    """

    text: str
    sure: str
    truth: str | None
    right: bool | None = None
    bars: Sequence[Bar] = ()
    curve: Markup | None = None


@dataclass(frozen=True)
class Notable:
    """A row worth looking at, and why."""

    row: int
    why: str


@dataclass(frozen=True, eq=False)
class View(ABC):
    """One target of a lattice, and what was predicted from everything."""

    reading: ClassVar[str] = ""  # how its answers are to be read, where that needs saying

    name: str
    lattice: Lattice
    predictions: Predictions

    @property
    def outputs(self) -> np.ndarray:
        """`[N, o]` from everything a row has."""
        return self.lattice.of(self.name)[-1]

    @property
    def labels(self) -> Labels | None:
        """Of the N rows, where the table has any."""
        return self.lattice.labels.get(self.name)

    @property
    def known(self) -> np.ndarray:
        """`[N]` bool: rows with a label."""
        return np.zeros(len(self.outputs), dtype=bool) if self.labels is None else self.labels.known_rows

    @abstractmethod
    def answer(self, row: int) -> Answer:
        """One row's answer and truth."""

    @abstractmethod
    def notable(self) -> Iterator[Notable]:
        """Rows that show what the model does well and badly, the most instructive first."""

    @abstractmethod
    def moved(self, pattern: int) -> np.ndarray:
        """`[N]` by how much the answer is another under the pattern at that place of the lattice; 0 where it is not."""

    @abstractmethod
    def words(self, pattern: int, row: int) -> str:
        """The answer of a row under the pattern at that place."""

    @abstractmethod
    def comparisons(self) -> Iterator[Block]:
        """Answers against the truth; nothing where no label is known."""


def most(values: np.ndarray, among: np.ndarray) -> int | None:
    """Where the largest of some values is, the first of equals; None among none.

    >>> most(np.array([1.0, 5.0, 3.0]), np.array([True, False, True]))
    2
    """
    return int(np.where(among, values, -np.inf).argmax()) if among.any() else None


def noted(row: int | None, why: str) -> Iterator[Notable]:
    """The row with its reason, if there is such a row."""
    if row is not None:
        yield Notable(row, why)
