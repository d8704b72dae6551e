"""Rows of a table held out from the others: groups whole, targets and presence patterns spread evenly."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from polymodal.errors import SchemaError, SettingError, near_miss
from polymodal.schema.split import fold_numbers, group_codes, held_out_rows, later_rows
from polymodal.schema.target import Labels

if TYPE_CHECKING:
    import pandas as pd

    from polymodal.schema.schema import Schema
    from polymodal.schema.table import Table


class Splitting(ABC):
    """What `Table` can do to be learnt from in one part and judged by another."""

    frame: pd.DataFrame
    schema: Schema

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def take(self, rows: Any) -> Table:
        """Some rows."""

    @abstractmethod
    def labels(self, target: str) -> Labels | None:
        """The labels of one target."""

    @abstractmethod
    def present(self) -> np.ndarray:
        """`[N, M]` bool."""

    @abstractmethod
    def role(self, role: str) -> pd.Series | None:
        """The column of a role."""

    def split(
        self, test: float | int = 0.2, seed: int = 0, *, by: Literal["random", "time"] = "random"
    ) -> tuple[Table, Table]:
        """Train and test rows: groups kept whole, targets and presence patterns spread evenly, decided by the seed.

        Rows of one group (or of one id, where ids repeat) go to one side. `test` is a share or a count of the rows
        with at least one label; rows without any go to train, where they do no harm and cannot be scored anyway,
        unless their group goes to test. The choice is random even if there is a time column: `by="time"` instead
        takes the last rows as test, so that train lies strictly before it. Rows that are nearly the same but share
        neither id nor group may be parted; `pm.duplicates(train, test)` finds them.

        Raises SettingError for a size or `by` out of range, SchemaError when rows or groups are too few.
        """
        chosen = self.held_out(test, seed, by=by)
        return self.take(~chosen), self.take(chosen)

    def held_out(
        self, test: float | int = 0.2, seed: int = 0, *, by: Literal["random", "time"] = "random"
    ) -> np.ndarray:
        """`[N]` bool: the rows that `split` puts on the test side. Raises as `split` does."""
        if by == "time":
            times = self.role("time")
            if times is None:
                raise SchemaError("a split by time needs a time column; read the table with time=COLUMN")
            return later_rows(times, self._groups, test)
        if by == "random":
            return held_out_rows(self._strata(), self._groups, self._labelled(), test, seed)
        raise SettingError(f"by={by!r}. {near_miss(by, ['random', 'time'])}")

    def folds(self, k: int = 5, seed: int = 0) -> Iterator[tuple[Table, Table]]:
        """`k` times train and test rows, each labelled row tested once; groups and strata as in `split`."""
        numbers = self.fold_numbers(k, seed)
        return ((self.take(numbers != fold), self.take(numbers == fold)) for fold in range(k))

    def fold_numbers(self, k: int = 5, seed: int = 0) -> np.ndarray:
        """`[N]` int: the fold of `folds` that tests each row, -1 for rows that none does."""
        return fold_numbers(self._strata(), self._groups, self._labelled(), k, seed)

    @property
    def n_groups(self) -> int:
        """How many groups `split` keeps whole; the number of rows where nothing ties rows together."""
        return len(self) if self._groups is None else len(np.unique(self._groups))

    @cached_property
    def _groups(self) -> np.ndarray | None:
        return group_codes(self.frame, self.schema)

    def _known_labels(self) -> dict[str, Labels]:
        read = {name: self.labels(name) for name in self.schema.targets}
        return {name: labels for name, labels in read.items() if labels is not None}

    def _labelled(self) -> np.ndarray:
        known = [labels.known_rows for labels in self._known_labels().values()]
        labelled = np.any(known, axis=0) if known else np.zeros(len(self), dtype=bool)
        return labelled if labelled.any() else np.ones(len(self), dtype=bool)

    def _strata(self) -> list[np.ndarray]:
        """Keys to spread evenly, the most important first: each target, then the presence pattern, rare ones first."""
        targets = [self.schema.targets[name].strata(labels) for name, labels in self._known_labels().items()]
        _, pattern, sizes = np.unique(self.present(), axis=0, return_inverse=True, return_counts=True)
        return [*targets, sizes[pattern.ravel()], pattern.ravel()]
