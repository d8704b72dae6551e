"""What every learner is: fitted on plain features at several strengths, it answers any subset of a row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from polymodal.learners._design import Design
from polymodal.schema.target import Labels, Target

NO_WEIGHT = 1e-12  # where the mean is 1; sums over fewer such rows are lost in rounding


@dataclass(frozen=True)
class Task:
    """What is to be learnt from a design of N rows.

    Attributes:
        target: resolved settings.
        labels: N labels; rows without one are not learnt from, nor are those of no weight.
        weight: `[N]`.
        prior: `[R]` what is known of a row with nothing.
        seed: of everything drawn.
        threads: that may be used.
        groups: `[N]` codes of rows that belong together, or None.
    """

    target: Target
    labels: Labels
    weight: np.ndarray
    prior: np.ndarray
    seed: int = 0
    threads: int = 1
    groups: np.ndarray | None = None

    @property
    def loss_weight(self) -> np.ndarray:
        """How much each label counts in the loss, of the shape of `labels.known`: its row times its class."""
        return self.target.loss_weight(self.labels, self.weight)

    def of(self, rows: np.ndarray) -> Task:
        """The same task for some of the rows."""
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, labels=self.labels.take(rows), weight=self.weight[rows], groups=groups)


class Learner(ABC):
    """One model of one target, from one modality or several.

    `views` say which features it reads. `path` fits it at every strength of `strengths(n_rows)`, from the most
    restrained on, and while the last one does best at those `further` on; which one serves is settled on rows held out,
    or is the middle one where there are too few. `kinds`
    names the targets it can learn, all when empty; for others it is left out. `least` is how many rows it needs.
    """

    views: ClassVar[tuple[str, ...]]
    kinds: ClassVar[tuple[str, ...]] = ("category", "multilabel", "number", "ordinal", "survival")
    least: ClassVar[int] = 8
    modalities: tuple[str, ...]

    @classmethod
    def learns(cls, target: Target) -> bool:
        """Whether it can learn such a target."""
        return not cls.kinds or target.kind in cls.kinds

    @classmethod
    def suits(cls, design: Design, modalities: Sequence[str], task: Task) -> bool:
        """Whether there is anything in these modalities that it is made for."""
        return True

    @classmethod
    @abstractmethod
    def strengths(cls, n_rows: int) -> Sequence[float]:
        """From the most restrained on."""

    @classmethod
    def further(cls, last: float, design: Design, modalities: Sequence[str], task: Task) -> Sequence[float]:
        """Beyond the `last` strength, for when that did best; none where a path has an end or goes on at no cost."""
        return ()

    @classmethod
    @abstractmethod
    def path(cls, design: Design, modalities: Sequence[str], task: Task, strengths: Sequence[float]) -> list[Self]:
        """One fitted model for each strength. Only rows with a known label and any of the modalities are looked at."""

    @abstractmethod
    def answer(self, design: Design, patterns: np.ndarray) -> np.ndarray:
        """`[P, N, R]` evidence of every row under every pattern `[P, M]`; zero where nothing of its own is left."""

    @abstractmethod
    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON values that `restore` takes back."""

    @classmethod
    @abstractmethod
    def restore(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> Self:
        """What `export` wrote down."""


def usable(design: Design, modalities: Sequence[str], task: Task) -> np.ndarray:
    """Positions of the rows with a known label, a weight and any of the modalities."""
    mine = [design.names.index(name) for name in modalities]
    return np.flatnonzero(task.labels.known_rows & (task.weight > NO_WEIGHT) & design.present[:, mine].any(axis=1))
