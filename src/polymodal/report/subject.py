"""What a page is about: a table, everything the model answered on it, and how the model came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from polymodal.errors import CellError, DataError
from polymodal.explain.evaluation import Evaluation, evaluate
from polymodal.explain.explanation import Explanation, explain
from polymodal.explain.request import labelled
from polymodal.lattice import Lattice
from polymodal.portfolio.portfolio import Standing
from polymodal.predictions import Predictions
from polymodal.schema.report import TableReport
from polymodal.schema.table import Table
from polymodal.training.history import History

if TYPE_CHECKING:
    from polymodal.model import Model


@dataclass(frozen=True, eq=False)
class Subject:
    """Everything the page shows, computed once.

    Attributes:
        table: the rows, by the model's schema.
        lattice: the answers under every pattern.
        predictions: the answers given.
        evaluation: None when no row has a label.
        explanation: who told it.
        audit: what is in the table and what is wrong with it.
        histories: of the model's members.
        standings: for each target what its answers are made of.
        made_of: the same in a few words.
        limitations: what the rows learnt from did not let the model learn or check.
    """

    table: Table
    lattice: Lattice
    predictions: Predictions
    evaluation: Evaluation | None
    explanation: Explanation
    audit: TableReport
    histories: Sequence[History]
    standings: Mapping[str, Sequence[Standing]]
    made_of: str
    limitations: Sequence[str]

    @classmethod
    def of(cls, model: Model, table: Table) -> Subject:
        """Ask the model everything about a table. Raises DataError when it has no rows."""
        if not len(table):
            raise DataError("the table has no rows, so there is nothing to report on")
        lattice = model.lattice(table)
        known = any(labelled(lattice, name) for name in lattice.targets)
        return cls(
            table=table,
            lattice=lattice,
            predictions=model.predict(table),
            evaluation=evaluate(lattice, seed=model.seed) if known else None,
            explanation=explain(lattice, seed=model.seed),
            audit=table.report(),
            histories=model.histories,
            standings=model.portfolio.standings,
            made_of=model.portfolio.describe(model.fusion),
            limitations=model.limitations,
        )

    @property
    def modalities(self) -> tuple[str, ...]:
        """M names, in the order of their colours."""
        return self.lattice.modalities

    @property
    def row_names(self) -> list[str]:
        """What the rows are called."""
        return [str(name) for name in self.table.row_names()]

    @cached_property
    def faults(self) -> Mapping[tuple[int, str], list[CellError]]:
        """Cells that could not be read, or did not fit what the model learnt, by row position and modality."""
        owner = {
            column: name for name, one in self.table.schema.modalities.items() for column in (*one.sources(name), name)
        }
        places: dict[object, list[int]] = {}
        for position, row in enumerate(self.table.frame.index):
            places.setdefault(row, []).append(position)
        found: dict[tuple[int, str], list[CellError]] = {}
        for fault in self.predictions.faults:
            for position in places.get(fault.row, ()):
                found.setdefault((position, owner[fault.column]), []).append(fault)
        return found
