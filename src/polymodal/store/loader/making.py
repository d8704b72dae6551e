"""From rows of a window to a batch: as a model takes them, or as they are kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import torch

from polymodal.errors import CellError
from polymodal.schema.batch import Batch, Field, KnownLabels
from polymodal.schema.cells import Broken
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.disk.columns import Column, frame_of
from polymodal.store.disk.store import Store
from polymodal.store.disk.sums import DAMAGED
from polymodal.store.embeddings import Resumes
from polymodal.store.loader.buffers import Buffers
from polymodal.store.loader.decoders import decoder_of
from polymodal.store.loader.decoding import Decoder, Part
from polymodal.store.loader.window import Window
from polymodal.store.preprocessing import Preprocessor

Fault = tuple[int, CellError]  # the place of a row, and its cell


class Maker(ABC):
    """What makes batches of a schema; `columns` are those on disk that it needs."""

    schema: Schema
    columns: Sequence[Column]
    beside: Sequence[str] = ()  # further columns on disk

    def look(self, window: Window) -> None:
        """Work out what is told of all cells of a window together, before threads that decode ask for it."""
        return

    @abstractmethod
    def fields(self, parts: Sequence[Part]) -> tuple[dict[str, Field], list[Fault]]:
        """The fields of a batch, and the cells that could not be read."""

    def batch(self, parts: Sequence[Part], with_labels: bool) -> tuple[Batch, list[Fault]]:
        """The rows of the parts, after each other."""
        fields, faults = self.fields(parts)
        places = _joined([part.window.places[part.rows] for part in parts])
        batch = Batch(fields, len(places), places=torch.from_numpy(places))
        if not with_labels:
            return batch, faults
        labels = {
            name: KnownLabels(
                torch.from_numpy(np.concatenate([part.window.labels[name].values[part.rows] for part in parts])),
                torch.from_numpy(np.concatenate([part.window.labels[name].known[part.rows] for part in parts])),
            )
            for name in parts[0].window.labels
        }
        weights = [one[part.rows] for part in parts if (one := part.window.weight) is not None]
        weight = torch.from_numpy(np.concatenate(weights)).float() if weights else None
        return replace(batch, labels=labels, weight=weight), faults


class Prepared(Maker):
    """Batches as a model takes them: each cell through the same preprocessing as those of a table."""

    def __init__(self, preprocessor: Preprocessor, columns: Sequence[Column], store: Store | None = None) -> None:
        self.preprocessor, self.schema, self.store = preprocessor, preprocessor.schema, store
        reads = {source for name, one in self.schema.modalities.items() for source in one.sources(name)}
        self.columns = [one for one in columns if reads & set(one.columns)]
        frozen = {name: one for name, one in preprocessor.embedders.items() if not isinstance(one, Resumes)}
        self._kept = [] if store is None else store.vectors.by(frozen, self.schema)
        self.beside = store.vectors.reads(self._kept) if store is not None and self._kept else ()

    def fields(self, parts: Sequence[Part]) -> tuple[dict[str, Field], list[Fault]]:
        read = pa.concat_tables([part.window.take(part.rows, self.columns) for part in parts])
        places = np.concatenate([part.window.places[part.rows] for part in parts])
        # By position, since a row may be there twice.
        frame = frame_of(read, self.columns, pd.RangeIndex(len(places)))
        frame = self._without_damaged(frame, parts)
        table = Table(frame, self.schema, embedded=self._vectors(parts))
        memory = self.preprocessor.prepare(table, with_labels=False)
        faults = [(int(places[int(str(fault.row))]), fault) for fault in memory.faults]
        return dict(memory.batch(np.arange(len(places))).fields), renamed(faults, parts)

    def _vectors(self, parts: Sequence[Part]) -> dict[tuple[str, str], np.ndarray]:
        """Those that the store keeps, so that nothing is embedded again."""
        if self.store is None or not self.beside:
            return {}
        read = [part.window.read.select(list(self.beside)).take(pa.array(part.rows)) for part in parts]
        return self.store.vectors.of_rows(self._kept, pa.concat_tables(read))

    def _without_damaged(self, frame: pd.DataFrame, parts: Sequence[Part]) -> pd.DataFrame:
        for name in {name for part in parts for name in part.window.damaged}:
            broken = np.concatenate([np.isin(part.rows, part.window.damaged.get(name, [])) for part in parts])
            for column in self.schema.modalities[name].sources(name) if broken.any() else ():
                cells = np.empty(len(frame), dtype=object)
                cells[:] = frame[column].astype(object).where(frame[column].notna(), None)
                for row in np.flatnonzero(broken).tolist():
                    cells[row] = Broken(DAMAGED)
                frame = frame.assign(**{column: pd.Series(cells, index=frame.index, dtype=object)})
        return frame


class Decoded(Maker):
    """Batches of cells as they are kept: pixels, samples, characters, numbers."""

    def __init__(self, schema: Schema, columns: Sequence[Column], buffers: Buffers) -> None:
        self.schema, self.buffers = schema, buffers
        self.decoders: Mapping[str, Decoder] = {
            name: decoder_of(name, one, columns) for name, one in schema.modalities.items()
        }
        reads = {source for name, one in schema.modalities.items() for source in one.sources(name)}
        self.columns = [one for one in columns if reads & set(one.columns)]

    def look(self, window: Window) -> None:
        for name, decoder in self.decoders.items():
            if window.present[:, self.schema.names.index(name)].any():
                decoder.look(window)

    def fields(self, parts: Sequence[Part]) -> tuple[dict[str, Field], list[Fault]]:
        fields: dict[str, Field] = {}
        faults: list[Fault] = []
        shown = [part.window.present.take(part.rows, axis=0) for part in parts]
        present = _joined(shown)
        for position, (name, decoder) in enumerate(self.decoders.items()):
            [here] = present[:, position].nonzero()
            if not len(here):
                continue
            if len(parts) == 1:
                wanted = [Part(parts[0].window, parts[0].rows[here])]
            else:
                wanted = [part.where(own[:, position]) for part, own in zip(parts, shown, strict=True)]
            packed = decoder.pack([one for one in wanted if len(one.rows)], self.buffers)
            if packed.lost:
                places = np.concatenate([part.window.places[part.rows] for part in parts])
                faults += [
                    (int(places[here[at]]), CellError(int(places[here[at]]), name, fault.reason, fault.path))
                    for at, fault in packed.lost.items()
                ]
                here = np.delete(here, list(packed.lost))
            if len(here):
                mask = None if packed.mask is None else torch.from_numpy(packed.mask)
                fields[name] = Field(torch.from_numpy(packed.values), torch.from_numpy(here), mask)
        return fields, renamed([*faults, *_noted(parts, self.schema)], parts)


def _joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def renamed(faults: Sequence[Fault], parts: Sequence[Part]) -> list[Fault]:
    """Faults with what their rows are called."""
    if not faults:
        return []
    places = np.unique([place for place, _ in faults])
    names = dict(zip(places.tolist(), parts[0].window.rows.called(places), strict=True))
    return [
        (place, CellError(names[place], fault.column, fault.bare, fault.path, fault.item)) for place, fault in faults
    ]


def _noted(parts: Sequence[Part], schema: Schema) -> list[Fault]:
    """The cells that were found unreadable as the rows came in, or are no longer what came in."""
    found: list[Fault] = []
    for part in parts:
        window = part.window
        broken = window.unreadable[part.rows] if window.has_unreadable else None
        if broken is None or not broken.any():
            continue
        places = np.unique(window.places[part.rows[broken]])
        wanted = {source for name, one in schema.modalities.items() for source in (name, *one.sources(name))}
        for place, faults in zip(places.tolist(), window.rows.noted(places), strict=True):
            found += [
                (place, CellError(place, str(one["column"]), str(one["reason"]), one["path"]))
                for one in faults
                if one["column"] in wanted
            ]
        for name, rows in window.damaged.items():
            asked = np.intersect1d(rows, part.rows)
            found += [(place, CellError(place, name, DAMAGED)) for place in window.places[asked].tolist()]
    return found


def pinned(batch: Batch) -> Batch:
    """The same batch in memory from which a GPU copies without waiting; what is there already stays."""
    fields = {
        name: Field(_pinned(one.values), _pinned(one.rows), None if one.mask is None else _pinned(one.mask))
        for name, one in batch.fields.items()
    }
    labels = {name: KnownLabels(_pinned(one.values), _pinned(one.known)) for name, one in batch.labels.items()}
    weight = None if batch.weight is None else _pinned(batch.weight)
    return replace(batch, fields=fields, labels=labels, weight=weight)


def _pinned(one: torch.Tensor) -> torch.Tensor:
    return one if one.is_pinned() else one.pin_memory()
