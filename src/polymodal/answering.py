"""The verbs of a fitted model that answer for its targets, and those that tell what its answers are worth."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from polymodal.asked import as_table, in_blocks
from polymodal.errors import FitError
from polymodal.fitted import Fitted
from polymodal.lattice import Lattice, joined, requested_patterns
from polymodal.predictions import Baseline, Predictions, together
from polymodal.schema.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from polymodal.explain.evaluation import Evaluation
    from polymodal.explain.explanation import Explanation
    from polymodal.model import Model


class Answering(Fitted):
    """What `Model` can do once it was fitted on a target."""

    seed: int

    def predict(self, rows: Any, *, files: str | os.PathLike[str] | None = None) -> Predictions:
        """Answer each row from what it has.

        `rows` is a Table, a Store, one row as a dict of columns or modalities, a list of such rows, or anything
        `Table.read` takes; what a row does not name is absent. `files` is the folder of path cells. A cell that
        cannot be read is flagged, and its row answered from the others; a row with nothing gets the prior and says so.

        Raises SchemaError for a row that names something the model does not know, FitError before `fit`.
        """
        return together([self._answered(*block) for block in in_blocks(rows, self.schema, files)])

    def predict_proba(
        self, rows: Any, target: str | None = None, *, files: str | os.PathLike[str] | None = None
    ) -> pd.DataFrame:
        """`[N, C]` the probability of each class, level or label, a column each: `predict(rows).probabilities(target)`.

        Raises SettingError for a target of another kind, or one of several that is not named; else as `predict`.
        """
        return self.predict(rows, files=files).probabilities(target)

    def _answered(self, table: Table, notes: list[str]) -> Predictions:
        self._refuse_without_target()
        memory = self.preprocessor.prepare(table, with_labels=False)
        full = np.ones((1, len(self.schema.names)), dtype=bool)
        values = self.portfolio.answer(memory, full, self._device)[0]
        labels_of = {label: position for position, label in enumerate(table.frame.index)}
        return Predictions(
            rows=table.row_names(),
            outputs={name: values[:, columns] for name, columns in self.portfolio.columns.items()},
            targets=self.schema.targets,
            modalities=self.schema.names,
            used=memory.present,
            faults=memory.faults,
            notes=notes,
            baselines={name: Baseline(*both) for name, both in self.portfolio.baselines.items()},
            faulty_rows=[labels_of[fault.row] for fault in memory.faults],
        )

    def lattice(self, table: Any, *, files: str | os.PathLike[str] | None = None, samples: int = 256) -> Lattice:
        """What the model answers for each row under every presence pattern.

        All 2^M patterns up to M = 12; beyond, the chains of `samples` random orders in which modalities are added.
        """
        return joined([self._lattice(block, samples) for block, _ in in_blocks(table, self.schema, files)])

    def _lattice(self, table: Table, samples: int) -> Lattice:
        self._refuse_without_target()
        memory = self.preprocessor.prepare(table)
        patterns, permutations = requested_patterns(len(self.schema.names), samples, self.seed)
        return Lattice(
            modalities=self.schema.names,
            patterns=patterns,
            present=memory.present,
            values=self.portfolio.answer(memory, patterns, self._device),
            columns=self.portfolio.columns,
            targets=self.schema.targets,
            labels=memory.labels,
            rows=table.row_names(),
            weight=memory.weight,
            permutations=permutations,
        )

    def evaluate(
        self,
        table: Any,
        *,
        files: str | os.PathLike[str] | None = None,
        metric: str | Mapping[str, str] | None = None,
        resamples: int = 1000,
    ) -> Evaluation:
        """Scores overall, per pattern and against each modality alone, with bootstrap intervals."""
        from polymodal.explain.evaluation import evaluate

        return evaluate(self.lattice(table, files=files), metric, resamples, self.seed)

    def explain(
        self,
        table: Any,
        target: str | None = None,
        *,
        files: str | os.PathLike[str] | None = None,
        metric: str | Mapping[str, str] | None = None,
    ) -> Explanation:
        """Which modality told it, for each row and overall: exact Shapley values and interactions."""
        from polymodal.explain.explanation import explain

        return explain(self.lattice(table, files=files), target, metric, seed=self.seed)

    def report(self, path: str | os.PathLike[str], table: Any, *, files: str | os.PathLike[str] | None = None) -> Path:
        """Write one self-contained HTML page on the model's answers for a table, and return its path."""
        from polymodal.report.page import write_page

        return write_page(cast("Model", self), as_table(table, self.schema, files)[0], Path(path))

    def leaderboard(self) -> pd.DataFrame:
        """What the answers are made of: each member's metric on rows held out from it, and its weight, best first.

        The line "together" is judged on the rows that the weights were fitted on, and so a little too good. Empty
        when the network answers alone.
        """
        return self.portfolio.leaderboard()

    def diagnosis(self) -> pd.DataFrame:
        """How much of what each modality tells by itself the joint model uses, on rows held out, a line a modality.

        `used` is what the network (without one, all members together) knows when asked with this modality only, as a
        share of what the best that was trained on it alone knows, both above the prior; 1 is all of it. A low one says
        that other modalities kept this one from being learnt; see `balance` and `pretrain`.
        """
        return self.portfolio.diagnosis()

    def _refuse_without_target(self) -> None:
        if not self.schema.targets:
            raise FitError("the model learnt a shared space and no target; ask vectors, retrieval or index")
