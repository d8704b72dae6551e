"""From raw cells to arrays that only need to be packed, with everything that was measured on the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from polymodal.errors import CellError, FitError
from polymodal.modalities.vector import Vector
from polymodal.schema.items import flattened, objects, regrouped
from polymodal.schema.many import Many
from polymodal.schema.modality import Modality, Statistics
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.embeddings import Embeds, Resumes, embed_cached, key_of
from polymodal.store.memory import Memory


@dataclass(frozen=True)
class Preprocessor:
    """Settings and statistics of every modality, and the frozen encoders of those that have one.

    A modality with a frozen encoder travels on as a vector, one whose last layers learn as states: `carriers` names the
    kind that packs each one.
    """

    schema: Schema
    carriers: Mapping[str, Modality]
    statistics: Mapping[str, Statistics]
    embedders: Mapping[str, Embeds] = field(default_factory=dict)

    @classmethod
    def measure(cls, table: Table, embedders: Mapping[str, Embeds]) -> Preprocessor:
        """Look at the present cells of the training rows. Raises FitError when a modality or all of them are empty."""
        carriers: dict[str, Modality] = {}
        statistics = {}
        for name, modality in table.schema.modalities.items():
            cells = table.cells(name)
            rows = np.flatnonzero(cells.present)
            samples = [cells.samples[row] for row in rows.tolist()]
            if not samples:
                raise FitError(
                    f"modality {name!r} has no readable cell in the training rows, so there is nothing to learn from "
                    f"it; leave it out (ignore=[{name!r}]) or check its column"
                )
            carriers[name] = modality
            if name in embedders:
                carriers[name] = modality.around(carrier_of(embedders[name]))
                samples = _carried(embedders[name], modality, samples, _kept(table, name, embedders[name], rows))
            statistics[name] = carriers[name].measure(samples)
        return cls(table.schema, carriers, statistics, dict(embedders))

    def prepare(self, table: Table, with_labels: bool = True) -> Memory:
        """All rows of a table as prepared arrays; a cell that does not fit what was measured becomes a fault.

        Without labels and weights, what stands in their columns does not matter.
        """
        names = self.schema.names
        present = np.zeros((len(table), len(names)), dtype=bool)
        arrays: dict[str, list[np.ndarray | None]] = {}
        faults: list[CellError] = []
        for position, name in enumerate(names):
            cells = table.cells(name)
            faults += cells.faults
            rows = np.flatnonzero(cells.present).tolist()
            samples = [cells.samples[row] for row in rows]
            if name in self.embedders and samples:
                embedder = self.embedders[name]
                kept = _kept(table, name, embedder, cells.present)
                samples = _carried(embedder, self.schema.modalities[name], samples, kept)
            prepared: list[np.ndarray | None] = [None] * len(table)
            for row, sample in zip(rows, samples, strict=True):
                prepared[row], unfit = self.carriers[name].attempt(sample, self.statistics[name])
                present[row, position] = prepared[row] is not None
                faults += [CellError(table.frame.index[row], name, one.reason, one.path, one.item) for one in unfit]
            arrays[name] = prepared
        targets = self.schema.targets if with_labels else ()
        labels = {name: found for name in targets if (found := table.labels(name)) is not None}
        return Memory(
            arrays=arrays,
            collate={name: (self.carriers[name], self.statistics[name]) for name in names},
            present=present,
            labels=labels,
            weight=table.weights() if with_labels else None,
            faults=faults,
        )


def carrier_of(embedder: Embeds) -> Modality:
    """The kind that packs what a pretrained encoder gives."""
    carrier: Modality = embedder.carrier if isinstance(embedder, Resumes) else Vector(scale="standard")
    return carrier


def _kept(table: Table, name: str, embedder: Embeds, rows: np.ndarray) -> np.ndarray | None:
    """The vectors of some rows that a store has, None for those it lacks; None for a table that has none."""
    if not table.embedded or isinstance(embedder, Resumes):
        return None
    found = table.embedded.get((name, key_of(embedder, table.schema.modalities[name])))
    return None if found is None else found[rows]


def _carried(embedder: Embeds, modality: Modality, samples: Sequence[Any], kept: np.ndarray | None = None) -> list[Any]:
    if isinstance(modality, Many):
        return regrouped(samples, _carried(embedder, modality.of, flattened(samples), _of_items(samples, kept)))
    if isinstance(embedder, Resumes):
        return embedder.states(samples)
    if kept is None:
        return list(embed_cached(embedder, samples))
    lacking = [place for place, vector in enumerate(kept) if vector is None]
    found = kept.copy()
    for place, vector in zip(lacking, embed_cached(embedder, [samples[one] for one in lacking]), strict=True):
        found[place] = vector
    return found.tolist()


def _of_items(samples: Sequence[Sequence[Any]], kept: np.ndarray | None) -> np.ndarray | None:
    """The vectors of `flattened(samples)`, from those `[k, E]` that are kept of each cell."""
    if kept is None:
        return None
    found: list[np.ndarray | None] = []
    for sample, vectors in zip(samples, kept, strict=True):
        count = sum(one is not None for one in sample)
        found += [None] * count if vectors is None or len(vectors) != count else list(vectors)
    return objects(found)
